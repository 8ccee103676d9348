/// Damaged copies of a file: every beginning of it, and copies with bytes that were changed, put in or left out.
package struct Mutations: Sequence, IteratorProtocol {
  private let bytes: [UInt8]
  private let count: Int
  private var prefixes = 0
  private var mutations = 0
  private var generator: SplitMix64

  /// All proper beginnings of `bytes`, then `count` mutations that are the same for the same seed.
  package init(of bytes: [UInt8], mutations count: Int, seed: UInt64) {
    self.bytes = bytes
    self.count = count
    generator = SplitMix64(seed: seed)
  }

  package mutating func next() -> [UInt8]? {
    if prefixes < bytes.count {
      defer { prefixes += 1 }
      return Array(bytes[..<prefixes])
    }
    guard mutations < count, !bytes.isEmpty else { return nil }
    mutations += 1
    return mutated()
  }

  /// One to four changes at places that the seed names.
  package mutating func mutated() -> [UInt8] {
    var copy = bytes
    for _ in 0..<1 + below(4) where !copy.isEmpty {
      let place = below(copy.count)
      switch below(4) {
      case 0: copy[place] ^= 1 << UInt8(below(8))
      case 1: copy[place] = UInt8(below(256))
      case 2: copy.insert(UInt8(below(256)), at: place)
      default: copy.removeSubrange(place..<Swift.min(copy.count, place + 1 + below(8)))
      }
    }
    return copy
  }

  private mutating func below(_ limit: Int) -> Int {
    Int(generator.next() % UInt64(limit))
  }
}
