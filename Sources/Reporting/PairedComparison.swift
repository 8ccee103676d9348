/// The difference of two models on the same windows.
///
/// For windows i = 1…n with mean NLLs aᵢ and bᵢ: dᵢ = aᵢ − bᵢ, `meanDifference` = d̄,
/// `standardError` = s_d/√n, t = d̄/standardError with n − 1 degrees of freedom, two-sided. What the
/// text makes easy or hard is the same for both and drops out, so that the error is far smaller
/// than those of the two perplexities. Neighbouring windows of one book aren't quite independent,
/// which the test ignores.
package struct PairedComparison: Sendable, Equatable {
  /// Mean of a − b, nats per token; negative when a is better.
  package let meanDifference: Double
  /// Standard error of ``meanDifference``, nats per token.
  package let standardError: Double
  /// Windows compared.
  package let windows: Int
  /// Two-sided probability of a difference at least as large if there were none.
  package let probability: Double

  /// The level at which this project's tables call a difference supported.
  package static let level = 0.05

  /// What another, equally valid order of summation does to one of the two means, nats per token; no
  /// smaller difference means anything, however even it is over windows.
  package let roundingFloor: Double

  /// Whether the difference is supported: at ``level``, and larger than the rounding floor.
  package var isSupported: Bool {
    probability < Self.level && meanDifference.magnitude > roundingFloor
  }

  /// The probability in words, with what speaks against believing the difference.
  package var support: String {
    let phrase = NumberText.probabilityPhrase(probability)
    if probability >= Self.level { return "\(phrase), not significant" }
    return isSupported ? phrase : "\(phrase), but within the rounding floor"
  }

  /// Compares window by window; nil unless both have the same number of windows, two or more.
  package init?(_ a: [Double], _ b: [Double], roundingFloor: Double = 0) {
    guard a.count == b.count, a.count >= 2 else { return nil }
    self.roundingFloor = roundingFloor
    let differences = zip(a, b).map { $0 - $1 }
    let statistics = WindowStatistics(differences)
    windows = differences.count
    meanDifference = statistics.mean
    standardError = statistics.standardError
    if standardError > 0 {
      probability = StudentDistribution.twoSidedProbability(
        t: meanDifference / standardError, degreesOfFreedom: windows - 1)
    } else {
      // All windows differ by the same amount: by nothing, or beyond any doubt.
      probability = meanDifference == 0 ? 1 : 0
    }
  }
}

/// Mean and standard error of values that weigh the same.
package struct WindowStatistics: Sendable, Equatable {
  /// Arithmetic mean.
  package let mean: Double
  /// Standard error of the mean, `√(Σ(x − mean)²/(n − 1)/n)`; 0 for fewer than two values.
  package let standardError: Double

  /// Statistics of `values`, summed in order.
  package init(_ values: [Double]) {
    let n = Double(values.count)
    guard n > 0 else {
      mean = .nan
      standardError = 0
      return
    }
    let mean = values.reduce(0, +) / n
    self.mean = mean
    guard n > 1 else {
      standardError = 0
      return
    }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardError = (squares / (n - 1) / n).squareRoot()
  }
}
