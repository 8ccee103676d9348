internal import Records
internal import Statistics
internal import Vocabulary

/// What the records say to a claim, before the tests are corrected for their number.
enum ClaimEvidence: Equatable {
  /// A test of a difference; see ``ClaimTest``.
  case test(ClaimTest)
  /// Training was chosen away: the model is its own start. What the last checkpoint differs by, where that
  /// can be tested.
  case start(lastStep: Int, PairedComparison?)
  /// One of the two diverged, and the other didn't.
  case divergence(isLeft: Bool)
  /// A quantity of a process between two values, of which the claim allows those up to its `most`.
  case process(value: Double, low: Double, high: Double, basis: String)
  /// There is nothing to judge by, and what would change that.
  case missing(reason: String, wanted: String)
}

/// A difference, and the bound that the claim puts on it.
struct ClaimTest: Equatable {
  /// The difference: left − right, trained − start, or left − chance.
  let comparison: PairedComparison
  /// What was measured.
  let metric: Metric
  /// Values of the two sides, as tables print them.
  let values: [Double]
  /// The bound on the difference that separates what is claimed from the rest.
  let bound: Double
  /// Whether the difference is on the claimed side of ``bound``.
  let isOnClaimedSide: Bool
  /// Uncorrected probability of what speaks for the side that the difference is on.
  let probability: Double

  /// How far the difference is from the bound.
  var distance: Double { (comparison.meanDifference - bound).magnitude }

  /// A test of a claim's relation; margins are as in ``Claim/margin``.
  ///
  /// Of a difference that the claim puts on one side of a bound, p is two-sided, of that bound. That a
  /// difference d is within a margin M is shown when it is both above −M and below M (two one-sided tests,
  /// Schuirmann 1987), so that p is the one-sided one of the nearer bound.
  init(
    _ comparison: PairedComparison, _ metric: Metric, _ relation: Claim.Relation, margin: Double,
    values: [Double]
  ) {
    self.comparison = comparison
    self.metric = metric
    self.values = values
    let difference = comparison.meanDifference
    guard !relation.isOfEquality else {
      bound = difference < 0 ? -margin : margin
      isOnClaimedSide = difference.magnitude < margin
      let twoSided = comparison.probability(against: bound)
      probability = isOnClaimedSide ? twoSided / 2 : twoSided
      return
    }
    let isLow = relation == .lower || relation == .improves && metric.isLowerBetter
    bound = isLow ? -margin : margin
    isOnClaimedSide = isLow ? difference < bound : difference > bound
    probability = comparison.probability(against: bound)
  }
}

extension TableContents {
  /// What the records say to a claim.
  func evidence(for claim: Claim) -> ClaimEvidence {
    guard let left = entry(row: claim.left.row, column: claim.left.column) else {
      return .missing(reason: "not in the grid", wanted: "a grid that has it")
    }
    let right = claim.right.flatMap { entry(row: $0.row, column: $0.column) }
    if claim.right != nil, right == nil {
      return .missing(reason: "not in the grid", wanted: "a grid that has it")
    }
    if let right, left.isDiverged != right.isDiverged,
      left.isDiverged || left.score != nil, right.isDiverged || right.score != nil
    {
      return .divergence(isLeft: left.isDiverged)
    }
    guard let score = left.score else {
      return .missing(reason: left.reasonWithoutScore, wanted: Self.aScore)
    }
    if let right, right.score == nil {
      return .missing(reason: right.reasonWithoutScore, wanted: Self.aScore)
    }
    switch claim.relation {
    case .lower, .higher, .within:
      guard let other = right?.score, let test = score.compared(with: other) else {
        return .missing(
          reason: "fewer than two windows or examples, or not the same ones",
          wanted: "two or more that both were scored on")
      }
      return .test(
        ClaimTest(
          test, score.metric, claim.relation, margin: claim.margin,
          values: [score.value, other.value]))
    case .atChance:
      let chance = claim.chance ?? 0
      guard let test = score.compared(withConstant: chance) else {
        return .missing(reason: "fewer than two examples", wanted: "two or more")
      }
      return .test(
        ClaimTest(
          test, score.metric, .atChance, margin: claim.margin, values: [score.value, chance]))
    case .improves: return improvement(left, score, margin: claim.margin)
    case .ratio, .atMost: return process(score, right?.score)
    }
  }

  private static let aScore = "a score in that cell"

  private func improvement(_ entry: TableEntry, _ score: MeasuredScore, margin: Double)
    -> ClaimEvidence
  {
    guard entry.records.contains(where: { $0.zerothOrder != nil || !$0.trajectory.isEmpty }) else {
      return .missing(
        reason: "nothing of it was trained step by step", wanted: "a row that is trained")
    }
    if entry.isAtItsStart {
      let last = entry.records.compactMap { $0.trajectory.last?.step }.max() ?? 0
      return .start(lastStep: last, score.lastComparedWithInitialisation)
    }
    guard let test = score.comparedWithInitialisation else {
      return .missing(
        reason: "the record doesn't hold the start's scores window by window or example by example",
        wanted: "records that hold them")
    }
    let start = score.startValue
    return .test(
      ClaimTest(
        test, score.metric, .improves, margin: margin,
        values: [score.value] + (start.map { [$0] } ?? [])))
  }

  private func process(_ score: MeasuredScore, _ other: MeasuredScore?) -> ClaimEvidence {
    guard let range = score.processRange(over: other) else {
      return .missing(
        reason: "an update was timed once, which says nothing of how far times vary",
        wanted: "two timed updates or more of both")
    }
    let basis =
      switch score.metric.aggregation {
      case .formula: "a formula without error, no test"
      case .peak: "peaks of a process repeat within 2 %, no test"
      default: "by the shortest and the longest update, no test"
      }
    return .process(
      value: score.value / (other?.value ?? 1), low: range.lowerBound, high: range.upperBound,
      basis: basis)
  }
}

extension TableEntry {
  /// Why the entry has no score, in words; "diverged" of one that has left the finite numbers.
  fileprivate var reasonWithoutScore: String {
    switch state {
    case .measured: ""
    case .diverged: "\(row.label) diverged"
    case .failed(let reason, _): "\(row.label) failed: \(reason)"
    case .tooLarge(let reason, _): "\(row.label) too large: \(reason)"
    case .notRun(let reason): "\(row.label) not run: \(reason)"
    case .withheld(let reason, _): "\(row.label) withheld: \(reason)"
    }
  }
}
