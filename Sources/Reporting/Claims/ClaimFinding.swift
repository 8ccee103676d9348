package import Records
internal import Statistics
internal import Vocabulary

/// What the records of one scale say to a claim.
package enum ClaimVerdict: String, Sendable, CaseIterable {
  /// As claimed, with the test's support.
  case held
  /// The other way, with the test's support; or nothing was added to the start.
  case notHeld = "not held"
  /// No side has the test's support.
  case undecided
  /// No records, or none that could be compared.
  case notMeasured = "not measured"
}

/// A claim at one scale, judged.
package struct ClaimFinding: Sendable, Equatable {
  /// The table whose cells it is about.
  package let table: String
  /// The claim.
  package let claim: Claim
  /// The scale of the records.
  package let scale: Scale
  /// What they say.
  package let verdict: ClaimVerdict
  /// Why: difference, error, both p and the smallest visible difference; or the reason that there is none.
  package let evidence: String
  /// What would decide it; nil for what is decided.
  package let wanted: String?
}

extension TableContents {
  /// The claims that are put to this scale, judged; their tests are corrected for their number (Holm).
  package func findings(of sheet: ClaimSheet) -> [ClaimFinding] {
    let claims = sheet.claims.filter { $0.scales.contains(scale) }
    let evidence = claims.map { self.evidence(for: $0) }
    let tests = evidence.enumerated().compactMap { index, evidence in
      evidence.probability.map { (index: index, probability: $0) }
    }
    let steps = HolmCorrection(tests.map(\.probability)).steps
    let stepOfClaim = Dictionary(
      uniqueKeysWithValues: zip(tests, steps).map { ($0.index, $1) })
    return claims.indices.map { index in
      finding(claims[index], evidence[index], stepOfClaim[index])
    }
  }

  private func finding(
    _ claim: Claim, _ evidence: ClaimEvidence, _ step: HolmCorrection.Step?
  ) -> ClaimFinding {
    let records = [claim.left, claim.right].compactMap(\.self).compactMap {
      entry(row: $0.row, column: $0.column)
    }.flatMap(\.records)
    func finding(_ verdict: ClaimVerdict, _ wanted: String?) -> ClaimFinding {
      ClaimFinding(
        table: grid.table, claim: claim, scale: scale, verdict: verdict,
        evidence: evidence.text(claim, step, entry(claim.left)), wanted: wanted)
    }
    switch evidence {
    case .missing(_, let wanted): return finding(.notMeasured, wanted)
    case .divergence(let isLeft):
      guard claim.relation != .within else { return finding(.notHeld, nil) }
      let isWorse = isLeft
      let wantsBetter = (claim.relation == .lower) == (metric(of: claim).isLowerBetter)
      return finding(isWorse == wantsBetter ? .notHeld : .held, nil)
    case .start: return finding(.notHeld, nil)
    case .process(_, let low, let high, _):
      let most = claim.most ?? 0
      if high <= most { return finding(.held, nil) }
      return low > most
        ? finding(.notHeld, nil)
        : finding(.undecided, "the bound is within what such a measurement varies")
    case .test(let test):
      let step = step ?? .alone(test.probability)
      if test.isDecided(step) { return finding(test.isOnClaimedSide ? .held : .notHeld, nil) }
      return finding(.undecided, test.wanted(step, records))
    }
  }

  private func entry(_ cell: ClaimCell) -> TableEntry? {
    entry(row: cell.row, column: cell.column)
  }

  private func metric(of claim: Claim) -> Metric {
    grid.column(claim.left.column)?.metric ?? .perplexity
  }
}

extension ClaimEvidence {
  /// The uncorrected p of a test that decides; nil where none does.
  ///
  /// A training that was chosen away counts among the tests, with p = 1: that it was is chance as well.
  fileprivate var probability: Double? {
    switch self {
    case .test(let test): test.probability
    case .start: 1
    case .divergence, .process, .missing: nil
    }
  }
}

extension ClaimTest {
  /// Whether the side that the difference is on has support: by the corrected p, and by more than the
  /// rounding floor.
  func isDecided(_ step: HolmCorrection.Step) -> Bool {
    step.probability < PairedComparison.level && distance > comparison.roundingFloor
  }

  /// What would decide an undecided test if the difference is what it seems: the error falls with the root of
  /// the windows or seeds, so that it takes (visible / distance)² times as many.
  func wanted(_ step: HolmCorrection.Step, _ records: [RunRecord]) -> String {
    guard let visible = comparison.smallestVisible(atLevel: step.level) else {
      return "models that differ in some \(metric.unitOfTests)"
    }
    if comparison.roundingFloor > 0, distance <= comparison.roundingFloor {
      return "nothing of this kind: another order of summation moves it as much"
    }
    let unit = comparison.isLimitedBySeeds ? "seed" : metric.unitOfTests
    guard let times = comparison.timesToShow(distance, visible: visible) else {
      return
        "more than \(NumberText.fixed(PairedComparison.mostTimes, 0)) times the \(unit)s, if the difference "
        + "is what it seems; to see half of what is visible now, "
        + MeasuringCost(times: 4, of: comparison, records).text("four", metric)
    }
    return MeasuringCost(times: times, of: comparison, records)
      .text(NumberText.fixed(times, 1), metric) + ", if the difference is what it seems"
  }
}
