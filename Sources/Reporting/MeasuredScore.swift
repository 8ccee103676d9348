internal import Glibc
package import Records

/// The test score of one printed entry, over all its seeds.
///
/// For perplexity the mean NLL of each window is averaged over seeds first; the entry's perplexity
/// is then exp of the mean over windows, and its standard error `perplexity · se(NLL)` (delta
/// method, unpaired: it says how far another text of this kind might be off).
package struct MeasuredScore: Sendable, Equatable {
  /// The records, one per seed, by ascending seed.
  package let records: [RunRecord]
  /// Perplexity, or the metric's own value.
  package let value: Double
  /// Standard error of ``value`` over windows; nil when the metric has no windows.
  package let standardError: Double?
  /// Mean NLL of each test window over seeds, nats per token; empty when there are no windows.
  package let windowNLL: [Double]
  /// Mean of ``windowNLL``.
  package let meanNLL: Double?
  /// Largest |difference| of mean NLL between two valid orders of summation, nats per token.
  package let roundingFloor: Double?
  /// Tokens scored per seed.
  package let scoredTokens: Int

  /// The combined score of finished records, or nil when a seed has no finite score.
  ///
  /// - Throws: ``ReportingError/inconsistentScore(_:id:member:stored:windows:)`` when a record's
  ///   summary disagrees with its windows.
  init?(_ records: [RunRecord], metric: Metric) throws(ReportingError) {
    var scores: [Score] = []
    for record in records {
      guard let score = record.testScore(metric) else { return nil }
      try record.checkConsistency(of: score, metric: metric)
      guard let value = score.value, value.isFinite else { return nil }
      scores.append(score)
    }
    guard let first = scores.first else { return nil }
    self.records = records
    scoredTokens = first.scoredTokens
    roundingFloor = scores.compactMap(\.roundingFloor).max()
    let windows = scores.map { $0.windowNLL.compactMap(\.self) }
    let count = first.windowNLL.count
    guard metric == .perplexity else {
      value = scores.compactMap(\.value).reduce(0, +) / Double(scores.count)
      (standardError, windowNLL, meanNLL) = (nil, [], nil)
      return
    }
    guard count > 0, windows.allSatisfy({ $0.count == count }) else { return nil }
    windowNLL = (0..<count).map { index in
      windows.reduce(0) { $0 + $1[index] } / Double(windows.count)
    }
    let statistics = WindowStatistics(windowNLL)
    meanNLL = statistics.mean
    value = exp(statistics.mean)
    standardError = value * statistics.standardError
  }
}

extension MeasuredScore {
  /// The paired comparison with another score, with the larger rounding floor of the two.
  func compared(with other: MeasuredScore) -> PairedComparison? {
    PairedComparison(
      windowNLL, other.windowNLL,
      roundingFloor: max(roundingFloor ?? 0, other.roundingFloor ?? 0))
  }
}

extension Score {
  /// How far two valid orders of summation differ in mean NLL, nats per token; nil when unmeasured.
  var roundingFloor: Double? {
    guard let alternativeMeanNLL, let meanNLL else { return nil }
    return (alternativeMeanNLL - meanNLL).magnitude
  }
}

extension RunRecord {
  /// The test score of a metric.
  func testScore(_ metric: Metric) -> Score? {
    scores.first { $0.split == "test" && $0.metric == metric.rawValue }
  }

  /// The digest of that name.
  func digest(_ name: String) -> String? {
    digests.first { $0.name == name }?.text
  }

  /// Checks that value, mean and error follow from the windows, to 1e-6 relative.
  func checkConsistency(of score: Score, metric: Metric) throws(ReportingError) {
    guard metric == .perplexity else { return }
    func contradiction(_ member: String, _ stored: Double, _ windows: Double) -> ReportingError {
      .inconsistentScore(
        cell.address, id: cell.id, member: member, stored: stored, windows: windows)
    }
    let windows = score.windowNLL.compactMap(\.self)
    let statistics = WindowStatistics(windows)
    let pairs: [(String, Double?, Double)] = [
      ("meanNLL", score.meanNLL, statistics.mean),
      ("standardErrorNLL", score.standardErrorNLL, statistics.standardError),
      ("value", score.value, exp(statistics.mean)),
    ]
    for (member, stored, windows) in pairs {
      guard let stored else { continue }
      let slack = 1e-6 * max(1, windows.magnitude)
      guard (stored - windows).magnitude <= slack else {
        throw contradiction(member, stored, windows)
      }
    }
    guard !windows.isEmpty, windows.count == score.windowNLL.count else { return }
    // Only what isn't finite may be left out.
    if score.value == nil, exp(statistics.mean).isFinite {
      throw contradiction("value", .nan, exp(statistics.mean))
    }
    let tokens = windows.count.multipliedReportingOverflow(
      by: cell.protocolSettings.windowTokens - 1)
    guard !tokens.overflow, score.scoredTokens == tokens.partialValue else {
      throw contradiction("scoredTokens", Double(score.scoredTokens), Double(tokens.partialValue))
    }
    let step = zerothOrder?.bestDevelopmentStep
    if let chosen = trajectory.first(where: { $0.step == step }),
      chosen.testWindowNLL != score.windowNLL
    {
      throw contradiction(
        "mean of trajectory step \(chosen.step)",
        WindowStatistics(chosen.testWindowNLL.compactMap(\.self)).mean, statistics.mean)
    }
  }
}
