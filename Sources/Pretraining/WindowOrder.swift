import Tensors

/// In which order a run reads its windows: all of them once an epoch, each epoch shuffled anew.
///
/// A function of seed and step alone, so that a resumed run goes on where it was.
///
/// > Source: Fisher and Yates in Durstenfeld's form (1964); numbers from Philox4x32-10, counter
///   (position, epoch low, epoch high, a constant of its own), key = seed.
package struct WindowOrder {
  private let seed: UInt64
  private let count: Int
  private var epochs: [Int: [Int]] = [:]

  /// The order of `count` windows.
  ///
  /// - Precondition: `count >= 1`.
  package init(seed: UInt64, count: Int) {
    precondition(count >= 1, "an order of \(count) windows")
    self.seed = seed
    self.count = count
  }

  /// Which windows step `step`, from 0, reads; a batch may end one epoch and begin the next.
  package mutating func batch(at step: Int, of size: Int) -> [Int] {
    var batch: [Int] = []
    for position in step * size..<(step + 1) * size {
      batch.append(order(of: position / count)[position % count])
    }
    return batch
  }

  /// The permutation of an epoch, from 0.
  private mutating func order(of epoch: Int) -> [Int] {
    if let order = epochs[epoch] { return order }
    var order = Array(0..<count)
    let key = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)]
    for last in stride(from: count - 1, to: 0, by: -1) {
      let words = philox4x32(
        counter: [
          UInt32(truncatingIfNeeded: last), UInt32(truncatingIfNeeded: epoch),
          UInt32(truncatingIfNeeded: epoch >> 32), 0x5348_5546,
        ], key: key)
      // The upper half of a 64-bit random times the range: its bias is below range/2⁶⁴.
      let random = UInt64(words[0]) | UInt64(words[1]) << 32
      order.swapAt(last, Int(random.multipliedFullWidth(by: UInt64(last + 1)).high))
    }
    // A batch spans two epochs at most, or many when there are few windows; old ones aren't needed.
    epochs = epochs.filter { $0.key == epoch - 1 }
    epochs[epoch] = order
    return order
  }
}
