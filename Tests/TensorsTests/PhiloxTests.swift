import Checkpoints
import Glibc
import Tensors
import TestSupport
import Testing

/// The block function against Random123's answers and 264 more blocks, and what is made of its words.
@Suite("Philox4x32-10")
struct PhiloxTests {
  @Test("Random123's published answers")
  func knownAnswers() {
    let answers: [([UInt32], [UInt32], [UInt32])] = [
      ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
      (
        [.max, .max, .max, .max], [.max, .max],
        [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
      ),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ]
    for (counter, key, words) in answers {
      #expect(philox4x32(counter: counter, key: key) == words)
    }
  }

  private func words(_ name: String) throws -> [UInt32] {
    try Vectors.safetensors("philox4x32_10").readIntegers(name).map { UInt32(bitPattern: $0) }
  }

  @Test("All 267 blocks")
  func blocks() throws {
    let (counters, keys, expected) = (
      try words("counter"), try words("key"), try words("words")
    )
    #expect(counters.count == 267 * 4 && keys.count == 267 * 2)
    for block in 0..<267 {
      let found = philox4x32(
        counter: Array(counters[4 * block..<4 * block + 4]),
        key: Array(keys[2 * block..<2 * block + 2]))
      #expect(found == Array(expected[4 * block..<4 * block + 4]), "block \(block)")
    }
    #expect(
      philox4x32(counter: Array(counters[8..<12]), key: Array(keys[4..<6]))
        != (try words("words7_third")), "seven rounds aren't ten")
  }

  /// The last 64 blocks have counters (first + i, c1, c2, c3) under one key: one row of a stream.
  @Test("Normals of the reference blocks come out of a row in its own layout")
  func normals() throws {
    let (counters, keys) = (try words("counter"), try words("key"))
    let expected = try Vectors.safetensors("philox4x32_10").read("normal")
    let allWords = try words("words")
    for block in 0..<64 {
      let index = 203 + block
      let pair = Array(allWords[4 * index..<4 * index + 4])
      for half in 0..<2 {
        let (first, second) = boxMuller(pair[2 * half], pair[2 * half + 1])
        #expect(abs(Float(first) - expected[4 * block + 2 * half]) < 1e-6)
        #expect(abs(Float(second) - expected[4 * block + 2 * half + 1]) < 1e-6)
      }
    }
    // A row starts at counter 0, so the stored blocks aren't one of ours; words of a row's counters
    // through the same double-precision convention are.
    let stream = NormalStream(seed: 0x1234_5678_9abc_def0, draw: 77)
    let row = stream.reference(count: 640, row: 9, tensor: 5)
    for c in 0..<640 {
      let counter: [UInt32] = [UInt32(c / 64 * 16 + c % 16), 9, 5, 77]
      let words = philox4x32(counter: counter, key: [0x9abc_def0, 0x1234_5678])
      let word = c % 64 / 16
      let (first, second) = boxMuller(words[word & 2], words[word | 1])
      #expect(abs(row[c] - Float(word & 1 == 0 ? first : second)) < 2e-6, "element \(c)")
    }
    #expect(keys.count == 534 && counters.count == 1068)
  }

  /// The pair of two words in double precision: `u = (word + ½)/2³²`.
  private func boxMuller(_ a: UInt32, _ b: UInt32) -> (Double, Double) {
    let (u, v) = ((Double(a) + 0.5) * 0x1p-32, (Double(b) + 0.5) * 0x1p-32)
    let radius = (-2 * log(u)).squareRoot()
    return (radius * cos(2 * .pi * v), radius * sin(2 * .pi * v))
  }
}
