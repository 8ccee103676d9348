internal import JSONText
internal import Records
internal import Statistics
internal import Vocabulary

extension TableContents {
  /// What zeroth-order training did, or nil when nothing was trained so.
  func zerothOrderSection(plots: [String]) -> [Passage]? {
    let trained = shownRecords.filter { $0.zerothOrder != nil }
    guard judgesModels, !trained.isEmpty else { return nil }
    let explanation: Phrase = """
      Test perplexity at the start, at the end, at the step that the development split chose (the one in the table \
      above), and at the step that the test split would have chosen (a report, never a choice). The selection effect is \
      what peeking at the test split would have gained.
      """
    return [
      .heading(2, "Zeroth-order training"),
      .paragraph(explanation + (trained.contains(where: isOfTask) ? Self.ofTasks : Phrase())),
      .table(outcomeTable(trained)),
      .list(trained.map { "\(name(of: $0)): \(gainSentence($0))" }),
      .paragraph(
        """
        L₊ and L₋ are the losses of the two probes of a step; their difference is the only signal that training gets.
        """), .table(healthTable(trained)),
    ] + plots.sorted().map { .picture(file: $0, title: $0.withoutSuffix) }
  }

  private static let ofTasks: Phrase =
    " Of a task it is the test score and the mean loss in nats; its test examples are scored only at "
    + "steps that are the best so far on development, the others are \"not scored\"."

  private func isOfTask(_ record: RunRecord) -> Bool {
    record.trajectory.first?.developmentTask != nil
  }

  private func outcomeTable(_ trained: [RunRecord]) -> PassageTable {
    var table = PassageTable(
      "What training did to the test score",
      [
        .words("Cell"), .number("Start"), .number("Last"), .number("Chosen on dev"),
        .number("Best on test"), .number("Selection effect"),
      ])
    for record in trained {
      guard let summary = TrajectorySummary(record) else {
        table.add(
          ["\(name(of: record))"] + Array(repeating: "no trajectory", count: 5),
          of: [RecordName(record)])
        continue
      }
      func text(_ point: TrajectorySummary.Point?) -> Phrase {
        guard let point else { return "–" }
        return "\(point.shortTestText) (step \(point.step))"
      }
      table.add(
        [
          "\(name(of: record))", text(summary.initial), text(summary.last), text(summary.chosen),
          text(summary.testBest),
          "\(summary.selectionEffect.map { NumberText.score($0) } ?? "–")",
        ], of: [RecordName(record)])
    }
    return table
  }

  private func healthTable(_ trained: [RunRecord]) -> PassageTable {
    var table = PassageTable(
      "Health of the training",
      [
        .words("Cell"), .number("Steps"), .number("lr"), .number("ε"), .number("Directions"),
        .number("Trained parameters"), .number("Mean abs(L₊ − L₋)"),
        .number("Largest abs(L₊ − L₋)"), .number("Clipped steps"), .number("rms g"),
      ])
    for record in trained {
      guard let summary = record.zerothOrder else { continue }
      table.add(
        [
          "\(name(of: record))", "\(summary.steps)",
          "\(NumberText.significant(summary.learningRate, 3))",
          "\(NumberText.significant(summary.epsilon, 3))", "\(directions(of: record))",
          "\(NumberText.grouped(summary.trainableParameters))",
          "\(NumberText.significant(summary.meanAbsoluteDifference, 3)) nats",
          "\(NumberText.significant(summary.largestAbsoluteDifference, 3)) nats",
          "\(NumberText.fixed(summary.clippedShare * 100, 1)) %",
          "\(NumberText.significant(summary.rootMeanSquareGradient, 3))",
        ], of: [RecordName(record)])
    }
    return table
  }

  private func directions(of record: RunRecord) -> String {
    guard case .integer(let count)? = record.cell.method.options["directions"] else {
      return "default"
    }
    return String(count)
  }

  private static let choseStart: Phrase = """
    training \(strong: "did not beat") its own initialisation: the development split chose step 0.
    """

  /// The same of a task: the scores side by side, as the initialisation's answers aren't recorded one
  /// by one; nil for text and where the start or the chosen step has no test score.
  private func taskGainSentence(_ record: RunRecord) -> Phrase? {
    guard record.status == .finished, let summary = TrajectorySummary(record),
      let metric = summary.taskMetric, summary.initial.step == 0, summary.initial.isTestScored,
      summary.chosen.isTestScored
    else { return nil }
    if summary.chosen.step == 0 { return Self.choseStart }
    return """
      test \(metric) \(summary.initial.testText) at its own initialisation, \(summary.chosen.testText) at the chosen \
      step \(summary.chosen.step); the initialisation's answers aren't recorded one by one, so no test is made.
      """
  }

  /// Whether training beat the initialisation that it started from, said plainly.
  func gainSentence(_ record: RunRecord) -> Phrase {
    if let sentence = taskGainSentence(record) { return sentence }
    guard record.status == .finished,
      let score = record.testScore(.perplexity), let start = record.trajectory.first,
      start.step == 0,
      let test = PairedComparison(
        score.windowNLL.compactMap(\.self), start.testWindowNLL.compactMap(\.self),
        roundingFloor: score.roundingFloor ?? 0),
      test.windows == score.windowNLL.count
    else { return "no comparison with its initialisation (\(record.status.inWords))." }
    let size =
      "\(NumberText.difference(test.meanDifference, standardError: test.standardError)) nats per "
      + "token, \(test.support(of: .perplexity))"
    if record.zerothOrder?.bestDevelopmentStep == 0 { return Self.choseStart }
    guard test.isSupported else {
      return """
        training \(strong: "did not measurably change") the test score of its own initialisation (\(size)).
        """
    }
    return test.meanDifference < 0
      ? "training \(strong: "beat") its own initialisation (\(size))."
      : "training \(strong: "made its own initialisation worse") on the test split (\(size))."
  }
}

extension String {
  /// The file name without its suffix.
  var withoutSuffix: String {
    lastIndex(of: ".").map { String(self[..<$0]) } ?? self
  }
}
