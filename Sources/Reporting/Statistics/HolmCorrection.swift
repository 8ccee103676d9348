internal import Statistics

/// Several tests that are read together, so that chance has several tries: Holm's correction of their p.
///
/// With p sorted ascending, p₍₁₎ ≤ … ≤ p₍ₘ₎, the corrected p of the k-th is
/// `min(1, max_{j ≤ k} (m − j + 1)·p₍ⱼ₎)`: whoever's is below the level is supported, and the chance that
/// any of the tests without a true difference is among those is at most the level, however they depend on
/// each other.
///
/// > Source: Holm 1979, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
/// Statistics 6(2), 65–70.
package struct HolmCorrection: Sendable, Equatable {
  /// One test among the others.
  package struct Step: Sendable, Equatable {
    /// The corrected two-sided probability.
    package let probability: Double
    /// The uncorrected probability that the test has to stay below to be supported, the others being what
    /// they are: the level over one more than the tests that the others leave undecided.
    package let level: Double
    /// How many tests are read together, this one included.
    package let tests: Int

    /// A test that is read alone.
    package static func alone(_ probability: Double) -> Step {
      Step(probability: probability, level: PairedComparison.level, tests: 1)
    }
  }

  /// The tests, in the order in which they were given.
  package let steps: [Step]

  /// Corrects the p of tests that are read together.
  package init(_ probabilities: [Double], level: Double = PairedComparison.level) {
    let count = probabilities.count
    let order = probabilities.indices.sorted { (probabilities[$0], $0) < (probabilities[$1], $1) }
    var corrected = probabilities
    var largest = 0.0
    for (rank, index) in order.enumerated() {
      largest = max(largest, Double(count - rank) * probabilities[index])
      corrected[index] = min(1, largest)
    }
    let supported = corrected.count { $0 < level }
    steps = corrected.map { probability in
      // Those of the others that are supported go first, whatever this one's p is.
      let others = supported - (probability < level ? 1 : 0)
      return Step(probability: probability, level: level / Double(count - others), tests: count)
    }
  }
}
