internal import Glibc
internal import Statistics

/// The loss of one model on every window of one split.
///
/// A window that isn't finite poisons every mean: the means are nil then, never a number over the
/// windows that went well.
package struct WindowScores<S: Split>: Sendable, Equatable {
  /// Mean negative log-likelihood of each window, nats per token.
  package let windowNLL: [Double]
  /// Tokens scored in each window, the same for all.
  package let scoredTokensPerWindow: Int

  /// Scores from the mean NLL of each window.
  ///
  /// - Throws: ``TaskError/outOfRange(_:_:least:)`` when there is no window or no scored token.
  package init(windowNLL: [Double], scoredTokensPerWindow: Int) throws(TaskError) {
    guard !windowNLL.isEmpty else { throw .outOfRange("scored windows", 0, least: 1) }
    guard scoredTokensPerWindow >= 1 else {
      throw .outOfRange("scored tokens of a window", scoredTokensPerWindow, least: 1)
    }
    self.windowNLL = windowNLL
    self.scoredTokensPerWindow = scoredTokensPerWindow
  }

  /// The first window whose loss isn't finite, if any.
  package var firstNonFiniteWindow: Int? {
    windowNLL.firstIndex { !$0.isFinite }
  }

  /// Mean over windows of their mean NLL, nats per token; nil when a window isn't finite.
  ///
  /// All windows are equally long, so this is the mean over tokens too. Summed in Double from the
  /// first window to the last.
  package var meanNLL: Double? {
    SampleMean(windowNLL).finiteMean
  }

  /// exp(``meanNLL``); nil when a window isn't finite or the power overflows.
  package var perplexity: Double? {
    guard let mean = meanNLL else { return nil }
    let perplexity = exp(mean)
    return perplexity.isFinite ? perplexity : nil
  }

  /// Standard error of ``meanNLL`` over windows: s/√n with s² = Σ(x − x̄)²/(n − 1), nats per token;
  /// nil for fewer than two windows, or when one isn't finite.
  package var standardErrorNLL: Double? {
    SampleMean(windowNLL).finiteError
  }
}
