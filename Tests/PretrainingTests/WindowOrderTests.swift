import Pretraining
import Testing

@Suite struct WindowOrderTests {
  @Test("Every epoch reads every window once", arguments: [1, 2, 3, 7, 33, 100])
  func everyWindowOnce(count: Int) {
    for size in [1, 3, 8] {
      var order = WindowOrder(seed: 9, count: count)
      // As many steps as make whole epochs.
      let read = (0..<count * 2).flatMap { order.batch(at: $0, of: size) }
      for epoch in 0..<2 * size {
        let windows = read[epoch * count..<(epoch + 1) * count]
        #expect(windows.sorted() == Array(0..<count))
      }
    }
  }

  @Test("A batch is a function of seed and step alone")
  func isAFunctionOfTheStep() {
    var straight = WindowOrder(seed: 3, count: 10)
    let batches = (0..<20).map { straight.batch(at: $0, of: 3) }
    var backwards = WindowOrder(seed: 3, count: 10)
    for step in (0..<20).reversed() { #expect(backwards.batch(at: step, of: 3) == batches[step]) }
    var other = WindowOrder(seed: 4, count: 10)
    #expect((0..<20).map { other.batch(at: $0, of: 3) } != batches)
  }

  @Test("Epochs differ, and all six orders of three windows are about equally frequent")
  func isUniform() {
    var order = WindowOrder(seed: 1, count: 3)
    var counts: [[Int]: Int] = [:]
    for epoch in 0..<6000 { counts[order.batch(at: epoch, of: 3), default: 0] += 1 }
    #expect(counts.count == 6)
    // 1000 each, standard deviation 29.
    #expect(counts.values.allSatisfy { (855...1145).contains($0) }, "\(counts)")
  }
}
