internal import Records
internal import Statistics
internal import Vocabulary

extension TableContents {
  /// Rows × columns of one metric: what the paper prints beside what was measured.
  func scoreSection(_ metric: Metric) -> [Passage] {
    let seeds =
      entries.contains { ($0.score?.seeds ?? 1) > 1 && $0.column.metric == metric }
      ? " A second ±, in brackets, is the standard error over seeds." : Phrase()
    let words = explanation(of: metric) + seeds
    return [.heading(2, Phrase(metric.title))] + scoreTable(metric)
      + (words.isEmpty ? [] : [.paragraph(words)])
  }

  private func explanation(of metric: Metric) -> Phrase {
    switch metric.aggregation {
    case .windows:
      """
      ± is the standard error over windows (perplexity × se of the mean NLL): how far another text of this kind might be \
      off. Differences between rows are judged below, window by window. \(strong: "Bold"): best of the column, by a paired \
      test against the runner-up with p < 0.05 and a difference above the rounding floor. Values from 1000 on are \
      shortened; \(link: "all digits", to: .heading("every-number")) are below.
      """
    case .formula:
      """
      Closed form, nothing is measured here: trained weights at 16 bits and the others at the row's bits, as a share of \
      all at 16 bits. Linear layers of the blocks alone; scales, embeddings and activations aren't counted, as the paper \
      doesn't count them.
      """
    case .peak:
      """
      The kernel's high-water mark of resident memory (VmHWM) of the process that ran the cell from start to end, in GiB \
      (2³⁰ bytes); in brackets what the memory model predicts from the shapes alone. A cell that is predicted not to fit \
      the machine is not started. Two peaks are called different from 2 % on. \
      \(link: "Peak and prediction", to: .heading("budgets")) of every cell are below.
      """
    case .times:
      """
      Median wall-clock seconds of one update, in brackets the shortest and the longest. Two times are called different \
      when these ranges don't meet; of a single update nothing is said.
      """
    case .examples:
      entries.contains { $0.column.metric == metric && $0.score != nil }
        ? """
        ± is the standard error over examples: how far another draw of test examples might be off. Differences between \
        rows are judged below, example by example. \(strong: "Bold"): best of the column, by a paired test against the \
        runner-up with p < 0.05.
        """ : Phrase()
    }
  }

  /// The tables of one metric, model by model, with their footnotes and the paper's.
  func scoreTable(_ metric: Metric) -> [Passage] {
    var notes = Footnotes()
    let columns = grid.columns.filter { $0.metric == metric }
    let groups =
      metric.isOfProcess
      ? [ModelGroup(heading: nil, columns: columns)] : modelGroups(of: columns)
    let tables = groups.flatMap { group in
      group.passages
        + [
          .table(
            scoreTable(
              group.columns,
              "\(metric.facts.title): the paper's and what was measured"
                + (group.heading.map { ", \($0)" } ?? ""),
              notes: &notes))
        ]
    }
    let marks = (paper?.footnotes ?? []).filter { footnote in
      columns.contains { column in
        entries(inColumn: column.key).contains {
          $0.paper?.footnotes.contains(footnote.mark) ?? false
        }
      }
    }.map { Phrase([.words($0.mark)]) + " \($0.text) (the paper's mark)" }
    let isElsewhere = columns.contains { column in
      entries(inColumn: column.key).contains { $0.paper?.confidence == .elsewhere }
    }
    let others: [Phrase] =
      (isElsewhere
        ? ["° another paper's figure for this method and setting; not seen in this one"] : [])
      + marks
    return notes.texts.isEmpty && others.isEmpty
      ? tables : tables + [.notes(numbered: notes.texts, others: others)]
  }

  private func scoreTable(
    _ columns: [GridColumn], _ caption: String, notes: inout Footnotes
  ) -> PassageTable {
    var header: [PassageTable.Column] = [.words("Method")]
    for column in columns {
      if showsPaper(column) { header.append(.number("\(column.label)\(.lineBreak)paper")) }
      header.append(.number("\(column.label)\(.lineBreak)\(column.metric.facts.measured)"))
    }
    var table = PassageTable(caption, header)
    for row in grid.rows {
      var cells = [PassageTable.Cell("\(row.label)")]
      for column in columns {
        guard let entry = entry(row: row.key, column: column.key) else { continue }
        if showsPaper(column) { cells.append(PassageTable.Cell(paperText(entry))) }
        cells.append(
          PassageTable.Cell(
            measuredText(entry, notes: &notes), of: entry.records.map(RecordName.init)))
      }
      table.add(cells)
    }
    return table
  }

  /// Whether a column of the paper's numbers stands beside ours: always, but for memory and time, whose
  /// models stand side by side and have numbers in the paper or not.
  private func showsPaper(_ column: GridColumn) -> Bool {
    !column.metric.isOfProcess || entries(inColumn: column.key).contains { $0.paper != nil }
  }

  private func paperText(_ entry: TableEntry) -> Phrase {
    guard let paper = entry.paper else { return "–" }
    // Marks are as the paper prints them, such as a star.
    return Phrase([
      .words(
        paper.value + (paper.confidence == .elsewhere ? "°" : "") + paper.footnotes.joined())
    ])
  }

  /// What stands in an entry's place, without notes.
  func figureText(_ entry: TableEntry) -> String {
    switch entry.state {
    case .measured(let score):
      var text =
        score.parts[0].units.isEmpty
        ? NumberText.score(score.value)
        : NumberText.score(score.value, standardError: score.standardError)
      text += score.bracket.map { " (\($0))" } ?? ""
      if score.seeds > 1, let error = score.seedError {
        text += " (± \(text.contains("e") ? NumberText.short(error) : NumberText.fixed(error, 2)))"
      }
      return text
    case .diverged: return "diverged"
    case .failed: return "failed"
    case .tooLarge(_, let records):
      let predicted =
        entry.column.metric.aggregation == .peak ? records.first?.measurement?.analyticBytes : nil
      return "too large" + (predicted.map { " (\(NumberText.gibibytes($0)))" } ?? "")
    case .notRun: return "not run"
    case .withheld: return "withheld"
    }
  }

  private func measuredText(_ entry: TableEntry, notes: inout Footnotes) -> Phrase {
    let text = Phrase(figureText(entry))
    switch entry.state {
    case .measured(let score):
      var remarks = remarks(on: entry, score: score)
      guard let win = columnWin(among: entries(beside: entry)), win.winner.row.key == entry.row.key
      else { return text + notes.marks(remarks) }
      if let budget = win.budgetRemark { remarks.append(budget) }
      return "\(strong: text)" + notes.marks(remarks)
    case .diverged(let reason, let records):
      return text
        + notes.marks(
          [note("diverged", reason)] + committedRemark(records) + events(of: records))
    case .failed(let reason, let records):
      return text + notes.marks([note("failed", reason)] + events(of: records))
    case .tooLarge(let reason, let records):
      return text
        + notes.marks(
          [note("too large", reason)] + committedRemark(records) + events(of: records))
    case .notRun(let reason): return text + notes.marks([note("not run", reason)])
    case .withheld(let reason, _): return text + notes.marks([note("withheld", reason)])
    }
  }

  private func note(_ word: String, _ reason: String) -> Phrase {
    "\(word): \(reason.withoutFolders)"
  }

  private func committedRemark(_ records: [RunRecord]) -> [Phrase] {
    records.contains { committed.contains($0.cell.address) }
      ? ["the committed record; not measured again here"] : []
  }

  private func events(of records: [RunRecord]) -> [Phrase] {
    records.flatMap(\.events).map { Phrase($0.withoutFolders) }.reduce(into: []) {
      if !$0.contains($1) { $0.append($1) }
    }
  }

  private func remarks(on entry: TableEntry, score: MeasuredScore) -> [Phrase] {
    var remarks: [Phrase] = []
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
      let tasks = here.map { grid.texts[$0] ?? $0 }.joined(separator: ", ")
      remarks.append(
        here.count < entry.column.tasks.count
          ? "of the column's \(entry.column.tasks.count) tasks, only what stands for \(tasks)"
          : "mean of \(tasks)")
    }
    // A floor that prints as 0.0 % says nothing.
    if let floor = score.roundingFloor, Double(NumberText.fixed(floor * 100, 1)) != 0 {
      remarks.append(
        """
        rounding floor \(NumberText.fixed(floor, 4)) nats per token (±\(NumberText.fixed(floor * 100, 1)) % of \
        perplexity): another, equally valid order of summation moves the score by this much
        """)
    }
    remarks += runawayRemarks(score)
    if let remark = betterThanFullPrecision(entry, score: score) { remarks.append(remark) }
    return remarks + events(of: score.records)
  }

  /// That a training ran away after the step that was chosen, seed by seed.
  private func runawayRemarks(_ score: MeasuredScore) -> [Phrase] {
    guard score.metric == .perplexity else { return [] }
    return score.records.compactMap { record in
      guard let summary = TrajectorySummary(record), let runaway = summary.runaway else {
        return nil
      }
      let words =
        (score.seeds > 1 ? "seed \(record.cell.address.seed): " : "")
        + (record.selection.map { "development chose step \($0.step); " } ?? "")
        + "the last step (\(summary.last.step)) had "
        + (runaway.last.map { "\(runaway.split) perplexity \(NumberText.score($0))" }
          ?? "a \(runaway.split) perplexity that isn't finite")
        + ", against \(NumberText.score(runaway.first)) at step \(summary.initial.step)"
      return Phrase(words)
    }
  }

  private func betterThanFullPrecision(_ entry: TableEntry, score: MeasuredScore) -> Phrase? {
    guard !entry.row.isFullPrecision, let plain = fullPrecision(entry.column)?.score,
      score.metric == .perplexity, let test = score.compared(with: plain), test.meanDifference < 0
    else { return nil }
    return "below full precision: \(test.support(of: .perplexity))"
  }

  /// The full-precision entry of a column.
  func fullPrecision(_ column: GridColumn) -> TableEntry? {
    entries(inColumn: column.key).first { $0.row.isFullPrecision }
  }
}
