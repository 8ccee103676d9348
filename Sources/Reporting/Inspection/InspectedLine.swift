/// A name and what there is of it, a line of an inspection; a name of two spaces belongs to the line above.
struct InspectedLine {
  let name: String
  let words: String

  init(_ name: String, _ words: String) { (self.name, self.words) = (name, words) }

  /// The lines, each with its newline, words below each other.
  static func text(_ lines: [InspectedLine]) -> String {
    let width = (lines.map(\.name.count).max() ?? 0) + 2
    return lines.map { line in
      let padding = String(repeating: " ", count: width - line.name.count)
      return line.words.isEmpty ? line.name + "\n" : line.name + padding + line.words + "\n"
    }.joined()
  }
}
