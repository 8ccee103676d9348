internal import Records

extension TableContents {
  /// Rows × columns of one metric: what the paper prints beside what was measured.
  func scoreSection(_ metric: Metric) -> String {
    let seeds =
      entries.contains { ($0.score?.seeds ?? 1) > 1 && $0.column.metric == metric }
      ? " A second ±, in brackets, is the standard error over seeds." : ""
    return "## \(metric.title)\n\n\(scoreTable(metric))\n\n\(explanation(of: metric))\(seeds)"
      .trimmingTrailingNewlines
  }

  private func explanation(of metric: Metric) -> String {
    switch metric {
    case .perplexity:
      "± is the standard error over windows (perplexity × se of the mean NLL): how far "
        + "another text of this kind might be off. Differences between rows are judged below, window "
        + "by window. **Bold**: best of the column, by a paired test against the runner-up with "
        + "p < 0.05 and a difference above the rounding floor. Values from 1000 on are shortened; "
        + "[all digits](#every-number) are below."
    case .memory:
      "Closed form, nothing is measured here: trained weights at 16 bits and the others at the "
        + "row's bits, as a share of all at 16 bits. Linear layers of the blocks alone; scales, "
        + "embeddings and activations aren't counted, as the paper doesn't count them."
    case .accuracy, .accuracyNormalised, .f1:
      entries.contains { $0.column.metric == metric && $0.score != nil }
        ? "± is the standard error over examples: how far another draw of test examples might be "
          + "off. Differences between rows are judged below, example by example. **Bold**: best of "
          + "the column, by a paired test against the runner-up with p < 0.05." : ""
    }
  }

  /// The tables of one metric, model by model, with their footnotes and the paper's.
  func scoreTable(_ metric: Metric) -> String {
    var notes = Footnotes()
    let columns = grid.columns.filter { $0.metric == metric }
    let tables = modelGroups(of: columns).map { group in
      group.heading + scoreTable(group.columns, notes: &notes)
    }
    let marks = (paper?.footnotes ?? []).filter { footnote in
      columns.contains { column in
        entries(inColumn: column.key).contains {
          $0.paper?.footnotes.contains(footnote.mark) ?? false
        }
      }
    }.map { "\($0.mark) \($0.text.inMarkdown) (the paper's mark)" }
    let isElsewhere = columns.contains { column in
      entries(inColumn: column.key).contains { $0.paper?.confidence == .elsewhere }
    }
    let lines =
      [notes.text].compactMap(\.self)
      + (isElsewhere
        ? ["° another paper's figure for this method and setting; not seen in this one"] : [])
      + marks
    return (tables + (lines.isEmpty ? [] : [lines.joined(separator: "<br>\n")]))
      .joined(separator: "\n\n")
  }

  private func scoreTable(_ columns: [GridColumn], notes: inout Footnotes) -> String {
    var header: [(String, MarkdownTable.Alignment)] = [("Method", .left)]
    for column in columns {
      let label = column.label.inMarkdown
      header += [("\(label)<br>paper", .right), ("\(label)<br>measured ± se", .right)]
    }
    var table = MarkdownTable(header)
    for row in grid.rows {
      var cells = [row.label.inMarkdown]
      for column in columns {
        guard let entry = entry(row: row.key, column: column.key) else { continue }
        cells += [paperText(entry), measuredText(entry, notes: &notes)]
      }
      table.add(cells)
    }
    return table.text
  }

  private func paperText(_ entry: TableEntry) -> String {
    guard let paper = entry.paper else { return "–" }
    return paper.value + (paper.confidence == .elsewhere ? "°" : "") + paper.footnotes.joined()
  }

  private func measuredText(_ entry: TableEntry, notes: inout Footnotes) -> String {
    switch entry.state {
    case .measured(let score):
      var text =
        score.parts[0].units.isEmpty
        ? NumberText.score(score.value)
        : NumberText.score(score.value, standardError: score.standardError)
      var remarks = remarks(on: entry, score: score)
      if score.seeds > 1, let error = score.seedError {
        text += " (± \(text.contains("e") ? NumberText.short(error) : NumberText.fixed(error, 2)))"
      }
      if let win = columnWin(among: entries(beside: entry)), win.winner.row.key == entry.row.key {
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
    if let bits = score.records.first?.cell.bits, bits != "FP", bits != entry.bits {
      remarks.append("measured at \(bits), the column is \(entry.bits)")
    }
    if score.seeds > 1 {
      remarks.append(
        "mean\(score.metric == .perplexity ? " NLL" : "") over \(score.seeds) seeds")
    }
    let here = grid.scales[scale]?.tasks(of: entry.column) ?? entry.column.tasks
    if score.metric.isOfTasks, score.parts.count > 1 || here.count < entry.column.tasks.count {
      let tasks = here.map { grid.texts[$0] ?? $0 }.joined(separator: ", ").inMarkdown
      remarks.append(
        here.count < entry.column.tasks.count
          ? "of the column's \(entry.column.tasks.count) tasks, only what stands for \(tasks)"
          : "mean of \(tasks)")
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
      score.metric == .perplexity, let test = score.compared(with: plain), test.meanDifference < 0
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
  /// The best of these quantised entries, or nil when the runner-up may be as good.
  func columnWin(among entries: [TableEntry]) -> ColumnWin? {
    let measured = entries.compactMap { entry -> (TableEntry, MeasuredScore)? in
      guard !entry.row.isFullPrecision, let score = entry.score, !score.parts[0].units.isEmpty
      else { return nil }
      return (entry, score)
    }.sorted {
      let sign = $0.1.metric.isLowerBetter ? 1.0 : -1.0
      return sign * $0.1.parts.reduce(0) { $0 + $1.mean }
        < sign * $1.1.parts.reduce(0) { $0 + $1.mean }
    }
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
    case .accuracyNormalised: "Accuracy by log-likelihood per character (higher is better)"
    case .f1: "F1 (higher is better)"
    case .memory: "Memory of the weights in training (lower is better)"
    }
  }

  /// What lists put behind a cell's name; nil for the metric that most cells have.
  var nameInLists: String? {
    switch self {
    case .perplexity: nil
    case .accuracy: "accuracy"
    case .accuracyNormalised: "acc_norm"
    case .f1: "F1"
    case .memory: "memory"
    }
  }
}

extension String {
  /// The text without line breaks at its end.
  fileprivate var trimmingTrailingNewlines: String {
    var text = self[...]
    while text.last?.isNewline == true { text = text.dropLast() }
    return String(text)
  }
}
