internal import Records
internal import Statistics
internal import Vocabulary

extension ClaimEvidence {
  /// The evidence in words; `entry` is the one that the claim is about.
  func text(_ claim: Claim, _ step: HolmCorrection.Step?, _ entry: TableEntry?) -> String {
    switch self {
    case .missing(let reason, _): return reason
    case .divergence(let isLeft):
      return
        "\(isLeft ? "it" : "the other") diverged, which is worse than any finite score and needs no test"
    case .start(let step, let test):
      let chosen = "development text chose the start, so that nothing was added (p = 1)"
      guard let test else { return chosen }
      return chosen + "; the last checkpoint, step \(step), differs from it by "
        + "\(test.size(of: .perplexity)) (\(NumberText.probabilityPhrase(test.probability))), and "
        + test.visibility(of: .perplexity, what: "a gain")
    case .process(let value, let low, let high, let basis):
      let number = { (value: Double) in NumberText.significant(value, 3) }
      let range = low == high ? "" : " (\(number(low)) to \(number(high)))"
      return "\(number(value))\(range) against at most \(number(claim.most ?? 0)); \(basis)"
    case .test(let test): return test.text(claim, step ?? .alone(test.probability))
    }
  }
}

extension ClaimTest {
  /// `55.04 against 54.88: +0.0029 ± 0.0030 nats, margin 0.0100 (p = 0.34, Holm's p = 1.00); a difference of
  /// 0.0120 would have been seen; 32 windows, 1 seed`.
  fileprivate func text(_ claim: Claim, _ step: HolmCorrection.Step) -> String {
    let values = values.map { NumberText.score($0) }.joined(separator: " against ")
    var words = "\(values): \(comparison.size(of: metric))"
    if claim.margin > 0 {
      words += ", margin \(NumberText.fixed(claim.margin, metric.decimalsOfDifferences))"
    }
    if distance <= comparison.roundingFloor, comparison.roundingFloor > 0 {
      words += ", within the rounding floor of "
      words += NumberText.fixed(comparison.roundingFloor, metric.decimalsOfDifferences)
    }
    words += " (\(NumberText.probabilityPhrase(probability, step))); "
    let what =
      claim.relation == .improves
      ? "a gain" : claim.margin > 0 ? "a distance from the margin" : "a difference"
    words += comparison.visibility(of: metric, what: what, atLevel: step.level)
    return words + "; \(NumberText.count(comparison.windows, metric.unitOfTests)), "
      + NumberText.count(comparison.seeds, "seed")
  }
}

extension Claim {
  /// The relation as a sentence with the grid's labels: `ZeroQAT lower than OmniQuant in PPL W4A4 ↓`.
  func inWords(_ grid: Grid) -> String {
    func label(_ cell: ClaimCell) -> String { grid.row(cell.row)?.label ?? cell.row }
    func column(_ cell: ClaimCell) -> String { grid.column(cell.column)?.label ?? cell.column }
    let other = right.map(label) ?? ""
    let most = most.map { NumberText.significant($0, 3) } ?? ""
    var words: String
    switch relation {
    case .lower: words = "\(label(left)) lower than \(other)"
    case .higher: words = "\(label(left)) higher than \(other)"
    case .within: words = "\(label(left)) as good as \(other)"
    case .improves: words = "\(label(left)) better than its own start"
    case .atChance: words = "\(label(left)) at chance"
    case .ratio: words = "\(label(left)) at most \(most) × \(other)"
    case .atMost: words = "\(label(left)) at most \(most)"
    }
    words += " in \(column(left))"
    if let right, right.column != left.column { words += " (there: \(column(right)))" }
    guard margin > 0, let metric = grid.column(left.column)?.metric else { return words }
    let margin =
      "\(NumberText.significant(margin, 3)) \(metric.unitOfDifferences)"
    return words + (relation.isOfEquality ? ", within \(margin)" : ", by more than \(margin)")
  }
}
