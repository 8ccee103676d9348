internal import Glibc
package import Records

/// The points of a trajectory that matter, and what choosing among them was worth.
package struct TrajectorySummary: Sendable, Equatable {
  /// One point: updates done, and both perplexities (nil when not finite).
  package struct Point: Sendable, Equatable {
    /// Updates done.
    package let step: Int
    /// Development perplexity.
    package let development: Double?
    /// Standard error of ``development`` over windows.
    package let developmentError: Double?
    /// Standard error of the change of ``development`` since the first point, window by window.
    package let developmentChangeError: Double?
    /// Test perplexity.
    package let test: Double?
    /// Standard error of ``test`` over windows.
    package let testError: Double?
    /// Standard error of the change of ``test`` since the first point, window by window.
    package let testChangeError: Double?
  }

  /// All points, in order.
  package let points: [Point]
  /// Before the first update.
  package let initial: Point
  /// After the last one.
  package let last: Point
  /// The one chosen, on the development split.
  package let chosen: Point
  /// The one that a choice on the test split would have picked: a report, never a choice.
  package let testBest: Point?

  /// Test perplexity that a choice on the test split would have gained, ≥ 0 when both are finite.
  package var selectionEffect: Double? {
    guard let honest = chosen.test, let peeking = testBest?.test else { return nil }
    return honest - peeking
  }

  /// A summary of a record's trajectory, or nil when it has none.
  package init?(_ record: RunRecord) {
    let start = record.trajectory.first
    points = record.trajectory.map { point in
      let development = perplexity(
        of: point.developmentWindowNLL, start: start?.developmentWindowNLL)
      let test = perplexity(of: point.testWindowNLL, start: start?.testWindowNLL)
      return Point(
        step: point.step, development: development?.value, developmentError: development?.error,
        developmentChangeError: development?.changeError, test: test?.value,
        testError: test?.error, testChangeError: test?.changeError)
    }
    guard let first = points.first, let last = points.last else { return nil }
    initial = first
    self.last = last
    let best = record.zerothOrder?.bestDevelopmentStep
    chosen = points.first { $0.step == best } ?? last
    testBest = points.filter { $0.test != nil }.min {
      ($0.test ?? .infinity) < ($1.test ?? .infinity)
    }
  }
}

/// Perplexity, its standard error over windows, and that of its change since the start (delta
/// method); nil when a window isn't finite or there is none.
private func perplexity(
  of windows: [Double?], start: [Double?]?
) -> (value: Double, error: Double, changeError: Double?)? {
  let finite = windows.compactMap(\.self)
  guard !finite.isEmpty, finite.count == windows.count else { return nil }
  let statistics = WindowStatistics(finite)
  let value = exp(statistics.mean)
  guard value.isFinite else { return nil }
  let before = start?.compactMap(\.self) ?? []
  let change =
    before.count == finite.count ? WindowStatistics(zip(finite, before).map { $0 - $1 }) : nil
  return (value, value * statistics.standardError, change.map { value * $0.standardError })
}
