internal import Records
internal import Statistics
internal import Vocabulary

extension TableContents {
  /// Differences window by window or example by example, or nil when there is nothing to compare.
  ///
  /// Each line is an entry; the columns are what it is compared with. A negative difference of NLLs
  /// is better, and so is a positive one of accuracies.
  var pairedSection: [Passage]? {
    guard judgesModels else { return nil }
    let sections = [
      pairedTable(
        grid.columns.filter { $0.metric == .perplexity },
        """
        Δ mean NLL in nats per token ± its standard error over windows, on the same windows; negative is better. p: \
        two-sided paired t test over windows, not corrected for the number of comparisons. "Its own initialisation" is \
        the model before the first update.
        """),
      pairedTable(
        grid.columns.filter { $0.metric.isOfTasks },
        """
        Δ in percentage points ± its standard error over examples, on the same examples; positive is better. p: \
        two-sided paired t test over examples, not corrected for the number of comparisons.
        """),
    ].compactMap(\.self)
    guard !sections.isEmpty else { return nil }
    var passages = [.heading(2, "Paired differences")] + sections.flatMap(\.self)
    if entries.contains(where: { ($0.score?.seeds ?? 1) > 1 }) {
      passages.append(
        .paragraph(
          """
          Where a row has several seeds, the error counts both another draw of seeds and another text (crossed random \
          effects, Clark 1973).
          """))
    }
    return passages
  }

  /// The row that others are compared with, by the grid's word or else RTN.
  func referenceRow(beside entry: TableEntry) -> GridRow? {
    if let key = grid.reference { return grid.row(key) }
    return entries(beside: entry).first { $0.row.method == "rtn" }?.row
  }

  private func pairedTable(_ columns: [GridColumn], _ explanation: Phrase) -> [Passage]? {
    let reference = grid.reference.flatMap { grid.row($0)?.label } ?? "RTN"
    var table = PassageTable(
      "Differences on the same \(columns.first?.metric.unitOfTests ?? "window")s",
      [
        .words("Method"), .words("Column"), .number("− full precision"), .number("p"),
        .number("− \(reference)"), .number("p"), .number("− its own initialisation"),
        .number("p"),
      ])
    for column in columns {
      let plain = fullPrecision(column)?.score
      for entry in entries(inColumn: column.key) where !entry.row.isFullPrecision {
        guard let score = entry.score else { continue }
        let other = referenceRow(beside: entry)
        let nearest =
          other?.key == entry.row.key
          ? nil : other.flatMap { self.entry(row: $0.key, column: column.key)?.score }
        table.add(
          ["\(entry.row.label)", "\(columnTitle(entry))"]
            + cells(plain.flatMap { score.compared(with: $0) }, column.metric)
            + cells(nearest.flatMap { score.compared(with: $0) }, column.metric)
            + cells(score.comparedWithInitialisation, column.metric),
          of: score.records.map(RecordName.init))
      }
    }
    return table.isEmpty ? nil : [.paragraph(explanation), .table(table)]
  }

  private func cells(_ test: PairedComparison?, _ metric: Metric) -> [Phrase] {
    guard let test else { return ["–", "–"] }
    let decimals = metric == .perplexity ? 4 : 2
    return [
      Phrase(
        NumberText.difference(
          test.meanDifference, standardError: test.standardError, decimals: decimals)),
      Phrase(NumberText.probability(test.probability)),
    ]
  }
}
