internal import Records
internal import Statistics
internal import Vocabulary

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
    switch metric.aggregation {
    case .windows:
      "± is the standard error over windows (perplexity × se of the mean NLL): how far "
        + "another text of this kind might be off. Differences between rows are judged below, window "
        + "by window. **Bold**: best of the column, by a paired test against the runner-up with "
        + "p < 0.05 and a difference above the rounding floor. Values from 1000 on are shortened; "
        + "[all digits](#every-number) are below."
    case .formula:
      "Closed form, nothing is measured here: trained weights at 16 bits and the others at the "
        + "row's bits, as a share of all at 16 bits. Linear layers of the blocks alone; scales, "
        + "embeddings and activations aren't counted, as the paper doesn't count them."
    case .peak:
      "The kernel's high-water mark of resident memory (VmHWM) of the process that ran the cell from start to end, in "
        + "GiB (2³⁰ bytes); in brackets what the memory model predicts from the shapes alone. A cell that is "
        + "predicted not to fit the machine is not started. Two peaks are called different from "
        + "2 % on. [Peak and prediction](#budgets) of every cell are below."
    case .times:
      "Median wall-clock seconds of one update, in brackets the shortest and the longest. Two times "
        + "are called different when these ranges don't meet; of a single update nothing is said."
    case .examples:
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
    let groups =
      metric.isOfProcess
      ? [ModelGroup(heading: "", columns: columns)] : modelGroups(of: columns)
    let tables = groups.map { group in
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
      if showsPaper(column) { header.append(("\(label)<br>paper", .right)) }
      header.append(("\(label)<br>\(column.metric.facts.measured)", .right))
    }
    var table = MarkdownTable(header)
    for row in grid.rows {
      var cells = [row.label.inMarkdown]
      for column in columns {
        guard let entry = entry(row: row.key, column: column.key) else { continue }
        if showsPaper(column) { cells.append(paperText(entry)) }
        cells.append(measuredText(entry, notes: &notes))
      }
      table.add(cells)
    }
    return table.text
  }

  /// Whether a column of the paper's numbers stands beside ours: always, but for memory and time, whose
  /// models stand side by side and have numbers in the paper or not.
  private func showsPaper(_ column: GridColumn) -> Bool {
    !column.metric.isOfProcess || entries(inColumn: column.key).contains { $0.paper != nil }
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
      text += score.bracket.map { " (\($0))" } ?? ""
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
      return "diverged"
        + notes.marks(
          [note("diverged", reason)] + committedRemark(records) + events(of: records))
    case .failed(let reason, let records):
      return "failed" + notes.marks([note("failed", reason)] + events(of: records))
    case .tooLarge(let reason, let records):
      let predicted =
        entry.column.metric.aggregation == .peak ? records.first?.measurement?.analyticBytes : nil
      return "too large" + (predicted.map { " (\(NumberText.gibibytes($0)))" } ?? "")
        + notes.marks(
          [note("too large", reason)] + committedRemark(records) + events(of: records))
    case .notRun(let reason): return "not run" + notes.marks([note("not run", reason)])
    case .withheld(let reason, _): return "withheld" + notes.marks([note("withheld", reason)])
    }
  }

  private func note(_ word: String, _ reason: String) -> String {
    "\(word): \(reason.withoutFolders.inMarkdown)"
  }

  private func committedRemark(_ records: [RunRecord]) -> [String] {
    records.contains { committed.contains($0.cell.address) }
      ? ["the committed record; not measured again here"] : []
  }

  private func events(of records: [RunRecord]) -> [String] {
    records.flatMap(\.events).map(\.withoutFolders.inMarkdown).reduce(into: []) {
      if !$0.contains($1) { $0.append($1) }
    }
  }

  private func remarks(on entry: TableEntry, score: MeasuredScore) -> [String] {
    var remarks: [String] = []
    if let bits = score.records.first?.cell.bits, !bits.isFullPrecision, bits != entry.bits {
      remarks.append("measured at \(bits), the column is \(entry.bits)")
    }
    if score.seeds > 1 {
      remarks.append(
        "mean\(score.metric == .perplexity ? " NLL" : "") over \(score.seeds) seeds")
    }
    remarks += committedRemark(score.records)
    let here = grid.scales[scale]?.tasks(of: entry.column) ?? entry.column.tasks
    if score.metric.isOfTasks, score.parts.count > 1 || here.count < entry.column.tasks.count {
      let tasks = here.map { grid.texts[$0] ?? $0 }.joined(separator: ", ").inMarkdown
      remarks.append(
        here.count < entry.column.tasks.count
          ? "of the column's \(entry.column.tasks.count) tasks, only what stands for \(tasks)"
          : "mean of \(tasks)")
    }
    // A floor that prints as 0.0 % says nothing.
    if let floor = score.roundingFloor, Double(NumberText.fixed(floor * 100, 1)) != 0 {
      remarks.append(
        "rounding floor \(NumberText.fixed(floor, 4)) nats per token "
          + "(±\(NumberText.fixed(floor * 100, 1)) % of perplexity): another, equally valid order "
          + "of summation moves the score by this much")
    }
    remarks += runawayRemarks(score)
    if let remark = betterThanFullPrecision(entry, score: score) { remarks.append(remark) }
    return remarks + events(of: score.records)
  }

  /// That a training ran away after the step that was chosen, seed by seed.
  private func runawayRemarks(_ score: MeasuredScore) -> [String] {
    guard score.metric == .perplexity else { return [] }
    return score.records.compactMap { record in
      guard let summary = TrajectorySummary(record), let runaway = summary.runaway else {
        return nil
      }
      return (score.seeds > 1 ? "seed \(record.cell.address.seed): " : "")
        + (record.selection.map { "development chose step \($0.step); " } ?? "")
        + "the last step (\(summary.last.step)) had "
        + (runaway.last.map { "\(runaway.split) perplexity \(NumberText.score($0))" }
          ?? "a \(runaway.split) perplexity that isn't finite")
        + ", against \(NumberText.score(runaway.first)) at step \(summary.initial.step)"
    }
  }

  private func betterThanFullPrecision(_ entry: TableEntry, score: MeasuredScore) -> String? {
    guard !entry.row.isFullPrecision, let plain = fullPrecision(entry.column)?.score,
      score.metric == .perplexity, let test = score.compared(with: plain), test.meanDifference < 0
    else { return nil }
    return "below full precision: \(test.support(of: .perplexity).inMarkdown)"
  }

  /// The full-precision entry of a column.
  func fullPrecision(_ column: GridColumn) -> TableEntry? {
    entries(inColumn: column.key).first { $0.row.isFullPrecision }
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
