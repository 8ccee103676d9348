extension JSONError: CustomStringConvertible {
  /// The error as it is shown to a person, in the form of a compiler's message.
  ///
  /// ```
  /// grids/table2.json:4:39: error: expected an integer, found the string "8"
  ///   = at /axes/0/bits/1
  /// 4 |     {"model": "opt-125m", "bits": [4, "8"]}
  ///   |                                       ^
  /// ```
  ///
  /// Parts that aren't known (file, line, pointer, excerpt) are left out. No final newline.
  public var description: String {
    var head = ""
    if !file.isEmpty { head += "\(file):" }
    if line > 0 { head += (head.isEmpty ? "line " : "") + "\(line):\(column):" }
    var lines = [head.isEmpty ? "error: \(reason)" : "\(head) error: \(reason)"]
    if !pointer.isEmpty { lines.append("  = at \(pointer.withoutControls)") }
    if let excerpt, line > 0 {
      let (shown, caret) = Self.window(of: excerpt, around: column)
      let gutter = String(repeating: " ", count: String(line).utf8.count)
      lines.append(shown.isEmpty ? "\(line) |" : "\(line) | \(shown)")
      lines.append("\(gutter) | \(String(repeating: " ", count: caret))^")
    }
    return lines.joined(separator: "\n")
  }

  /// At most this many characters of a line are shown.
  private static let windowWidth = 100

  /// The part of `line` around the byte `column` (from 1), and how many characters stand before
  /// the caret in it.
  private static func window(of line: String, around column: Int) -> (shown: String, caret: Int) {
    let scalars = Array(line.unicodeScalars)
    var caret = 0
    var bytes = 0
    while caret < scalars.count {
      bytes += UTF8.width(scalars[caret])
      if bytes >= column { break }
      caret += 1
    }
    var from = 0
    var to = scalars.count
    if scalars.count > windowWidth {
      from = min(max(0, caret - windowWidth / 2), scalars.count - windowWidth)
      to = from + windowWidth
    }
    var shown = from > 0 ? "…" : ""
    for scalar in scalars[from..<to] {
      // Tabs and other control characters would move the caret away from its place.
      shown.unicodeScalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
    }
    if to < scalars.count { shown += "…" }
    return (shown, caret - from + (from > 0 ? 1 : 0))
  }
}
