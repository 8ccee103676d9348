internal import Glibc
internal import Statistics
internal import Vocabulary

/// A figure of a score that says something else than the numbers it is made of.
package struct ScoreContradiction: Sendable, Equatable {
  /// The score's member, as in JSON.
  package let member: String
  /// What the numbers behind it give.
  package let expected: String
  /// What the record says.
  package let found: String
  /// What the figure is made of: `windows` or `examples`.
  package let basis: String
}

extension RunRecord {
  /// The first figure of `score` that its windows or examples, or the rest of the record, contradict.
  ///
  /// Figures of a text must follow from its windows to 1e-6, relative above 1; those of a task from its
  /// examples to 1e-9. A test score of text must have the tokens of its windows, and the windows of
  /// the step that development chose. Whether the record is finished is the caller's to ask.
  package func contradiction(in score: Score) -> ScoreContradiction? {
    score.contradictionOfExamples ?? score.contradictionOfWindows
      ?? contradictionOfRest(with: score)
  }

  /// What a score of text says of tokens and of training that the rest of the record doesn't.
  private func contradictionOfRest(with score: Score) -> ScoreContradiction? {
    guard score.metric == Metric.perplexity.rawValue, score.split == "test" else { return nil }
    func contradiction(
      _ member: String, _ expected: String, _ found: String
    ) -> ScoreContradiction {
      ScoreContradiction(member: member, expected: expected, found: found, basis: "windows")
    }
    // A window's first token is given; a record of others may name a number that no window has.
    let scored = max(1, cell.protocolSettings.windowTokens) - 1
    let tokens = score.windowNLL.count.multipliedReportingOverflow(by: scored)
    if tokens.overflow || score.scoredTokens != tokens.partialValue {
      return contradiction("scoredTokens", "\(tokens.partialValue)", "\(score.scoredTokens)")
    }
    let chosen = trajectory.first { $0.step == zerothOrder?.bestDevelopmentStep }
    guard let chosen, chosen.testWindowNLL != score.windowNLL else { return nil }
    // A training on a task scores no text on its way.
    if chosen.developmentTask != nil, chosen.testWindowNLL.isEmpty { return nil }
    return contradiction("windowNLL", "those of step \(chosen.step)", "others")
  }
}

extension Score {
  /// The first figure that doesn't follow from the examples, where there are some.
  fileprivate var contradictionOfExamples: ScoreContradiction? {
    guard let outcomes, !outcomes.isEmpty else { return nil }
    let (mean, error) = figures(of: outcomes)
    return contradiction(
      [("value", value, mean), ("standardError", standardError, error)], of: "examples"
    ) { _ in 1e-9 }
  }

  /// The first figure of a text that doesn't follow from the windows.
  fileprivate var contradictionOfWindows: ScoreContradiction? {
    guard metric == Metric.perplexity.rawValue else { return nil }
    let windows = windowNLL.compactMap(\.self)
    let (mean, error) = figures(of: windows)
    // Only what isn't finite may be left out.
    if windows.count == windowNLL.count, value == nil, exp(mean).isFinite {
      return ScoreContradiction(
        member: "value", expected: "\(exp(mean))", found: "none", basis: "windows")
    }
    return contradiction(
      [
        ("meanNLL", meanNLL, mean), ("standardErrorNLL", standardErrorNLL, error),
        ("value", value, exp(mean)),
      ], of: "windows"
    ) { 1e-6 * max(1, $0.magnitude) }
  }

  private func contradiction(
    _ figures: [(member: String, found: Double?, expected: Double)], of basis: String,
    slack: (Double) -> Double
  ) -> ScoreContradiction? {
    for (member, found, expected) in figures {
      guard let found else { continue }
      // Written so that NaN, the mean of nothing, is a contradiction.
      if (found - expected).magnitude <= slack(expected) { continue }
      return ScoreContradiction(
        member: member, expected: "\(expected)", found: "\(found)", basis: basis)
    }
    return nil
  }

  /// Mean and standard error of the mean; the latter is 0 for fewer than two values.
  private func figures(of values: [Double]) -> (mean: Double, error: Double) {
    let sample = SampleMean(values)
    return (sample.mean, sample.standardError ?? 0)
  }
}
