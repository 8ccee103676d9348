/// GPT-2's spelling of the 256 bytes as printable scalars, in which vocab.json is written.
///
/// The printable bytes of Latin-1 stand for themselves; the other 68, in order, for U+0100 onward.
/// So a space is `Ġ` (U+0120) and a newline `Ċ` (U+010A).
///
/// > Source: Radford et al. 2019, `bytes_to_unicode` in `encoder.py` of the released code.
enum ByteAlphabet {
  /// The scalar of each byte.
  static let scalars: [UInt32] = {
    var following: UInt32 = 0x100
    return (0..<256).map { byte -> UInt32 in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF:
        return UInt32(byte)
      default:
        defer { following += 1 }
        return following
      }
    }
  }()

  /// The byte of each scalar below U+0144; −1 where there is none.
  private static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = Int16(byte) }
    return bytes
  }()

  /// UTF-8 of the scalar that spells `byte`.
  static func spelling(of byte: UInt8) -> [UInt8] {
    let scalar = scalars[Int(byte)]
    return scalar < 0x80
      ? [UInt8(scalar)] : [UInt8(0xC0 | scalar >> 6), UInt8(0x80 | scalar & 0x3F)]
  }

  /// The bytes that `text` spells, or nil when some scalar of it isn't in the alphabet.
  static func bytes(spelledBy text: some Collection<UInt8>) -> [UInt8]? {
    let text = Array(text)
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      let scalar = decodedScalar(in: text, at: index)
      guard scalar.isWellFormed, scalar.value < 0x144, bytes[Int(scalar.value)] >= 0 else {
        return nil
      }
      result.append(UInt8(bytes[Int(scalar.value)]))
      index += scalar.length
    }
    return result
  }
}
