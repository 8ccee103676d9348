internal import Glibc
package import Records
internal import Statistics
internal import Vocabulary

/// The points of a trajectory that matter, and what choosing among them was worth.
package struct TrajectorySummary: Sendable, Equatable {
  /// One point: updates done, and the score of both splits.
  package struct Point: Sendable, Equatable {
    /// Updates done.
    package let step: Int
    /// Development perplexity, or how well the task is done, 0…1; nil when not finite, or of a task
    /// when its loss alone was computed.
    package let development: Double?
    /// Standard error of ``development`` over windows; nil for fewer than two, and for tasks.
    package let developmentError: Double?
    /// Standard error of the change of ``development`` since the first point, window by window.
    package let developmentChangeError: Double?
    /// Mean development loss of a task, nats; nil for text.
    package let developmentLoss: Double?
    /// The same of the test split as ``development``; nil also when it wasn't scored.
    package let test: Double?
    /// Standard error of ``test`` over windows; nil for fewer than two, and for tasks.
    package let testError: Double?
    /// Standard error of the change of ``test`` since the first point, window by window.
    package let testChangeError: Double?
    /// Mean test loss of a task, nats; nil for text.
    package let testLoss: Double?
    /// Whether the test split was scored at this step.
    package let isTestScored: Bool
  }

  /// All points, in order.
  package let points: [Point]
  /// Before the first update.
  package let initial: Point
  /// After the last one.
  package let last: Point
  /// The one chosen, on the development split.
  package let chosen: Point
  /// The one that a choice on the test split would have picked: a report, never a choice; nil where
  /// the test split wasn't scored at every step.
  package let testBest: Point?
  /// What ``Point/test`` is of a task, such as `accuracy`; nil for the perplexity of text.
  package let taskMetric: String?

  /// Test perplexity that a choice on the test split would have gained, ≥ 0 when both are finite.
  package var selectionEffect: Double? {
    guard let honest = chosen.test, let peeking = testBest?.test else { return nil }
    return honest - peeking
  }

  /// The split on which the last step's perplexity is more than ``runawayFactor`` times the first's;
  /// nil when it is so on neither, and for tasks.
  ///
  /// A training may go astray and still end in finite numbers; the chosen step doesn't show that. The
  /// last perplexity is nil when it isn't finite.
  package var runaway: (split: String, first: Double, last: Double?)? {
    guard taskMetric == nil else { return nil }
    for (split, first, last) in [
      ("test", initial.test, last.test), ("development", initial.development, last.development),
    ] {
      guard let first else { continue }
      guard let last else { return (split, first, nil) }
      if last > Self.runawayFactor * first { return (split, first, last) }
    }
    return nil
  }

  /// How many times its first perplexity a training may end with before tables say so.
  package static let runawayFactor = 2.0

  /// A summary of a record's trajectory, or nil when it has none.
  package init?(_ record: RunRecord) {
    let start = record.trajectory.first
    points = record.trajectory.map { point in
      if let task = point.developmentTask { return Point(point, development: task) }
      let development = perplexity(
        of: point.developmentWindowNLL, start: start?.developmentWindowNLL)
      let test = perplexity(of: point.testWindowNLL, start: start?.testWindowNLL)
      return Point(
        step: point.step, development: development?.value, developmentError: development?.error,
        developmentChangeError: development?.changeError, developmentLoss: nil, test: test?.value,
        testError: test?.error, testChangeError: test?.changeError, testLoss: nil,
        isTestScored: !point.testWindowNLL.isEmpty)
    }
    guard let first = points.first, let last = points.last else { return nil }
    initial = first
    self.last = last
    taskMetric = start?.developmentTask?.metric
    let best = record.selection?.step
    chosen = points.first { $0.step == best } ?? last
    testBest =
      taskMetric != nil
      ? nil
      : points.filter { $0.test != nil }.min {
        ($0.test ?? .infinity) < ($1.test ?? .infinity)
      }
  }
}

extension TrajectorySummary.Point {
  /// A point of training on a task.
  fileprivate init(_ point: TrajectoryPoint, development: TaskPoint) {
    self.init(
      step: point.step, development: development.value, developmentError: nil,
      developmentChangeError: nil, developmentLoss: development.meanLoss,
      test: point.testTask?.value, testError: nil, testChangeError: nil,
      testLoss: point.testTask?.meanLoss, isTestScored: point.testTask != nil)
  }

  /// The development score as tables print it.
  var developmentText: String {
    text(development, error: developmentError, loss: developmentLoss)
  }

  /// The test score as tables print it, with its error over windows.
  var testText: String {
    isTestScored ? text(test, error: testError, loss: testLoss) : "not scored"
  }

  /// The test score alone.
  var shortTestText: String {
    guard isTestScored else { return "not scored" }
    if testLoss != nil { return testText }
    return test.map { NumberText.score($0) } ?? "diverged"
  }

  private func text(_ value: Double?, error: Double?, loss: Double?) -> String {
    guard let loss else {
      return value.map { NumberText.score($0, standardError: error) } ?? "not finite"
    }
    let lossText = loss.isFinite ? "loss \(NumberText.fixed(loss, 4))" : "loss not finite"
    return value.map { "\(NumberText.fixed(100 * $0, 2)) %, \(lossText)" } ?? lossText
  }
}

/// Perplexity, its standard error over windows, and that of its change since the start (delta
/// method); nil when a window isn't finite or there is none.
private func perplexity(
  of windows: [Double?], start: [Double?]?
) -> (value: Double, error: Double?, changeError: Double?)? {
  let finite = windows.compactMap(\.self)
  guard !finite.isEmpty, finite.count == windows.count else { return nil }
  let statistics = SampleMean(finite)
  let value = exp(statistics.mean)
  guard value.isFinite else { return nil }
  let before = start?.compactMap(\.self) ?? []
  let change =
    before.count == finite.count ? SampleMean(zip(finite, before).map { $0 - $1 }) : nil
  return (
    value, statistics.standardError.map { value * $0 },
    change?.standardError.map { value * $0 }
  )
}
