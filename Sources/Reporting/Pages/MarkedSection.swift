/// The part of a page that the program writes: between a line `<!-- name: … -->` and a line `<!-- /name -->`.
package struct MarkedSection: Sendable, Equatable {
  /// What the two comments are called.
  package let name: String

  /// The section of that name.
  package init(_ name: String) { self.name = name }

  /// What held and what didn't, in a table's README.
  package static let held = MarkedSection("held")
  /// The main claims, in the README of the repository.
  package static let claims = MarkedSection("claims")
  /// The perplexities of Table 2, in the README of the repository.
  package static let table2 = MarkedSection("table2")

  /// The page with `text` in its section, a blank line above and below; nil when it has no such section.
  ///
  /// - Throws: ``PageError/unclosed(line:opening:closing:)`` when the section doesn't end.
  package func filled(_ page: String, with text: String) throws(PageError) -> String? {
    let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
    guard let open = lines.firstIndex(where: { $0.hasPrefix("<!-- \(name):") }) else { return nil }
    let closing = "<!-- /\(name) -->"
    guard let close = lines[open...].firstIndex(where: { $0.hasPrefix(closing) }) else {
      throw .unclosed(line: open + 1, opening: String(lines[open]), closing: closing)
    }
    let inside = text.split(separator: "\n", omittingEmptySubsequences: false).trimmed
    return (lines[...open] + [""] + inside + [""] + lines[close...]).joined(separator: "\n")
  }
}

/// Why a page's section can't be written.
package enum PageError: Error, Sendable, Equatable {
  /// The section begins in this line, and nothing ends it.
  case unclosed(line: Int, opening: String, closing: String)
}

extension PageError: CustomStringConvertible {
  /// What is wrong, where, and what to do.
  package var description: String {
    switch self {
    case .unclosed(let line, let opening, let closing):
      "line \(line): '\(opening)' has no '\(closing)' below it; add that line where the section ends"
    }
  }
}

extension [Substring] {
  /// The lines without blank ones at either end, and at most one blank line between others.
  fileprivate var trimmed: [Substring] {
    var lines: [Substring] = []
    for line in self where !line.isEmpty || !(lines.last?.isEmpty ?? true) { lines.append(line) }
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }
}
