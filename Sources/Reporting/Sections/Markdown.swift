/// A pipe table.
struct MarkdownTable {
  /// How a column is set.
  enum Alignment {
    case left, right
  }

  private var lines: [String]
  private let width: Int

  /// A table with these headers.
  init(_ header: [(String, Alignment)]) {
    width = header.count
    lines = [
      "| " + header.map(\.0).joined(separator: " | ") + " |",
      "| " + header.map { $0.1 == .left ? ":--" : "--:" }.joined(separator: " | ") + " |",
    ]
  }

  /// Adds a row; cells are Markdown already.
  mutating func add(_ cells: [String]) {
    precondition(cells.count == width, "a row has as many cells as the header")
    lines.append("| " + cells.joined(separator: " | ") + " |")
  }

  /// Whether there is no row.
  var isEmpty: Bool { lines.count == 2 }

  /// The table's lines.
  var text: String { lines.joined(separator: "\n") }
}

/// Notes below a table, each once, numbered in the order of their first mark.
struct Footnotes {
  /// The notes so far.
  private(set) var texts: [Phrase] = []

  /// The number of a note, which is added when it is new.
  mutating func number(of text: Phrase) -> Int {
    if let index = texts.firstIndex(of: text) { return index + 1 }
    texts.append(text)
    return texts.count
  }

  /// Superscript numbers for notes, or nothing for none.
  mutating func marks(_ notes: [Phrase]) -> Phrase {
    notes.isEmpty ? Phrase() : Phrase([.marks(notes.map { number(of: $0) })])
  }
}

extension Character {
  /// Whether one of its scalars is a control character.
  fileprivate var isControl: Bool {
    unicodeScalars.contains { $0.properties.generalCategory == .control }
  }
}

extension String {
  /// The text as one table cell: no pipes, tags, line breaks or controls that anybody would act on.
  var inMarkdown: String {
    var text = ""
    for character in self {
      switch character {
      case "|": text += "\\|"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "*": text += "\\*"
      case "_": text += "\\_"
      case "`": text += "'"
      case "\n", "\r", "\r\n", "\t": text += " "
      // What a terminal or a log would take for a command.
      case _ where character.isControl: text += "?"
      default: text.append(character)
      }
    }
    return text
  }

  /// The text without the folders of absolute paths, which differ between machines.
  var withoutFolders: String {
    split(separator: " ", omittingEmptySubsequences: false).map { word -> String in
      guard let slash = word.firstIndex(of: "/"),
        word[..<slash].allSatisfy({ "'\"(`=".contains($0) })
      else { return String(word) }
      let path = word[slash...]
      guard let last = path.lastIndex(of: "/"), last > path.startIndex,
        last < path.index(before: path.endIndex)
      else { return String(word) }
      return String(word[..<slash] + path[path.index(after: last)...])
    }.joined(separator: " ")
  }

  /// The part after the last slash.
  var lastPathComponent: String {
    lastIndex(of: "/").map { String(self[index(after: $0)...]) } ?? self
  }
}

/// A section that a reader opens: GitHub's folding, with blank lines so that `text` stays Markdown.
func folded(_ title: String, _ text: String) -> String {
  "<details>\n<summary>\(title)</summary>\n\n\(text)\n\n</details>"
}
