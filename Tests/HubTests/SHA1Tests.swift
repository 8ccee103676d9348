import Hub
import Testing

/// SHA-1 by the examples of FIPS 180 and by git.
@Suite struct SHA1Tests {
  private func hex(_ bytes: [UInt8], pieces: Int = .max) -> String {
    var hash = SHA1()
    var rest = bytes[...]
    while !rest.isEmpty {
      hash.update(Array(rest.prefix(pieces)))
      rest = rest.dropFirst(pieces)
    }
    return hash.hex
  }

  @Test(arguments: [
    ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
    ),
  ]) func examples(text: String, digest: String) {
    #expect(hex(Array(text.utf8)) == digest)
  }

  @Test func piecesMakeNoDifference() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    let whole = hex(bytes)
    for pieces in [1, 55, 56, 63, 64, 65, 128] { #expect(hex(bytes, pieces: pieces) == whole) }
  }

  @Test func aMillionLetters() {
    let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    #expect(hex(bytes, pieces: 4096) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
  }
}
