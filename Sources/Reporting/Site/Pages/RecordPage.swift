internal import JSONText
package import Records
internal import Statistics
internal import Vocabulary

/// What stands in a window of a record, by its number, where that is on this machine.
package typealias RecordText = (_ record: RunRecord, _ window: Int) -> String?

/// The page of one record: where its number stands, what it was measured under, and every loss that it holds.
struct RecordPage {
  let record: RunRecord
  let contents: TableContents
  let text: RecordText

  /// Worst windows that are shown with their text.
  private static let mostWorst = 8

  /// The page's title.
  var title: String { contents.name(of: record) }

  /// The page.
  var passages: [Passage] {
    let table = PageLink.table(
      contents.grid.table, scale: contents.scale.rawValue,
      path: "../\(contents.grid.table)/table-\(contents.scale.rawValue).md")
    let top: [Passage] = [
      .heading(1, Phrase(title)),
      .paragraph(
        "A record of \(link: "\(contents.grid.title)", to: table), scale \(code: contents.scale.rawValue)."
      ),
      .banner([contents.bannerText]),
    ]
    return top + standing + scores + training + layers + worst + windows + examples + options
      + conditions + cost + figures
  }

  // MARK: - Where it stands

  private var name: RecordName { RecordName(record) }

  private var standing: [Passage] {
    var table = PassageTable(
      "Where this record's number is printed",
      [
        .words("Place"), .number("The paper"), .number("Printed here"), .words("Made of"),
        .words("Verdict"),
      ])
    for entry in contents.entries {
      let names = entry.records.map(RecordName.init)
      guard names.contains(name) else { continue }
      let seeds = entry.records.map { other -> Phrase in
        let task = other.cell.address.task.map { "\($0), " } ?? ""
        let words: Phrase = "\(task)seed \(other.cell.address.seed)"
        return RecordName(other) == name
          ? "\(strong: words)" : "\(link: words, to: .record(RecordName(other)))"
      }
      table.add([
        "\(entry.row.label), \(contents.columnTitle(entry))", "\(entry.paper?.value ?? "–")",
        "\(contents.figureText(entry))", seeds.joined(separator: "; "),
        Phrase(contents.verdict(of: entry).text.withoutFolders),
      ])
    }
    let ending: Phrase =
      record.status == .finished
      ? "It finished."
      : """
      It ended as \(strong: Phrase(record.status.inWords)): \((record.reason ?? "no reason given").withoutFolders).
      """
    return [.heading(2, "Where it stands"), .paragraph(ending)]
      + (table.isEmpty ? [] : [.table(table)])
      + (record.events.isEmpty ? [] : [.list(record.events.map { Phrase($0.withoutFolders) })])
  }

  // MARK: - Scores

  private var scores: [Passage] {
    guard !record.scores.isEmpty else {
      return [.heading(2, "Scores"), .paragraph("This record holds no score.")]
    }
    var table = PassageTable(
      "Scores, with the standard error over windows or examples",
      [
        .words("Split"), .words("Of"), .number("Value ± se"), .number("Mean NLL ± se, nats"),
        .number("Windows or examples"), .number("Tokens"), .number("Rounding floor, nats"),
      ])
    for score in record.scores {
      let isTask = score.task != nil
      let factor = isTask ? 100.0 : 1
      let error = score.errorOfValue.map { $0 * factor }
      let nll = score.meanNLL.map { NumberText.significant($0, 6) }
      let nllError = score.standardErrorNLL.map { NumberText.significant($0, 3) } ?? "–"
      table.add([
        Phrase(score.split),
        Phrase(isTask ? "\(score.task ?? ""), \(score.metric) in %" : score.metric),
        Phrase(
          score.value.map { NumberText.score($0 * factor, standardError: error) } ?? "not finite"),
        Phrase(isTask ? "–" : nll.map { "\($0) ± \(nllError)" } ?? "not finite"),
        "\(score.outcomes?.count ?? score.windowNLL.count)",
        Phrase(NumberText.grouped(score.scoredTokens)),
        Phrase(score.roundingFloor.map { NumberText.significant($0, 2) } ?? "–"),
      ])
    }
    return [
      .heading(2, "Scores"), .table(table),
      .paragraph(
        """
        NLL is the mean loss of a token, in nats; perplexity is its exponential. The standard error says how far another \
        text of this kind might be off. The rounding floor is how much another, equally valid order of summation moves the \
        score.
        """),
    ]
  }

  // MARK: - Training and layers

  private var training: [Passage] {
    let charts = record.charts.filter { !$0.identifier.hasPrefix("series") }
    guard !charts.isEmpty || record.zerothOrder != nil else { return [] }
    var passages: [Passage] = [.heading(2, "Training")]
    if record.zerothOrder != nil {
      passages.append(.paragraph("\(capitalised(contents.gainSentence(record)))"))
    }
    if let selection = record.selection {
      passages.append(
        .paragraph(
          """
          Of \(selection.checkpoints) checkpoints the one of step \(selection.step) was chosen, by the \
          \(selection.by.rawValue): \(NumberText.significant(selection.developmentLoss, 6)) nats.
          """))
    }
    if !charts.isEmpty { passages.append(.charts(charts)) }
    if let summary = record.zerothOrder { passages.append(.table(health(summary))) }
    if let table = contents.trajectoryDetails(record) {
      passages.append(.folded("Every checkpoint", [.table(table)]))
    }
    return passages
  }

  private func capitalised(_ phrase: Phrase) -> Phrase {
    guard case .words(let words)? = phrase.pieces.first, let first = words.first else {
      return phrase
    }
    return Phrase([.words(first.uppercased() + words.dropFirst())] + phrase.pieces.dropFirst())
  }

  private func health(_ summary: ZerothOrderSummary) -> PassageTable {
    var table = PassageTable("Health of the training", [.words("Figure"), .number("Value")])
    for (figure, value) in [
      ("updates", NumberText.grouped(summary.steps)),
      ("forward passes of a batch", NumberText.grouped(summary.forwards)),
      ("training tokens, one counted once a step", NumberText.grouped(summary.tokens)),
      ("parameters that the probes move", NumberText.grouped(summary.trainableParameters)),
      ("size of the probes ε", NumberText.significant(summary.epsilon, 3)),
      ("learning rate", NumberText.significant(summary.learningRate, 3)),
      ("mean |L₊ − L₋|, nats", NumberText.significant(summary.meanAbsoluteDifference, 3)),
      ("largest |L₊ − L₋|, nats", NumberText.significant(summary.largestAbsoluteDifference, 3)),
      (
        "steps whose difference was clipped", NumberText.fixed(100 * summary.clippedShare, 1) + " %"
      ),
      ("root mean square of g", NumberText.significant(summary.rootMeanSquareGradient, 3)),
    ] { table.add([Phrase(figure), Phrase(value)]) }
    return table
  }

  private var layers: [Passage] {
    let charts = record.charts.filter { $0.identifier.hasPrefix("series") }
    guard !charts.isEmpty else {
      return [
        .heading(2, "Error layer by layer"),
        .paragraph("This record holds no error of single layers: its table doesn't ask for it."),
      ]
    }
    let tables = record.series.map { series -> Passage in
      let unit = series.unit.isEmpty ? "" : ", \(series.unit)"
      var table = PassageTable(
        "\(series.name) by \(series.index)",
        [.number("\(series.index)"), .number("\(series.name)\(unit)")])
      for (x, y) in zip(series.x, series.y) {
        table.add([
          Phrase(NumberText.significant(x, 6)),
          Phrase(y.map { NumberText.significant($0, 6) } ?? "not finite"),
        ])
      }
      return .folded("\(series.name) by \(series.index), in numbers", [.table(table)])
    }
    return [.heading(2, "Error layer by layer"), .charts(charts)] + tables
  }

  // MARK: - Windows

  private var testWindows: [Double?] { record.testScore(.perplexity)?.windowNLL ?? [] }

  /// The full-precision losses of the same windows; nil where there are none, or the record is of full precision.
  private var plainWindows: [Double?]? {
    guard !record.cell.bits.isFullPrecision else { return nil }
    let panel = contents.panelOfAddress[record.cell.address]
    let plain = contents.shownRecords.first { other in
      contents.grid.row(other.cell.address.row)?.isFullPrecision == true
        && contents.panelOfAddress[other.cell.address] == panel && other.cell.bits.isFullPrecision
    }
    guard let windows = plain?.testScore(.perplexity)?.windowNLL,
      windows.count == testWindows.count
    else { return nil }
    return windows
  }

  private func change(_ index: Int) -> Double? {
    guard let plain = plainWindows?[index], let own = testWindows[index] else { return nil }
    return own - plain
  }

  private var worst: [Passage] {
    let finite = testWindows.enumerated().compactMap { index, loss in loss.map { (index, $0) } }
    guard finite.count > 1 else { return [] }
    let chosen = finite.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(Self.mostWorst)
    let texts = chosen.map { text(record, $0.0) }
    var table = PassageTable(
      "The windows with the largest loss",
      [
        .words("Window"), .number("Loss, nats"), .number("− full precision"),
        .words("How its text begins"),
      ])
    for ((index, loss), text) in zip(chosen, texts) {
      table.add([
        "\(index)", Phrase(NumberText.fixed(loss, 4)),
        Phrase(change(index).map { NumberText.signed($0, 4) } ?? "–"),
        text.map { Phrase($0) } ?? "–",
      ])
    }
    let isThere = texts.contains { $0 != nil }
    return [
      .heading(2, "Worst windows"),
      .paragraph(
        isThere
          ? "The hardest stretches of the test text; windows are counted from 0."
          : """
          The hardest stretches of the test text; windows are counted from 0. Where this page was made, the text wasn't at \
          hand or its tokens had another digest, so that what stands in them isn't shown.
          """), .table(table),
    ]
  }

  private var windows: [Passage] {
    let losses = testWindows
    guard !losses.isEmpty else { return [] }
    let hasPlain = plainWindows != nil
    var table = PassageTable(
      "Loss of every test window",
      [.number("Window"), .number("Loss, nats"), .number("Perplexity")]
        + (hasPlain ? [.number("− full precision, nats")] : []))
    table.isSortable = true
    for (index, loss) in losses.enumerated() {
      table.add(
        [
          "\(index)", Phrase(loss.map { NumberText.fixed($0, 5) } ?? "not finite"),
          Phrase(loss.map { NumberText.score(exponential($0)) } ?? "not finite"),
        ] + (hasPlain ? [Phrase(change(index).map { NumberText.signed($0, 5) } ?? "–")] : []))
    }
    return [
      .heading(2, "Window by window"),
      .folded("All \(NumberText.count(losses.count, "test window"))", [.table(table)]),
    ]
  }

  private var examples: [Passage] {
    record.scores.filter { $0.split == "test" }.compactMap { score -> [Passage]? in
      guard let task = score.task, let outcomes = score.outcomes, !outcomes.isEmpty else {
        return nil
      }
      let isYesOrNo = outcomes.allSatisfy { $0 == 0 || $0 == 1 }
      let wrong = outcomes.indices.filter { outcomes[$0] < 1 }
      let list = wrong.map { index in
        isYesOrNo ? "\(index)" : "\(index): \(NumberText.fixed(outcomes[index], 2))"
      }.joined(separator: ", ")
      return [
        .heading(2, "Example by example: \(task)"),
        .paragraph(
          """
          Of \(NumberText.count(outcomes.count, "test example")), \(NumberText.grouped(outcomes.count - wrong.count)) \
          are wholly right.
          """),
        .folded(
          "The \(NumberText.grouped(wrong.count)) others, counted from 0",
          [.paragraph(Phrase(list))]),
      ]
    }.flatMap(\.self)
  }
}
