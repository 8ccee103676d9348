internal import Records

extension TableContents {
  /// Rows × columns of one metric: what the paper prints beside what was measured.
  func scoreSection(_ metric: Metric) -> String {
    let text = "## \(metric.title)\n\n\(scoreTable(metric))"
    guard metric == .perplexity else { return text }
    return text
      + "\n\n± is the standard error over windows (perplexity × se of the mean NLL): how far "
      + "another text of this kind might be off. Differences between rows are judged below, window "
      + "by window. **Bold**: best of the column, by a paired test against the runner-up with "
      + "p < 0.05 and a difference above the rounding floor. Values from 1000 on are shortened; "
      + "[all digits](#every-number) are below."
  }

  /// The table of one metric with its footnotes and the paper's.
  func scoreTable(_ metric: Metric) -> String {
    let columns = grid.columns.filter { $0.metric == metric }
    var header: [(String, MarkdownTable.Alignment)] = [("Method", .left)]
    for column in columns {
      let label = column.label.inMarkdown
      header += [("\(label)<br>paper", .right), ("\(label)<br>measured ± se", .right)]
    }
    var table = MarkdownTable(header)
    var notes = Footnotes()
    for row in grid.rows {
      var cells = [row.label.inMarkdown]
      for column in columns {
        guard let entry = entry(row: row.key, column: column.key) else { continue }
        cells += [paperText(entry), measuredText(entry, notes: &notes)]
      }
      table.add(cells)
    }
    let marks = (paper?.footnotes ?? []).filter { footnote in
      columns.contains { column in
        entries(inColumn: column.key).contains {
          $0.paper?.footnotes.contains(footnote.mark) ?? false
        }
      }
    }.map { "\($0.mark) \($0.text.inMarkdown) (the paper's mark)" }
    let lines = [notes.text].compactMap(\.self) + marks
    return lines.isEmpty ? table.text : "\(table.text)\n\n" + lines.joined(separator: "<br>\n")
  }

  private func paperText(_ entry: TableEntry) -> String {
    guard let paper = entry.paper else { return "–" }
    return paper.value + paper.footnotes.joined()
  }

  private func measuredText(_ entry: TableEntry, notes: inout Footnotes) -> String {
    switch entry.state {
    case .measured(let score):
      var text = NumberText.score(score.value, standardError: score.standardError)
      var remarks = remarks(on: entry, score: score)
      if let win = columnWin(inColumn: entry.column.key), win.winner.row.key == entry.row.key {
        text = "**\(text)**"
        if let budget = win.budgetRemark { remarks.append(budget) }
      }
      return text + notes.marks(remarks)
    case .diverged(let reason, let records):
      return "diverged" + notes.marks([note("diverged", reason)] + events(of: records))
    case .failed(let reason, let records):
      return "failed" + notes.marks([note("failed", reason)] + events(of: records))
    case .notRun(let reason): return "not run" + notes.marks([note("not run", reason)])
    case .withheld(let reason, _): return "withheld" + notes.marks([note("withheld", reason)])
    }
  }

  private func note(_ word: String, _ reason: String) -> String {
    "\(word): \(reason.withoutFolders.inMarkdown)"
  }

  private func events(of records: [RunRecord]) -> [String] {
    records.flatMap(\.events).map(\.withoutFolders.inMarkdown).reduce(into: []) {
      if !$0.contains($1) { $0.append($1) }
    }
  }

  private func remarks(on entry: TableEntry, score: MeasuredScore) -> [String] {
    var remarks: [String] = []
    if let bits = score.records.first?.cell.bits, bits != "FP", bits != entry.column.bits {
      remarks.append("measured at \(bits), the column is \(entry.column.bits)")
    }
    if score.records.count > 1 {
      remarks.append("mean NLL over \(score.records.count) seeds")
    }
    if let floor = score.roundingFloor {
      remarks.append(
        "rounding floor \(NumberText.fixed(floor, 4)) nats per token "
          + "(±\(NumberText.fixed(floor * 100, 1)) % of perplexity): another, equally valid order "
          + "of summation moves the score by this much")
    }
    if let remark = betterThanFullPrecision(entry, score: score) { remarks.append(remark) }
    return remarks + events(of: score.records)
  }

  private func betterThanFullPrecision(_ entry: TableEntry, score: MeasuredScore) -> String? {
    guard !entry.row.isFullPrecision, let plain = fullPrecision(entry.column)?.score,
      let test = score.compared(with: plain), test.meanDifference < 0
    else { return nil }
    return "below full precision: \(test.support.inMarkdown)"
  }

  /// The full-precision entry of a column.
  func fullPrecision(_ column: GridColumn) -> TableEntry? {
    entries(inColumn: column.key).first { $0.row.isFullPrecision }
  }
}

/// The best entry of a column, where the paired test supports it.
struct ColumnWin {
  /// The best entry.
  var winner: TableEntry
  /// The next one.
  var runnerUp: TableEntry
  /// A warning when the two had very different training budgets.
  var budgetRemark: String?
}

extension TableContents {
  /// The best quantised entry of a column, or nil when the runner-up may be as good.
  func columnWin(inColumn column: String) -> ColumnWin? {
    let measured = entries(inColumn: column).compactMap { entry -> (TableEntry, MeasuredScore)? in
      guard !entry.row.isFullPrecision, let score = entry.score, score.meanNLL != nil else {
        return nil
      }
      return (entry, score)
    }.sorted { ($0.1.meanNLL ?? .infinity) < ($1.1.meanNLL ?? .infinity) }
    guard measured.count >= 2,
      let test = measured[0].1.compared(with: measured[1].1), test.isSupported
    else { return nil }
    let (winner, runnerUp) = (measured[0].0, measured[1].0)
    let tokens = [winner, runnerUp].map { entry in
      entry.records.reduce(0) { $0 + ($1.zerothOrder?.tokens ?? 0) }
    }
    var remark: String?
    if tokens[0] > 2 * tokens[1] || tokens[1] > 2 * tokens[0] {
      remark =
        "unequal budgets: \(NumberText.grouped(tokens[0])) training tokens against "
        + "\(NumberText.grouped(tokens[1])) of \(runnerUp.row.label.inMarkdown)"
    }
    return ColumnWin(winner: winner, runnerUp: runnerUp, budgetRemark: remark)
  }
}

extension Metric {
  /// The metric as a heading, with its direction.
  var title: String {
    switch self {
    case .perplexity: "Perplexity (lower is better)"
    case .accuracy: "Accuracy (higher is better)"
    }
  }
}
