import Digests
import Testing

/// CRC-32 against published check values and a bit-by-bit version.
struct CRC32Tests {
  /// The check value that catalogues of CRCs give for CRC-32/ISO-HDLC, and two everyday ones.
  @Test(arguments: [
    ("", 0 as UInt32), ("a", 0xe8b7_be43), ("123456789", 0xcbf4_3926),
    ("The quick brown fox jumps over the lazy dog", 0x414f_a339),
  ])
  func publishedValue(text: String, crc: UInt32) {
    #expect(crc32(Array(text.utf8)) == crc)
  }

  @Test func equalsTheDefinition() {
    let bytes = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ 5) }
    for count in 0...bytes.count {
      var crc: UInt32 = 0xFFFF_FFFF
      for byte in bytes[..<count] {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
      }
      #expect(crc32(Array(bytes[..<count])) == ~crc, "\(count) bytes")
    }
  }

  @Test func piecesGiveTheSameValue() {
    let bytes = (0..<100).map { UInt8($0) }
    for cut in 0...bytes.count {
      let first = crc32(Array(bytes[..<cut]))
      #expect(crc32(Array(bytes[cut...]), continuing: first) == crc32(bytes), "cut at \(cut)")
    }
  }
}
