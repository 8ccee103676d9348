extension Scanner {
  /// Moves past a string; returns its characters if `decoding`, else "".
  mutating func scanString(decoding: Bool) throws(ScanFailure) -> String {
    let start = offset
    offset += 1
    var hasEscapes = false
    while true {
      guard let byte = next else {
        throw ScanFailure(offset: start, reason: "the text ends inside this string")
      }
      switch byte {
      case UInt8(ascii: "\""):
        offset += 1
        guard decoding else { return "" }
        let content = text[(start + 1)..<(offset - 1)]
        return hasEscapes ? Self.unescaped(content) : String(decoding: content, as: UTF8.self)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        try scanEscape()
      case 0..<0x20:
        throw failure("\(codePoint(byte)) has to be escaped inside a string")
      case 0x20..<0x80:
        offset += 1
      default:
        try scanMultibyte()
      }
    }
  }

  /// Moves past one escape sequence; a surrogate pair is one.
  private mutating func scanEscape() throws(ScanFailure) {
    let start = offset
    offset += 1
    switch next {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      offset += 1
    case UInt8(ascii: "u"):
      offset += 1
      let unit = try scanHex(from: start)
      switch unit {
      case 0xD800..<0xDC00:
        guard next == UInt8(ascii: "\\"), offset + 1 < text.count,
          text[offset + 1] == UInt8(ascii: "u")
        else { throw loneSurrogate(at: start) }
        let second = offset
        offset += 2
        guard (0xDC00..<0xE000).contains(try scanHex(from: second)) else {
          throw loneSurrogate(at: start)
        }
      case 0xDC00..<0xE000:
        throw loneSurrogate(at: start)
      default:
        break
      }
    default:
      let shown = next == nil ? "the end of the text" : found()
      throw ScanFailure(offset: start, reason: "'\\' can't be followed by \(shown)")
    }
  }

  /// Moves past four hexadecimal digits of the escape that begins at `start`; returns their value.
  private mutating func scanHex(from start: Int) throws(ScanFailure) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw ScanFailure(offset: start, reason: "'\\u' needs four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }

  private func loneSurrogate(at start: Int) -> ScanFailure {
    let shown = String(decoding: text[start..<min(start + 6, text.count)], as: UTF8.self)
    return ScanFailure(
      offset: start, reason: "'\(shown)' is half of a surrogate pair; the other half is missing")
  }

  /// Moves past one code point of two to four bytes (RFC 3629, table of section 4).
  private mutating func scanMultibyte() throws(ScanFailure) {
    let lead = text[offset]
    let count: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0xC2...0xDF: count = 2
    case 0xE0: (count, second) = (3, 0xA0...0xBF)
    case 0xED: (count, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: count = 3
    case 0xF0: (count, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: count = 4
    case 0xF4: (count, second) = (4, 0x80...0x8F)
    default: throw notUTF8()
    }
    guard offset + count <= text.count, second.contains(text[offset + 1]),
      text[(offset + 2)..<(offset + count)].allSatisfy({ (0x80...0xBF).contains($0) })
    else { throw notUTF8() }
    offset += count
  }

  /// The characters of a string's content, which has been scanned.
  private static func unescaped(_ content: ArraySlice<UInt8>) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(content.count)
    var index = content.startIndex
    func unit(at index: Int) -> UInt32 {
      content[index..<(index + 4)].reduce(0) {
        $0 << 4 | UInt32(Character(Unicode.Scalar($1)).hexDigitValue ?? 0)
      }
    }
    while index < content.endIndex {
      guard content[index] == UInt8(ascii: "\\") else {
        bytes.append(content[index])
        index += 1
        continue
      }
      let letter = content[index + 1]
      index += 2
      switch letter {
      case UInt8(ascii: "b"): bytes.append(0x08)
      case UInt8(ascii: "f"): bytes.append(0x0C)
      case UInt8(ascii: "n"): bytes.append(0x0A)
      case UInt8(ascii: "r"): bytes.append(0x0D)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "u"):
        var code = unit(at: index)
        index += 4
        if (0xD800..<0xDC00).contains(code) {
          code = 0x10000 + ((code - 0xD800) << 10) + (unit(at: index + 2) - 0xDC00)
          index += 6
        }
        // Halves of pairs were refused while scanning, so every code is a scalar here.
        if let scalar = Unicode.Scalar(code) {
          bytes.append(contentsOf: Array(String(scalar).utf8))
        }
      default: bytes.append(letter)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
