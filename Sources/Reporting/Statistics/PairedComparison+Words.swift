package import Statistics
package import Vocabulary

extension PairedComparison {
  /// The probability in words, with what speaks against believing the difference.
  ///
  /// Of a difference that isn't supported it is also said how large one would have been seen.
  package func support(of metric: Metric) -> String {
    let phrase = NumberText.probabilityPhrase(probability)
    if isSupported { return phrase }
    let reason =
      probability >= Self.level
      ? "\(phrase), not significant" : "\(phrase), but within the rounding floor"
    return "\(reason); \(visibility(of: metric))"
  }

  /// The difference with its standard error and unit: `−0.0040 ± 0.0060 nats`.
  package func size(of metric: Metric) -> String {
    NumberText.difference(
      meanDifference, standardError: standardError, decimals: metric.decimalsOfDifferences)
      + " " + metric.unitOfDifferences
  }

  /// How large a difference would have been seen: `a difference of 0.0170 would have been seen`.
  package func visibility(
    of metric: Metric, what: String = "a difference", atLevel level: Double = PairedComparison.level
  ) -> String {
    guard let least = smallestVisible(atLevel: level) else {
      return "no error can be estimated, as all differ by the same"
    }
    return
      "\(what) of \(NumberText.fixed(least, metric.decimalsOfDifferences)) would have been seen"
  }
}

extension Metric {
  /// What differences of scores are in.
  package var unitOfDifferences: String { self == .perplexity ? "nats" : "points" }

  /// What two scores are compared over, one by one.
  package var unitOfTests: String { self == .perplexity ? "window" : "example" }

  /// Digits after the point of a difference.
  package var decimalsOfDifferences: Int { self == .perplexity ? 4 : 2 }
}
