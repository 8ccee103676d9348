internal import Records
internal import Statistics
internal import Vocabulary

extension TableContents {
  /// The verdict of every entry, model by model.
  var verdictSection: [Passage] {
    let tables = modelGroups(of: grid.columns).flatMap { group -> [Passage] in
      var table = PassageTable(
        "Verdicts" + (group.heading.map { ", \($0)" } ?? ""),
        [.words("Method")] + group.columns.map { .words("\($0.label)") })
      for row in grid.rows {
        let verdicts = group.columns.map { column in
          entry(row: row.key, column: column.key).map { entry in
            PassageTable.Cell(
              Phrase(verdict(of: entry).text.withoutFolders),
              of: entry.records.map(RecordName.init))
          } ?? PassageTable.Cell("not run (not in the grid)")
        }
        table.add([PassageTable.Cell("\(row.label)")] + verdicts)
      }
      return group.passages + [.table(table)]
    }
    return [.heading(2, "Verdicts")] + tables
  }

  /// The order of the methods in each column, theirs and ours; nil where no two can be ordered.
  var rankingSection: [Passage]? {
    var table = PassageTable(
      "The paper's order of methods and ours",
      [
        .words("Column"), .words("Paper's order"), .words("Our order"), .number("Pairs alike"),
        .words("Not alike"),
      ])
    for group in grid.columns.flatMap({ bitsGroups(inColumn: $0.key) }) {
      let pairs = rankedPairs(among: group)
      guard let first = group.first, !pairs.isEmpty else { continue }
      let rows = group.filter { entry in pairs.contains { $0.involves(entry.row.key) } }
      let sign = first.column.metric.isLowerBetter ? 1.0 : -1.0
      func order(_ value: (TableEntry) -> Double) -> Phrase {
        Phrase(
          rows.enumerated().sorted {
            (value($0.element) * sign, $0.offset) < (value($1.element) * sign, $1.offset)
          }.map(\.element.row.label).joined(separator: ", "))
      }
      let unlike = pairs.filter { $0.outcome != .agrees }
      table.add([
        Phrase(columnTitle(first)),
        order { $0.paper?.number ?? .infinity },
        order { $0.score?.value ?? .infinity * sign },
        "\(pairs.count - unlike.count)/\(pairs.count)",
        unlike.isEmpty
          ? "–"
          : unlike.map { pair -> Phrase in
            let outcome = pair.outcome == .tied ? "tied" : "reversed, \(pair.support)"
            return "\(pair.better.label) before \(pair.worse.label): \(outcome)"
          }.joined(separator: .lineBreak),
      ])
    }
    guard !table.isEmpty else { return nil }
    return [
      .heading(2, "Ranking"),
      .paragraph("Best first, methods that both sides have; full precision isn't counted."),
      .table(table),
    ]
  }
}
