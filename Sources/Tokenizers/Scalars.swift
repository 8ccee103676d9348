/// What stands at one place of a byte string that should be UTF-8.
struct DecodedScalar {
  /// The code point, or U+FFFD for a byte that isn't part of well-formed UTF-8.
  let value: UInt32
  /// Bytes taken: 1 for an ill-formed byte.
  let length: Int
  /// Whether the bytes are well-formed UTF-8.
  let isWellFormed: Bool
}

/// The scalar that begins at `index` of `bytes`; an ill-formed byte stands for itself alone.
///
/// Well-formed as in the Unicode Standard, table 3-7: no overlong forms, no surrogates, nothing
/// above U+10FFFF.
func decodedScalar(in bytes: [UInt8], at index: Int) -> DecodedScalar {
  let first = bytes[index]
  if first < 0x80 { return DecodedScalar(value: UInt32(first), length: 1, isWellFormed: true) }
  let illFormed = DecodedScalar(value: 0xFFFD, length: 1, isWellFormed: false)
  let length: Int
  var value: UInt32
  let smallest: UInt32
  switch first {
  case 0xC2...0xDF: (length, value, smallest) = (2, UInt32(first & 0x1F), 0x80)
  case 0xE0...0xEF: (length, value, smallest) = (3, UInt32(first & 0x0F), 0x800)
  case 0xF0...0xF4: (length, value, smallest) = (4, UInt32(first & 0x07), 0x10000)
  default: return illFormed
  }
  guard length <= bytes.count - index else { return illFormed }
  for byte in bytes[(index + 1)..<(index + length)] {
    guard byte & 0xC0 == 0x80 else { return illFormed }
    value = value << 6 | UInt32(byte & 0x3F)
  }
  guard value >= smallest, value <= 0x10FFFF, !(0xD800...0xDFFF).contains(value) else {
    return illFormed
  }
  return DecodedScalar(value: value, length: length, isWellFormed: true)
}

/// The classes that GPT-2's pre-tokenizer tells apart.
enum ScalarClass: UInt8 {
  /// General category L.
  case letter
  /// General category N.
  case number
  /// Property White_Space.
  case space
  /// Anything else, ill-formed bytes included.
  case other

  /// The class of one scalar.
  init(_ scalar: Unicode.Scalar) {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      self = .letter
    case .decimalNumber, .letterNumber, .otherNumber:
      self = .number
    default:
      self = scalar.properties.isWhitespace ? .space : .other
    }
  }

  /// The classes of the 128 ASCII scalars: most of most texts.
  static let ascii: [ScalarClass] = (0..<128).map { ScalarClass(Unicode.Scalar(UInt8($0))) }
}
