internal import Glibc

/// Steps that an audit evaluates again, and what it proves when all of them were right.
package enum StepSample {
  /// `count` different steps of `total`, or all of them, in order.
  package static func steps(
    _ count: Int, of total: Int, using generator: inout some RandomNumberGenerator
  ) -> Set<Int> {
    var steps = Array(0..<total)
    steps.shuffle(using: &generator)
    return Set(steps.prefix(count))
  }

  /// The most wrong steps among `total` that `count` right ones, drawn without replacement, don't exclude.
  ///
  /// The largest K whose chance of staying unseen, `∏ (N − K − i)/(N − i)` over the n drawn, is still 5 %.
  ///
  /// > Source: hypergeometric distribution; the exact one-sided 95 % bound (Katz 1953) for no finding.
  package static func mostWrong(among total: Int, sampled count: Int) -> Int {
    func chanceUnseen(_ wrong: Int) -> Double {
      (0..<count).reduce(1) { $0 * Double(max(0, total - wrong - $1)) / Double(total - $1) }
    }
    var most = 0
    while most < total, chanceUnseen(most + 1) >= 1 - confidence { most += 1 }
    return most
  }

  /// The largest share of wrong steps that so many right ones, of many more, don't exclude: `1 − 0.05^{1/n}`.
  ///
  /// Over several cells it bounds the mean of their shares where each gave the same number, as
  /// `∏ (1 − p_c)^n ≤ (1 − p̄)^{nC}`.
  package static func greatestShare(sampled count: Int) -> Double {
    count > 0 ? 1 - exp(log(1 - confidence) / Double(count)) : 1
  }

  /// The chance with which more would have been found.
  package static let confidence = 0.95

  /// Random numbers that follow from a seed, so that an audit can be done again.
  ///
  /// > Source: SplitMix64, Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators".
  package struct Generator: RandomNumberGenerator {
    private var state: UInt64

    /// The sequence of a seed.
    package init(seed: UInt64) { state = seed }

    /// The next number.
    package mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }
}
