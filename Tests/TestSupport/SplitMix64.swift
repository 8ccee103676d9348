/// A tiny seeded generator for test inputs, the same on every machine.
///
/// > Source: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", OOPSLA.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// A generator whose sequence depends on `seed` alone.
  package init(seed: UInt64) { state = seed }

  /// The next 64 bits.
  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// A multiple of 2⁻²⁴ in `[0, 1)`, every one equally likely.
  package mutating func uniform() -> Float {
    Float(next() >> 40) * 0x1p-24
  }

  /// `count` numbers, evenly spread over `range`.
  package mutating func uniform(_ count: Int, in range: Range<Float> = -1..<1) -> [Float] {
    (0..<count).map { _ in
      range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    }
  }

  /// `count` numbers of about normal distribution with the given deviation, at most six deviations out.
  ///
  /// The sum of twelve uniforms less six: enough for inputs, and free of any mathematics library.
  package mutating func normal(_ count: Int, deviation: Float = 1) -> [Float] {
    (0..<count).map { _ in
      var sum: Float = -6
      for _ in 0..<12 { sum += uniform() }
      return sum * deviation
    }
  }
}
