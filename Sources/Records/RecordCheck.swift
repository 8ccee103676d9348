internal import Glibc
package import JSONText

extension RunRecord {
  /// Holds a finished record's scores to what they are made of; a number that was edited shows here.
  ///
  /// Nothing is asked of cells that diverged or failed: their scores may be cut short.
  ///
  /// - Parameter document: The text that the record was decoded from.
  /// - Throws: ``JSONError`` at the first figure that its windows or examples contradict.
  package func check(in document: JSONDocument) throws(JSONError) {
    guard status == .finished else { return }
    for (index, score) in scores.enumerated() {
      guard let wrong = score.contradiction ?? contradiction(in: score) else { continue }
      throw document.error(
        at: "/scores/\(index)/\(wrong.member)",
        "expected \(wrong.expected) by the \(score.outcomes == nil ? "windows" : "examples"), "
          + "found \(wrong.found); the record was edited or damaged")
    }
  }

  /// What a score of text says of tokens and of training that the rest of the record doesn't.
  private func contradiction(in score: Score) -> Contradiction? {
    guard score.metric == Metric.perplexity.rawValue, score.split == "test" else { return nil }
    let tokens = score.windowNLL.count.multipliedReportingOverflow(
      by: cell.protocolSettings.windowTokens - 1)
    if tokens.overflow || score.scoredTokens != tokens.partialValue {
      return Contradiction("scoredTokens", "\(tokens.partialValue)", "\(score.scoredTokens)")
    }
    // A training on a task scores no text on its way.
    let chosen = trajectory.first { $0.step == zerothOrder?.bestDevelopmentStep }
    guard let chosen, !chosen.testWindowNLL.isEmpty, chosen.testWindowNLL != score.windowNLL else {
      return nil
    }
    return Contradiction("windowNLL", "those of step \(chosen.step)", "others")
  }
}

/// A member of a score that says something else than the numbers behind it.
private struct Contradiction {
  let member: String
  let expected: String
  let found: String

  init(_ member: String, _ expected: String, _ found: String) {
    (self.member, self.expected, self.found) = (member, expected, found)
  }
}

extension Score {
  /// The first figure that doesn't follow from windows or examples.
  fileprivate var contradiction: Contradiction? {
    if let outcomes {
      guard !outcomes.isEmpty else { return nil }
      let (mean, error) = statistics(outcomes)
      return contradiction(
        [("value", value, mean), ("standardError", standardError, error)], slack: 1e-9)
    }
    guard metric == Metric.perplexity.rawValue else { return nil }
    let windows = windowNLL.compactMap(\.self)
    let (mean, error) = statistics(windows)
    // Only what isn't finite may be left out.
    if windows.count == windowNLL.count, value == nil, exp(mean).isFinite {
      return Contradiction("value", "\(exp(mean))", "none")
    }
    return contradiction(
      [("meanNLL", meanNLL, mean), ("standardErrorNLL", standardErrorNLL, error)], slack: 1e-6)
      ?? contradiction([("value", value, exp(mean))], slack: 1e-6)
  }

  private func contradiction(
    _ figures: [(member: String, found: Double?, expected: Double)], slack: Double
  ) -> Contradiction? {
    for (member, found, expected) in figures {
      guard let found else { continue }
      // Written so that NaN, the mean of nothing, is a contradiction.
      if (found - expected).magnitude <= slack * max(1, expected.magnitude) { continue }
      return Contradiction(member, "\(expected)", "\(found)")
    }
    return nil
  }

  /// Mean and standard error of the mean; the latter is 0 for fewer than two values.
  private func statistics(_ values: [Double]) -> (mean: Double, error: Double) {
    let n = Double(values.count)
    let mean = values.isEmpty ? .nan : values.reduce(0, +) / n
    guard values.count > 1 else { return (mean, 0) }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / (n - 1) / n).squareRoot())
  }
}
