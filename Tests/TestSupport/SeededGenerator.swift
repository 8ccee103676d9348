import Glibc

/// A seeded generator for statistics of tests: SplitMix64, and Box-Muller on top.
package struct SeededGenerator {
  private var state: UInt64

  /// The same numbers for the same seed.
  package init(seed: UInt64) { state = seed }

  /// Evenly spread between 0 and 1, neither of them.
  package mutating func uniform() -> Double {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return (Double((z ^ (z >> 31)) >> 11) + 0.5) / 9_007_199_254_740_992
  }

  /// Of mean 0 and deviation 1.
  package mutating func gaussian() -> Double {
    (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform())
  }
}
