import Digests
import Testing

/// SHA-256 against the published examples and against itself in pieces.
struct SHA256Tests {
  /// FIPS 180-4's examples (csrc.nist.gov, "SHA-256" example values) and the empty message.
  static let published: [(message: String, digest: String)] = [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
        + "klmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
  ]

  @Test(arguments: published)
  func publishedExample(message: String, digest: String) {
    #expect(sha256Hex(of: message) == digest)
    #expect(sha256Hex(of: Array(message.utf8)) == digest)
  }

  @Test func millionLetters() {
    var hash = SHA256()
    let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
    for _ in 0..<1000 { hash.update(piece) }
    #expect(
      hash.finalize().hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  /// Two ways to the same: the rounds in Swift, and the processor's instructions where it has them.
  @Test(arguments: [0, 1, 55, 64, 65, 128, 191, 4096, 100_003])
  func instructionsGiveWhatTheRoundsGive(length: Int) {
    let message = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 7) }
    var (plain, fast) = (SHA256(byInstructions: false), SHA256(byInstructions: true))
    for piece in [message[..<(length / 3)], message[(length / 3)...]] {
      plain.update(Array(piece))
      fast.update(Array(piece))
    }
    #expect(plain.finalize() == fast.finalize())
    if !SHA256.hasInstructions { print("skipped: this processor has no instructions for SHA-256") }
  }

  /// FIPS 180-4's examples by the rounds in Swift, whatever the processor has.
  @Test(arguments: published)
  func publishedExampleByRounds(message: String, digest: String) {
    var hash = SHA256(byInstructions: false)
    hash.update(Array(message.utf8))
    #expect(hash.finalize().hex == digest)
  }

  /// Lengths around a block (64) and around the last block that has room for the length (55, 56).
  @Test(arguments: [1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1000])
  func piecesGiveTheSameDigest(length: Int) {
    let message = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }
    let whole = sha256Hex(of: message)
    for size in [1, 2, 7, 55, 63, 64, 65, 128, 999] {
      var hash = SHA256()
      for start in stride(from: 0, to: length, by: size) {
        hash.update(Array(message[start..<min(start + size, length)]))
        hash.update([])
      }
      #expect(hash.finalize().hex == whole, "pieces of \(size)")
    }
  }

  /// Computed with coreutils' sha256sum: printf of 55, 56 and 64 letters x.
  @Test(arguments: [
    (55, "d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e4072"),
    (56, "04c26261370ee7541549d16dee320c723e3fd14671e66a099afe0a377c16888e"),
    (64, "7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c"),
  ])
  func paddingBoundaries(length: Int, digest: String) {
    #expect(sha256Hex(of: String(repeating: "x", count: length)) == digest)
  }

  @Test func finalizeLeavesTheHashAsItWas() {
    var hash = SHA256()
    hash.update(Array("ab".utf8))
    let early = hash.finalize()
    #expect(hash.finalize() == early)
    hash.update(Array("c".utf8))
    #expect(hash.finalize().hex == Self.published[1].digest)
    #expect(hash.finalize() != early)
  }

  @Test func digestShowsItsBytes() {
    let digest = SHA256().finalize()
    #expect(digest.bytes.count == 32)
    #expect(digest.bytes.prefix(4) == [0xe3, 0xb0, 0xc4, 0x42])
    #expect("\(digest)" == Self.published[0].digest)
  }
}
