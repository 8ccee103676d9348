internal import JSONText
internal import Records
internal import Statistics
internal import Vocabulary

// A quick run against the committed full one, whose beginning it is.

extension CheckFigure {
  /// Every figure by which a finished record of a quick run is compared with the finished record of the full one.
  ///
  /// A training that was cut shows the mean losses of its probes, update by update, which are those of the full
  /// training's first updates if both agree: no loss could be the same after a parameter that isn't. What wasn't
  /// cut shows its test scores on the windows and examples that both have.
  static func ofBeginning(_ fresh: RunRecord, _ committed: RunRecord) -> [CheckFigure] {
    guard let whole = committed.zerothOrder, let begun = fresh.zerothOrder,
      begun.steps < whole.steps
    else {
      if (committed.zerothOrder == nil) != (fresh.zerothOrder == nil) {
        return [CheckFigure("", .error, "one of the two trained by zeroth order, the other didn't")]
      }
      let scores = committed.scores.filter { $0.split == "test" }
      guard !scores.isEmpty else {
        return [CheckFigure("", .error, "the committed record has no test score")]
      }
      return scores.map { ofTestScore($0, fresh, committed) }
    }
    let scores = fresh.scores.filter { $0.split == "test" }.map { score in
      let partner = committed.scores.first {
        $0.split == score.split && $0.metric == score.metric && $0.task == score.task
      }
      return CheckFigure(
        score.figureName, committed: partner?.figure, fresh: score.figure, .skipped,
        "after \(begun.steps) updates here, after \(whole.steps) there: not compared")
    }
    return [ofUpdates(begun, whole, fresh, committed)] + ofStart(fresh, committed) + scores
  }

  /// The probes of the updates that both did.
  private static func ofUpdates(
    _ begun: ZerothOrderSummary, _ whole: ZerothOrderSummary, _ fresh: RunRecord,
    _ committed: RunRecord
  ) -> CheckFigure {
    let name = "first \(begun.steps) of \(whole.steps) updates, mean loss of the probes"
    let (a, b) = (begun.probeLosses, Array(whole.probeLosses.prefix(begun.steps)))
    guard a.count == begun.steps, b.count == begun.steps, let parted = firstDifference(a, b) else {
      if a.count == begun.steps, b.count == begun.steps, !a.isEmpty {
        return CheckFigure(
          name, committed: SampleMean(b).mean, fresh: SampleMean(a).mean, .pass,
          "identical, update by update")
      }
      return CheckFigure(
        name, .error, "expected a loss for every update, found \(a.count) and \(b.count)")
    }
    let figure = ofText(a, b, like: committed)
    return CheckFigure(
      name, committed: SampleMean(b).mean, fresh: SampleMean(a).mean, tolerance: figure.tolerance,
      figure.result, "they part at update \(parted); \(figure.detail)")
  }

  /// Development text at the start of both trainings, where they have any.
  private static func ofStart(_ fresh: RunRecord, _ committed: RunRecord) -> [CheckFigure] {
    func start(_ record: RunRecord) -> [Double] {
      record.trajectory.first { $0.step == 0 }?.developmentWindowNLL.compactMap(\.self) ?? []
    }
    let (a, b) = (start(fresh), start(committed))
    guard !a.isEmpty, a.count == b.count else { return [] }
    let figure = ofText(a, b, like: committed)
    return [
      CheckFigure(
        "perplexity of development text before the first update", committed: figure.committed,
        fresh: figure.fresh, tolerance: figure.tolerance, figure.result, figure.detail)
    ]
  }

  /// A test score on the windows or examples that both records have.
  private static func ofTestScore(
    _ committed: Score, _ fresh: RunRecord, _ record: RunRecord
  ) -> CheckFigure {
    let other = fresh.scores.first {
      $0.split == committed.split && $0.metric == committed.metric && $0.task == committed.task
    }
    guard let other else { return CheckFigure(nil, committed, fresh, record) }
    let cut: Score
    if let task = committed.task {
      let outcomes = Array((committed.outcomes ?? []).prefix(other.outcomes?.count ?? 0))
      let sample = SampleMean(outcomes)
      cut = Score(
        split: committed.split, task: task, metric: committed.metric, value: sample.finiteMean,
        standardError: sample.finiteError, outcomes: outcomes, scoredTokens: other.scoredTokens)
    } else {
      guard other.windowNLL.count <= committed.windowNLL.count else {
        return CheckFigure(other, committed, fresh, record)
      }
      guard
        let places = places(
          of: other.windowNLL.count, among: committed.windowNLL.count,
          record.cell.protocolSettings)
      else {
        return CheckFigure(
          other.figureName, .error,
          "the committed windows are a part of their text, so that nobody knows which of them are these"
        )
      }
      let windows = places.compactMap { committed.windowNLL[$0] }
      guard windows.count == other.windowNLL.count else {
        return CheckFigure(other, committed, fresh, record)
      }
      cut = textScore(windows, like: record)
    }
    return CheckFigure(other, cut, fresh, record)
  }

  /// Where, among the committed record's windows, those of a shorter run stand; nil where that can't be known.
  ///
  /// WikiText's are the first ones. Of other texts a run takes windows ⌊i·n/k⌋ of the n that there are (`WindowSelection`
  /// in Tasks), and n is known where the committed record has all of them.
  private static func places(
    of count: Int, among all: Int, _ committed: EvaluationProtocol
  ) -> [Int]? {
    if count == all { return Array(0..<count) }
    switch committed.test.join {
    case .wikitext2: return Array(0..<count)
    case .plain: return committed.testWindows == nil ? (0..<count).map { $0 * all / count } : nil
    }
  }

  /// A score of text with these windows, all of them finite; its tokens are those of as many test windows.
  private static func textScore(_ windows: [Double], like record: RunRecord) -> Score {
    let sample = SampleMean(windows)
    return Score(
      split: "test", metric: "perplexity", value: perplexity(of: windows), meanNLL: sample.mean,
      standardErrorNLL: sample.finiteError, windowNLL: windows,
      scoredTokens: windows.count * max(1, record.cell.protocolSettings.windowTokens - 1))
  }

  /// Two lists of losses, as test windows are compared.
  private static func ofText(
    _ fresh: [Double], _ committed: [Double], like record: RunRecord
  ) -> CheckFigure {
    let (a, b) = (textScore(fresh, like: record), textScore(committed, like: record))
    return ofText(a, b, bits: record.cell.bits) {
      CheckFigure("", committed: b.value, fresh: a.value, $0, $1)
    }
  }

  private static func firstDifference(_ a: [Double], _ b: [Double]) -> Int? {
    zip(a, b).enumerated().first { $1.0.bitPattern != $1.1.bitPattern }?.offset
  }
}

extension RunRecord {
  /// Whether the two records' cells differ in nothing but how far they go: `self` does the first updates, scores the
  /// first windows and examples.
  func begins(_ whole: RunRecord) -> Bool {
    func bare(_ cell: Cell) -> (JSON, EvaluationProtocol) {
      var options = cell.method.options
      if case .object(let members) = options {
        options = .object(members.filter { $0.name != "steps" })
      }
      var settings = cell.withoutPlaces.protocolSettings
      settings.testWindows = nil
      for index in (settings.tasks ?? []).indices {
        settings.tasks?[index].examples.test = nil
        settings.tasks?[index].examples.mayBeFewer = nil
      }
      return (options, settings)
    }
    func steps(_ cell: Cell) -> Int64? {
      if case .integer(let steps)? = cell.method.options["steps"] { return steps }
      return nil
    }
    guard cell.method.name == whole.cell.method.name, bare(cell) == bare(whole.cell) else {
      return false
    }
    if let mine = steps(cell), let theirs = steps(whole.cell), mine > theirs { return false }
    // Equal cells are compared as such.
    return cell.method.options != whole.cell.method.options
      || cell.protocolSettings != whole.cell.protocolSettings
  }
}
