internal import Records
internal import Statistics
internal import Vocabulary

extension TableContents {
  /// The verdict of every entry, model by model.
  var verdictSection: String {
    let tables = modelGroups(of: grid.columns).map { group -> String in
      var table = MarkdownTable(
        [("Method", .left)] + group.columns.map { ($0.label.inMarkdown, .left) })
      for row in grid.rows {
        let verdicts = group.columns.map { column in
          entry(row: row.key, column: column.key).map {
            verdict(of: $0).text.withoutFolders.inMarkdown
          } ?? "not run (not in the grid)"
        }
        table.add([row.label.inMarkdown] + verdicts)
      }
      return group.heading + table.text
    }
    return "## Verdicts\n\n" + tables.joined(separator: "\n\n")
  }

  /// The order of the methods in each column, theirs and ours; nil where no two can be ordered.
  var rankingSection: String? {
    var table = MarkdownTable([
      ("Column", .left), ("Paper's order", .left), ("Our order", .left), ("Pairs alike", .right),
      ("Not alike", .left),
    ])
    for group in grid.columns.flatMap({ bitsGroups(inColumn: $0.key) }) {
      let pairs = rankedPairs(among: group)
      guard let first = group.first, !pairs.isEmpty else { continue }
      let rows = group.filter { entry in pairs.contains { $0.involves(entry.row.key) } }
      let sign = first.column.metric.isLowerBetter ? 1.0 : -1.0
      func order(_ value: (TableEntry) -> Double) -> String {
        rows.enumerated().sorted {
          (value($0.element) * sign, $0.offset) < (value($1.element) * sign, $1.offset)
        }.map(\.element.row.label.inMarkdown).joined(separator: ", ")
      }
      let unlike = pairs.filter { $0.outcome != .agrees }
      table.add([
        columnTitle(first),
        order { $0.paper?.number ?? .infinity },
        order { $0.score?.value ?? .infinity * sign },
        "\(pairs.count - unlike.count)/\(pairs.count)",
        unlike.isEmpty
          ? "–"
          : unlike.map { pair in
            "\(pair.better.label.inMarkdown) before \(pair.worse.label.inMarkdown): "
              + (pair.outcome == .tied ? "tied" : "reversed, \(pair.support.inMarkdown)")
          }.joined(separator: "<br>"),
      ])
    }
    guard !table.isEmpty else { return nil }
    return
      "## Ranking\n\nBest first, methods that both sides have; full precision isn't counted.\n\n"
      + table.text
  }
}
