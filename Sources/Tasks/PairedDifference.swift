/// How two models differ on the same windows.
///
/// Windows differ in difficulty far more than models do; pairing cancels that. A statement "A is
/// better than B" rests on ``ratio``, never on two separate error bars.
package struct PairedDifference: Sendable, Equatable {
  /// Mean of A − B over windows, nats per token; below zero when A is better.
  package let mean: Double
  /// Standard error of ``mean``: that of the windows' differences; nil for a single window.
  package let standardError: Double?
  /// How many windows were compared.
  package let windows: Int

  /// The difference of two models' scores on the same split.
  ///
  /// - Throws: ``TaskError/unpaired(_:_:)`` when the lists aren't equally long;
  ///   ``TaskError/notFinite(window:)`` when a window of either isn't finite.
  package init<S: Split>(
    of a: WindowScores<S>, minus b: WindowScores<S>
  ) throws(TaskError) {
    guard a.windowNLL.count == b.windowNLL.count else {
      throw .unpaired(a.windowNLL.count, b.windowNLL.count)
    }
    if let window = zip(a.windowNLL, b.windowNLL).enumerated().first(where: {
      !$0.element.0.isFinite || !$0.element.1.isFinite
    }) {
      throw .notFinite(window: window.offset)
    }
    let differences = zip(a.windowNLL, b.windowNLL).map { $0 - $1 }
    guard let mean = differences.finiteMean else { throw .notFinite(window: 0) }
    self.mean = mean
    standardError = differences.standardErrorOfMean
    windows = differences.count
  }

  /// Student's t: ``mean`` in standard errors; nil without a standard error, or when all differences
  /// are the same number.
  package var ratio: Double? {
    guard let standardError, standardError > 0 else { return nil }
    return mean / standardError
  }

  /// Whether the data support "A is better than B": ``ratio`` below −`threshold`.
  package func supportsBetter(beyond threshold: Double = 2) -> Bool {
    guard let ratio else { return false }
    return ratio < -threshold
  }
}
