internal import Glibc
internal import Records
internal import Statistics
internal import Vocabulary

extension GateFigure {
  /// Every test score of a baseline, held against the fresh record.
  static func all(
    _ fresh: RunRecord, _ baseline: RunRecord, _ against: GateBaseline, _ limits: GateLimits
  ) -> [GateFigure] {
    func error(_ detail: String) -> [GateFigure] {
      [GateFigure("", against, .error, detail)]
    }
    if let change = changedCondition(
      fresh, baseline, isBeginning: false, modelMayChange: limits.modelMayChange)
    {
      return error("stale: \(change)" + against.advice)
    }
    switch (baseline.status, fresh.status) {
    case (.finished, .finished): break
    case (.finished, .diverged):
      return [
        GateFigure(
          "", against, .regression,
          "the fresh cell diverged: \(fresh.reason?.withoutFolders ?? "place unknown")")
      ]
    case (_, .finished):
      return error(
        "the baseline \(baseline.status.asVerb), so that there is nothing to compare with; "
          + "'zeroqat accept' keeps the fresh record")
    case (_, let status):
      return error(
        "the fresh cell \(status.asVerb): \(fresh.reason?.withoutFolders ?? "no reason given")")
    }
    let scores = baseline.scores.filter { $0.split == "test" }
    guard !scores.isEmpty else { return error("the baseline has no test score") }
    if baseline.cell.model.synthetic == true {
      return error("the model's weights are drawn: its scores say nothing")
    }
    let tier: GateTier
    if fresh.isIdentical(to: baseline), limits.tiers.contains(.identical) {
      tier = .identical
    } else {
      tier = fresh.cell.blasCore == baseline.cell.blasCore ? .sameKernels : .otherKernels
    }
    guard limits.tiers.contains(tier) else {
      // Identity is all that such a policy asks for, and it was looked at.
      if tier == .sameKernels, limits.tiers == [.identical] {
        return [
          GateFigure(
            "", against, tier: .identical, .regression,
            "not identical, which is all that the policy allows: "
              + (fresh.firstDifference(from: baseline) ?? "a digest is missing"))
        ]
      }
      return error(
        tier == .otherKernels
          ? "other kernels (\(baseline.cell.blasCore) became \(fresh.cell.blasCore)): "
            + "tier 2 isn't among the policy's tiers"
          : "not identical, and tier 1 isn't among the policy's tiers")
    }
    return scores.map { score in
      let other = fresh.scores.first {
        $0.split == score.split && $0.metric == score.metric && $0.task == score.task
      }
      guard let other else {
        return GateFigure(
          score.figureName, against, baseline: score.figure, .error,
          "the fresh record has no test \(score.figureName)")
      }
      return compared(other, score, Records(fresh, baseline), against, tier, limits)
    }
  }

  /// Two records, of which scores are compared.
  private struct Records {
    let fresh: RunRecord
    let baseline: RunRecord

    init(_ fresh: RunRecord, _ baseline: RunRecord) {
      self.fresh = fresh
      self.baseline = baseline
    }
  }

  private static func compared(
    _ fresh: Score, _ baseline: Score, _ records: Records, _ against: GateBaseline,
    _ tier: GateTier, _ limits: GateLimits
  ) -> GateFigure {
    func figure(_ result: GateResult, _ detail: String) -> GateFigure {
      GateFigure(
        baseline.figureName, against, tier: tier, baseline: baseline.figure, fresh: fresh.figure,
        result, detail)
    }
    do {
      try records.fresh.refuseContradiction(in: fresh)
      try records.baseline.refuseContradiction(in: baseline)
    } catch { return figure(.error, error.description) }
    let isText = baseline.task == nil
    let metric = Metric(rawValue: baseline.metric) ?? (isText ? .perplexity : .accuracy)
    let (a, b) =
      isText
      ? (fresh.windowNLL, baseline.windowNLL)
      : (
        (fresh.outcomes ?? []).map { 100 * $0 }, (baseline.outcomes ?? []).map { 100 * $0 }
      )
    let unit = isText ? "window" : "example"
    guard !b.isEmpty, b.allSatisfy({ $0?.isFinite == true }) else {
      return figure(.error, "the baseline's \(unit)s aren't all finite, or there are none")
    }
    guard a.count == b.count else {
      let change = "\(NumberText.count(b.count, unit)) became \(a.count)"
      return figure(
        .error,
        (a.count < b.count
          ? "\(change): a shortened result is never a pass"
          : "\(change): they can't be compared one by one") + against.advice)
    }
    guard a.allSatisfy({ $0?.isFinite == true }) else {
      return figure(.regression, "a fresh \(unit) isn't finite")
    }
    if tier == .identical {
      return figure(.pass, "identical: final weights and every \(unit), bit for bit")
    }
    let (new, old) = (a.compactMap(\.self), b.compactMap(\.self))
    let sign: Double = isText ? 1 : -1
    let floor =
      isText && tier == .otherKernels
      ? CheckTolerance.roundingFloor(
        bits: records.baseline.cell.bits, fresh: fresh, committed: baseline) : 0
    let margin = (isText ? log1p(limits.margin) : limits.points) + 3 * floor
    guard
      let test = MarginTest(
        zip(new, old).map { sign * ($0 - $1) }, margin: margin, blockLength: isText ? nil : 1,
        level: limits.level)
    else { return figure(.error, "the \(unit)s can't be compared") }
    let result: GateResult =
      switch test.outcome {
      case .pass: .pass
      case .regression: .regression
      case .inconclusive: .inconclusive
      }
    let words = GateWords(
      test, metric: metric, isText: isText, limits, floor: floor,
      activations:
        records.baseline.cell.bits.activations)
    var detail = words.change
    if new == old {
      detail = "every \(unit) is equal, bit for bit; weights or conditions aren't"
    }
    if !isText, new != old { detail += words.flips(new, old) }
    if result == .inconclusive {
      detail += "; " + words.wanted(PairedComparison(new, old), [records.fresh, records.baseline])
    }
    if records.fresh.cell.model.digest != records.baseline.cell.model.digest {
      detail += "; another model than the baseline's"
    }
    return GateFigure(
      baseline.figureName, against, tier: tier, baseline: baseline.figure, fresh: fresh.figure,
      test: test, limit: words.limit, result, detail,
      losses: result == .pass ? [] : UnitLoss.most(new, old, sign: sign))
  }
}

extension GateBaseline {
  /// What to do where nothing can be compared with a baseline that later ones didn't replace.
  fileprivate var advice: String {
    self == .first
      ? "; 'zeroqat accept --new-first' makes the fresh record the first baseline as well" : ""
  }
}

extension RunStatus {
  /// How a cell ended, behind its name.
  fileprivate var asVerb: String { self == .tooLarge ? "is too large" : rawValue }
}

extension RunRecord {
  /// Whether the other record is of equal kernels, and its final weights and test losses are equal to the last bit.
  ///
  /// Where neither names its final weights, as what nothing was done to, equal cells stand for them: model, options and
  /// code.
  func isIdentical(to other: RunRecord) -> Bool {
    guard cell.blasCore == other.cell.blasCore, status == .finished, other.status == .finished
    else { return false }
    let names = ["weights.final", "others.final"]
    if (names.allSatisfy { digest($0) == nil && other.digest($0) == nil }) {
      guard cell.withoutPlaces == other.cell.withoutPlaces else { return false }
    } else {
      for name in names {
        guard let mine = digest(name), mine == other.digest(name) else { return false }
      }
    }
    func bits(_ record: RunRecord) -> [[UInt64?]] {
      record.scores.filter { $0.split == "test" }.map { score in
        (score.windowNLL + (score.outcomes ?? []).map(Optional.some)).map { $0?.bitPattern }
      }
    }
    func figures(_ record: RunRecord) -> [String] {
      record.scores.filter { $0.split == "test" }.map(\.figureName)
    }
    return figures(self) == figures(other) && bits(self) == bits(other)
  }
}
