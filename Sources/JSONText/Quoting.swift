extension String {
  /// The text in single quotes, for a message; long texts are cut, control characters escaped.
  var quoted: String {
    let (shown, isCut) = clipped(to: 60)
    return "'\(shown.withoutControls)\(isCut ? "…" : "")'"
  }

  /// The text as a JSON string, for a message; long texts are cut.
  var doubleQuoted: String {
    let (shown, isCut) = clipped(to: 40)
    return JSONWriter.quoted(shown) + (isCut ? "…" : "")
  }

  /// The text with control characters escaped as JSON escapes them.
  var withoutControls: String {
    var text = ""
    for scalar in unicodeScalars {
      if scalar.properties.generalCategory == .control, scalar.value < 0x80 {
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  private func clipped(to count: Int) -> (shown: String, isCut: Bool) {
    let scalars = unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: count, limitedBy: scalars.endIndex)
    else { return (self, false) }
    return (String(scalars[..<end]), end < scalars.endIndex)
  }
}
