internal import Glibc

/// Student's t distribution, for the paired test.
package enum StudentDistribution {
  /// Probability of |T| ≥ |`t`| with `degreesOfFreedom` degrees of freedom.
  ///
  /// `p = I_x(ν/2, 1/2)` with `x = ν/(ν + t²)`, the regularised incomplete beta function; good to
  /// about 1e-12.
  ///
  /// > Source: Abramowitz & Stegun 1964, 26.7.1 and 26.5.8.
  ///
  /// - Precondition: `degreesOfFreedom` > 0.
  package static func twoSidedProbability(t: Double, degreesOfFreedom: Int) -> Double {
    twoSidedProbability(t: t, degreesOfFreedom: Double(degreesOfFreedom))
  }

  /// The same for degrees of freedom that aren't whole, as Satterthwaite's approximation gives them.
  ///
  /// - Precondition: `degreesOfFreedom` > 0.
  package static func twoSidedProbability(t: Double, degreesOfFreedom nu: Double) -> Double {
    precondition(nu > 0)
    return incompleteBeta(nu / (nu + t * t), nu / 2, 0.5)
  }

  /// The value that is exceeded with probability `tail`: `t_{1−tail, ν}`, to about 1e-12 of itself.
  ///
  /// Found by halving an interval around the root of the two-sided probability
  /// at `2·tail`.
  ///
  /// - Precondition: 0 < `tail` < 1/2, `degreesOfFreedom` > 0.
  package static func quantile(upperTail tail: Double, degreesOfFreedom nu: Double) -> Double {
    precondition(tail > 0 && tail < 0.5)
    func isAbove(_ t: Double) -> Bool {
      twoSidedProbability(t: t, degreesOfFreedom: nu) < 2 * tail
    }
    var (low, high) = (0.0, 1.0)
    // Few degrees of freedom have heavy tails; a double has no more than 1,024 doublings.
    while !isAbove(high), high < .greatestFiniteMagnitude / 4 { (low, high) = (high, 2 * high) }
    while high - low > 1e-13 * high {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high else { break }
      if isAbove(middle) { high = middle } else { low = middle }
    }
    return low + (high - low) / 2
  }

  /// Regularised incomplete beta function `I_x(a, b)` for 0 ≤ x ≤ 1.
  package static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    let front = exp(
      logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x))
    // The fraction converges fast left of the mean; right of it, use I_x(a, b) = 1 − I_{1−x}(b, a).
    if x < (a + 1) / (a + b + 2) { return front * betaFraction(x, a, b) / a }
    return 1 - front * betaFraction(1 - x, b, a) / b
  }

  /// The continued fraction of `I_x(a, b)`, evaluated from the front with the modified Lentz steps.
  private static func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let smallest = 1e-300
    func away(_ value: Double) -> Double { value.magnitude < smallest ? smallest : value }
    var c = 1.0
    var d = 1 / away(1 - (a + b) * x / (a + 1))
    var fraction = d
    for m in 1...500 {
      let m = Double(m)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / away(1 + even * d)
      c = away(1 + even / c)
      fraction *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / away(1 + odd * d)
      c = away(1 + odd / c)
      fraction *= d * c
      if (d * c - 1).magnitude < 1e-15 { break }
    }
    return fraction
  }

  private static func logGamma(_ x: Double) -> Double {
    var sign: Int32 = 0
    return lgamma_r(x, &sign)
  }
}
