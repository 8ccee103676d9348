internal import Records
internal import Statistics
internal import Vocabulary

/// One figure of a cell: what a fresh and a committed record say, and whether that may be.
package struct CheckFigure: Sendable, Equatable {
  /// What is compared: `perplexity`, `accuracy of sst2`, `peak memory`, …; empty where a cell has nothing.
  package let name: String
  /// The committed figure: a perplexity, percent, GiB or seconds; nil where there is none.
  package let committed: Double?
  /// The fresh figure.
  package let fresh: Double?
  /// The limit that applied, where two figures were compared.
  package let tolerance: CheckTolerance?
  /// The result.
  package let result: CheckResult
  /// Why.
  package let detail: String

  /// A figure from its parts.
  package init(
    _ name: String, committed: Double? = nil, fresh: Double? = nil,
    tolerance: CheckTolerance? = nil, _ result: CheckResult, _ detail: String
  ) {
    self.name = name
    self.committed = committed
    self.fresh = fresh
    self.tolerance = tolerance
    self.result = result
    self.detail = detail
  }
}

extension CheckFigure {
  /// Every figure by which two finished records of one cell are compared.
  ///
  /// All test scores that the committed record has; of `metrics`, which the grid's columns of this cell
  /// print, those that aren't scores; and the diagnostics that the cell asks for. Scores of a model whose
  /// weights are drawn say nothing and aren't compared.
  static func all(
    _ fresh: RunRecord, _ committed: RunRecord, metrics: [Metric]
  ) -> [CheckFigure] {
    var figures: [CheckFigure] = []
    let scores = committed.scores.filter { $0.split == "test" }
    let isDrawn = committed.cell.model.synthetic == true
    if !isDrawn {
      figures = scores.map { score in
        let other = fresh.scores.first {
          $0.split == score.split && $0.metric == score.metric && $0.task == score.task
        }
        return CheckFigure(other, score, fresh, committed)
      }
    }
    figures += metrics.compactMap { metric in
      if metric.aggregation == .peak { return .peakMemory(fresh, committed) }
      if metric.aggregation == .times { return .updateTime(fresh, committed) }
      if metric.aggregation == .formula { return .memoryShare(fresh, committed) }
      return nil
    }
    for diagnostic in committed.cell.diagnostics ?? [] where diagnostic == .blockErrors {
      figures.append(.series("block error", fresh, committed))
    }
    guard figures.isEmpty else { return figures }
    return [
      isDrawn
        ? CheckFigure("", .skipped, "the model's weights are drawn: its scores say nothing")
        : CheckFigure("", .error, "the committed record has no test score")
    ]
  }

  /// What stands in the place of figures where nothing is compared: the first score's values with a reason,
  /// or peaks of memory where weights are drawn.
  static func uncompared(
    _ result: CheckResult, _ detail: String, committed: RunRecord?, fresh: RunRecord?
  ) -> CheckFigure {
    if (committed ?? fresh)?.cell.model.synthetic == true {
      return CheckFigure(
        "peak memory", committed: committed?.value(of: .peakMemory),
        fresh: fresh?.value(of: .peakMemory), result, detail)
    }
    let scores = [committed, fresh].map { record in record?.scores.first { $0.split == "test" } }
    let name = (scores[0] ?? scores[1])?.figureName ?? ""
    return CheckFigure(
      name, committed: scores[0]?.figure, fresh: scores[1]?.figure, result, detail)
  }

  /// Two scores, window by window or example by example.
  init(
    _ fresh: Score?, _ committed: Score, _ freshRecord: RunRecord, _ committedRecord: RunRecord
  ) {
    let name = committed.figureName
    func uncomparable(_ result: CheckResult, _ detail: String) -> CheckFigure {
      CheckFigure(name, committed: committed.figure, fresh: fresh?.figure, result, detail)
    }
    guard let fresh else {
      self = uncomparable(.error, "the fresh record has no test \(name)")
      return
    }
    do {
      try freshRecord.refuseContradiction(in: fresh)
      try committedRecord.refuseContradiction(in: committed)
    } catch {
      self = uncomparable(.error, error.description)
      return
    }
    let bits = committedRecord.cell.bits
    if committed.task == nil {
      self = Self.ofText(fresh, committed, bits: bits, uncomparable)
    } else {
      self = Self.ofTask(fresh, committed, bits: bits, uncomparable)
    }
  }

  /// Two scores of text; `uncomparable` makes a figure of them that says why they can't be compared.
  static func ofText(
    _ fresh: Score, _ committed: Score, bits: BitsLabel,
    _ uncomparable: (CheckResult, String) -> CheckFigure
  ) -> CheckFigure {
    let a = fresh.windowNLL.compactMap(\.self)
    let b = committed.windowNLL.compactMap(\.self)
    guard b.count == committed.windowNLL.count, !b.isEmpty else {
      return uncomparable(.error, "the committed windows aren't all finite")
    }
    guard fresh.windowNLL.count == b.count else {
      return uncomparable(
        .error,
        "stale: \(b.count) windows became \(fresh.windowNLL.count); a shortened run isn't "
          + "comparable")
    }
    guard a.count == b.count else { return uncomparable(.failure, "a fresh window isn't finite") }
    let differences = SampleMean(zip(a, b).map { $0 - $1 })
    let rise = differences.mean
    let tolerance = CheckTolerance.limit(
      bits: bits, fresh: fresh, committed: committed,
      pairedError: differences.standardError ?? 0)
    let relative = relativeRise(ofPerplexity: rise)
    return CheckFigure(
      committed.figureName, committed: perplexity(of: b), fresh: perplexity(of: a), tolerance,
      isWorse: tolerance.isExceeded(relativeRise: relative, rise: rise),
      isBetter: tolerance.isExceeded(
        relativeRise: relativeRise(ofPerplexity: -rise), rise: -rise),
      change: a == b
        ? nil
        : "\(NumberText.signed(relative * 100, 3)) % perplexity, "
          + "\(NumberText.signed(rise, 5)) nats")
  }

  private static func ofTask(
    _ fresh: Score, _ committed: Score, bits: BitsLabel,
    _ uncomparable: (CheckResult, String) -> CheckFigure
  ) -> CheckFigure {
    let (a, b) = (fresh.outcomes ?? [], committed.outcomes ?? [])
    guard !b.isEmpty else {
      return uncomparable(.error, "the committed score has no examples")
    }
    guard a.count == b.count else {
      return uncomparable(
        .error,
        "stale: \(b.count) examples became \(a.count); a shortened run isn't comparable")
    }
    let tolerance = CheckTolerance.limit(bits: bits, fresh: a, committed: b)
    let change = 100 * SampleMean(zip(a, b).map { $0 - $1 }).mean
    let (better, worse) = (
      zip(a, b).count { $0 > $1 }, zip(a, b).count { $0 < $1 }
    )
    return CheckFigure(
      committed.figureName, committed: committed.figure, fresh: fresh.figure, tolerance,
      isWorse: tolerance.isExceeded(from: b, to: a),
      isBetter: tolerance.isExceeded(from: a, to: b),
      change: a == b
        ? nil
        : "\(NumberText.signed(change, 2)) points, \(better) of \(a.count) examples better and "
          + "\(worse) worse")
  }

  /// Two figures of which both directions were judged; `change` is nil when they are equal to the last bit.
  init(
    _ name: String, committed: Double?, fresh: Double?, _ tolerance: CheckTolerance, isWorse: Bool,
    isBetter: Bool, change: String?
  ) {
    let detail =
      switch (change, isWorse, isBetter) {
      case (nil, _, _): "identical"
      case (let change?, true, _): "\(change): worse than allowed"
      case (let change?, _, true):
        "\(change): better by more than the tolerance; commit the new record if that is meant"
      case (let change?, _, _): change
      }
    self.init(
      name, committed: committed, fresh: fresh, tolerance: tolerance,
      isWorse ? .failure : .pass, detail)
  }
}

extension Score {
  /// What reports call the score: its metric, with the task it is of.
  var figureName: String { metric + (task.map { " of \($0)" } ?? "") }

  /// The score as tables print it: a perplexity, or percent.
  var figure: Double? { task == nil ? value : value.map { 100 * $0 } }
}
