/// What a kit of scenarios found of a program, for a person.
package struct ConformanceReport: Sendable, Equatable {
  /// One scenario: its name, the verdict in a word, figures or the reason.
  package typealias Row = (scenario: String, verdict: String, words: String)

  private let heading: String
  private let rows: [[String]]

  /// A report on a program of that name and version.
  ///
  /// - Parameters:
  ///   - program: Name and version.
  ///   - version: The version of the scenarios.
  ///   - rows: What became of each.
  package init(program: String, scenarios version: Int, rows: [Row]) {
    heading = "\(program): scenarios of version \(version)"
    self.rows = rows.map { [$0.scenario, $0.verdict, $0.words] }
  }

  private var summary: String {
    var counts: [(word: String, count: Int)] = []
    for row in rows {
      if let index = counts.firstIndex(where: { $0.word == row[1] }) {
        counts[index].count += 1
      } else {
        counts.append((row[1], 1))
      }
    }
    return counts.map { "\($0.count) \($0.word)" }.joined(separator: ", ")
  }

  /// Lines of text, each with its newline.
  package var plain: String {
    let widths = (0..<2).map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      (0..<2).map { row[$0] + String(repeating: " ", count: widths[$0] - row[$0].count + 2) }
        .joined() + row[2]
    }
    return ([heading] + lines + [summary]).map { $0 + "\n" }.joined()
  }

  /// The same as a page of Markdown.
  package var markdown: String {
    func escaped(_ text: String) -> String {
      text.map { "|\\`*_<>".contains($0) ? "\\\($0)" : String($0) }.joined()
    }
    let lines = rows.map { row in "| " + row.map(escaped).joined(separator: " | ") + " |" }
    return
      ([
        "# \(escaped(heading))", "", "| Scenario | Verdict | What was found |",
        "| :-- | :-- | :-- |",
      ] + lines + ["", summary + "."]).map { $0 + "\n" }.joined()
  }
}
