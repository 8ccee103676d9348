extension Scanner {
  /// A failure at the offset.
  func failure(_ reason: String) -> ScanFailure { ScanFailure(offset: offset, reason: reason) }

  /// What stands at the offset, in words: a whole word or number, or one character.
  func found() -> String {
    guard let byte = next else { return "the end of the text" }
    let word = self.word(at: offset)
    if !word.isEmpty { return word.quoted }
    switch byte {
    case UInt8(ascii: "'"): return "a single quote"
    case UInt8(ascii: "\""): return "a string"
    case 0..<0x20, 0x7F: return codePoint(byte)
    case 0x20..<0x7F: return "'\(Character(Unicode.Scalar(byte)))'"
    default:
      let character = String(decoding: text[offset..<min(offset + 4, text.count)], as: UTF8.self)
      guard let scalar = character.unicodeScalars.first, scalar != "\u{FFFD}" else {
        return "the byte 0x\(String(byte, radix: 16))"
      }
      return "'\(scalar)'"
    }
  }

  /// Letters, digits and the signs of numbers from `start` on.
  func word(at start: Int) -> String {
    var end = start
    while end < text.count, end - start < 64 {
      switch text[end] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"),
        UInt8(ascii: "-"), UInt8(ascii: "."):
        end += 1
      default:
        return String(decoding: text[start..<end], as: UTF8.self)
      }
    }
    return String(decoding: text[start..<end], as: UTF8.self)
  }

  /// Why no value begins at the offset.
  func notAValue() -> ScanFailure {
    guard let byte = next else { return failure("expected a value, found the end of the text") }
    let word = self.word(at: offset)
    switch byte {
    case UInt8(ascii: "'"):
      return singleQuotes()
    case UInt8(ascii: "/"), UInt8(ascii: "#"):
      return failure("expected a value, found \(found()); JSON has no comments")
    default:
      let plain = word.drop { $0 == "-" || $0 == "+" }.lowercased()
      switch plain {
      case "nan", "inf", "infinity":
        return failure("\(word) isn't a JSON number; write null")
      case "true", "false", "null":
        return failure("expected a value, found '\(word)'; did you mean '\(plain)'?")
      case "none", "nil", "undefined":
        return failure("expected a value, found '\(word)'; did you mean 'null'?")
      default:
        if byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".") {
          return failure(
            "a number can't begin with \(String(Character(Unicode.Scalar(byte))).quoted)")
        }
        return failure("expected a value, found \(found())")
      }
    }
  }

  func singleQuotes() -> ScanFailure {
    failure("JSON strings stand in double quotes, not in single ones")
  }

  func notUTF8() -> ScanFailure {
    failure("the byte 0x\(String(text[offset], radix: 16)) isn't valid UTF-8 here")
  }

  /// A control character's code point with its name where it has a short escape.
  func codePoint(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    let code = "U+" + String(repeating: "0", count: 4 - digits.count) + digits
    switch byte {
    case 0x09: return "a tab (\(code))"
    case 0x0A: return "a line break (\(code))"
    default: return "the control character \(code)"
    }
  }
}
