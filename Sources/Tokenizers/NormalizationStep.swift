/// One step of what is done to a text before it is cut.
///
/// > Source: the normalizers of the tokenizers package, 0.23.
enum NormalizationStep: Sendable, Equatable {
  /// A text is put in front, unless there is nothing.
  case prepend([UInt8])
  /// A text is replaced by another wherever it stands, from the left, without overlaps; never empty.
  case replace([UInt8], by: [UInt8])
  /// Unicode's normalization form C.
  case compose

  /// Whether each scalar of the text stays, or gives its place to one other.
  var keepsPlaces: Bool {
    guard case .replace(let wanted, let other) = self else { return false }
    func count(_ text: [UInt8]) -> Int { text.count { $0 & 0xC0 != 0x80 } }
    return count(wanted) == 1 && count(other) == 1
  }

  /// What the step makes of `text`.
  func applied(to text: [UInt8]) -> [UInt8] {
    switch self {
    case .prepend(let front): text.isEmpty ? text : front + text
    case .replace(let wanted, let other): replaced(wanted, by: other, in: text)
    case .compose: composed(text)
    }
  }
}

/// What all steps make of `text`, in order.
func normalized(_ text: [UInt8], _ steps: [NormalizationStep]) -> [UInt8] {
  var text = text
  for step in steps { text = step.applied(to: text) }
  return text
}

/// `text` with `other` wherever it has `wanted`.
///
/// - Precondition: `wanted` isn't empty.
func replaced(_ wanted: [UInt8], by other: [UInt8], in text: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(text.count + text.count / 4)
  var index = 0
  while index < text.count {
    if text[index] == wanted[0], text[index...].starts(with: wanted) {
      result.append(contentsOf: other)
      index += wanted.count
    } else {
      result.append(text[index])
      index += 1
    }
  }
  return result
}
