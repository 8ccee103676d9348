internal import JSONText

extension TokenizerError: CustomStringConvertible {
  /// File, place, what was expected, what was found; one line, but for an excerpt of JSON.
  public var description: String {
    switch self {
    case .unreadable(let error):
      return error.description
    case .json(let error):
      return error.description
    case .malformed(let file, let place, let expected, let found):
      return "\(file)\(place): error: expected \(expected), found \(found)"
    case .unknownID(let id, let position, let size):
      return "can't decode id \(id) at position \(position): "
        + "expected an id from 0 to \(size - 1)"
    }
  }
}

extension TokenizerError.Place: CustomStringConvertible {
  /// What follows the file's name in a message.
  public var description: String {
    switch self {
    case .line(let line, let column): return ":\(line):\(column)"
    case .byte(let offset): return ": byte \(offset)"
    case .token(let index): return ": token \(index)"
    case .merge(let index): return ": merge \(index)"
    case .file: return ""
    }
  }
}

/// `bytes` as a message shows them: quoted, shortened, with control and ill-formed bytes as `\xNN`.
func quoted(_ bytes: some Collection<UInt8>) -> String {
  let limit = 40
  var text = "'"
  let shown = Array(bytes.prefix(limit))
  var index = 0
  while index < shown.count {
    let scalar = decodedScalar(in: shown, at: index)
    let isPrintable =
      scalar.isWellFormed
      && scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
    if isPrintable, let value = Unicode.Scalar(scalar.value) {
      text.unicodeScalars.append(value)
    } else {
      for byte in shown[index..<index + scalar.length] {
        text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    index += scalar.length
  }
  return text + (bytes.count > limit ? "…'" : "'")
}
