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
  /// Degrees of freedom of the t test.
  package let degreesOfFreedom: Double
  /// Two-sided probability of a difference at least as large if there were none.
  package let probability: Double

  /// The level at which this project's tables call a difference supported.
  package static let level = 0.05

  /// What another, equally valid order of summation does to one of the two means, nats per token; no
  /// smaller difference means anything, however even it is over windows.
  package let roundingFloor: Double

  /// Seeds that the difference was taken over, one by one; 1 where a side's seeds were averaged first.
  package let seeds: Int
  /// What windows contribute to the square of ``standardError``: `M_w/(mn)`, see
  /// ``init(seeds:_:roundingFloor:)``.
  ///
  /// Falls as one over the number of windows.
  package let windowVariance: Double
  /// What seeds contribute to it: `M_s/(mn)`, 0 for one seed.
  ///
  /// Falls as one over the number of seeds.
  package let seedVariance: Double

  /// Whether more seeds would help more than more windows.
  package var isLimitedBySeeds: Bool { seedVariance > windowVariance }

  /// Whether the difference is supported: at ``level``, and larger than the rounding floor.
  package var isSupported: Bool {
    probability < Self.level && meanDifference.magnitude > roundingFloor
  }

  /// Compares window by window; nil unless both have the same number of windows, two or more.
  package init?(_ a: [Double], _ b: [Double], roundingFloor: Double = 0) {
    self.init(seeds: [a], [b], roundingFloor: roundingFloor)
  }

  /// Compares seed by seed and window by window; nil unless all have the same number of windows, two
  /// or more.
  ///
  /// With seeds s = 1…m and windows w = 1…n, `d_sw = a_sw − b_sw`, and both another draw of seeds and
  /// another text are to be expected. In the crossed random-effects model
  /// `d_sw = μ + seed_s + window_w + e_sw` the mean squares M_s (of seed means, m − 1 degrees of
  /// freedom), M_w (of window means, n − 1) and M_e (of the rest, (m − 1)(n − 1)) give
  /// `se² = (M_s + M_w − M_e)/(mn)`, never taken smaller than max(M_s, M_w)/(mn), and Satterthwaite's
  /// degrees of freedom `(M_s + M_w − M_e)²/(M_s²/(m−1) + M_w²/(n−1) + M_e²/((m−1)(n−1)))`. One seed is
  /// the ordinary paired t test. A side with one seed is held against every seed of the other;
  /// sides with different numbers of seeds are compared by their averages over seeds.
  ///
  /// > Source: Clark 1973, "The language-as-fixed-effect fallacy", J. Verbal Learning and Verbal
  /// Behavior 12 (the quasi-F ratio); Satterthwaite 1946, Biometrics Bulletin 2.
  package init?(seeds a: [[Double]], _ b: [[Double]], roundingFloor: Double = 0) {
    guard let count = a.first?.count, count >= 2, !b.isEmpty,
      (a + b).allSatisfy({ $0.count == count })
    else { return nil }
    var (a, b) = (a, b)
    if a.count != b.count, a.count > 1, b.count > 1 {
      (a, b) = ([unitMeans(of: a)], [unitMeans(of: b)])
    }
    let seeds = max(a.count, b.count)
    let differences = (0..<seeds).map { seed in
      zip(a[a.count == 1 ? 0 : seed], b[b.count == 1 ? 0 : seed]).map { $0 - $1 }
    }
    let byWindow = SampleMean(unitMeans(of: differences))
    self.roundingFloor = roundingFloor
    windows = count
    meanDifference = byWindow.mean
    guard let windowError = byWindow.standardError else { return nil }
    self.seeds = seeds
    var degrees = Double(count - 1)
    if seeds > 1 {
      let crossed = crossedError(differences)
      standardError = crossed.variance.squareRoot()
      (windowVariance, seedVariance) = (crossed.ofWindows, crossed.ofSeeds)
      degrees = crossed.degreesOfFreedom
    } else {
      standardError = windowError
      (windowVariance, seedVariance) = (windowError * windowError, 0)
    }
    degreesOfFreedom = degrees
    probability = Self.probability(
      of: meanDifference, standardError: standardError, degreesOfFreedom: degrees)
  }

  /// The mean of independent comparisons, one per text: `d̄ = Σdᵢ/k`, `se = √(Σseᵢ²)/k`, with
  /// Satterthwaite's degrees of freedom `(Σseᵢ²)²/Σ(seᵢ⁴/νᵢ)`; nil for none.
  package init?(meanOf parts: [PairedComparison]) {
    guard let first = parts.first else { return nil }
    if parts.count == 1 {
      self = first
      return
    }
    let k = Double(parts.count)
    let variances = parts.map { $0.standardError * $0.standardError }
    let sum = variances.reduce(0, +)
    meanDifference = parts.reduce(0) { $0 + $1.meanDifference } / k
    standardError = sum.squareRoot() / k
    windows = parts.reduce(0) { $0 + $1.windows }
    roundingFloor = parts.reduce(0) { $0 + $1.roundingFloor } / k
    seeds = parts.map(\.seeds).max() ?? 1
    windowVariance = parts.reduce(0) { $0 + $1.windowVariance } / (k * k)
    seedVariance = parts.reduce(0) { $0 + $1.seedVariance } / (k * k)
    let weights = zip(variances, parts).reduce(0) { $0 + $1.0 * $1.0 / $1.1.degreesOfFreedom }
    degreesOfFreedom = weights > 0 ? sum * sum / weights : first.degreesOfFreedom
    probability = Self.probability(
      of: meanDifference, standardError: standardError, degreesOfFreedom: degreesOfFreedom)
  }

  /// Two-sided probability of a difference at least as far from `value` if that were the true one.
  package func probability(against value: Double) -> Double {
    Self.probability(
      of: meanDifference - value, standardError: standardError, degreesOfFreedom: degreesOfFreedom)
  }

  /// The smallest true difference that a test like this one supports with a chance of ``power``, at a
  /// two-sided level: `max(t_{1−level/2}·se, floor) + t_{power}·se`, in the unit of ``meanDifference``.
  ///
  /// Without a floor that is `(t_{1−level/2} + t_{power})·se`, for many windows `(1.96 + 0.84)·se`; t is
  /// Student's with ``degreesOfFreedom``. The floor comes on top as no difference within it is supported.
  /// It is a property of the test: neither the difference that was found nor its p enters. Nil where no
  /// error can be estimated, as all windows differ by the same.
  ///
  /// > Source: Bloom 1995, "Minimum detectable effects", Evaluation Review 19(5), 547–556.
  ///
  /// - Precondition: 0 < `level` < 1.
  package func smallestVisible(atLevel level: Double = Self.level) -> Double? {
    guard standardError > 0 else { return nil }
    let needed = StudentDistribution.quantile(
      upperTail: level / 2, degreesOfFreedom: degreesOfFreedom)
    let chance = StudentDistribution.quantile(
      upperTail: 1 - Self.power, degreesOfFreedom: degreesOfFreedom)
    return max(needed * standardError, roundingFloor) + chance * standardError
  }

  /// The chance with which ``smallestVisible(atLevel:)`` is seen.
  package static let power = 0.8

  private static func probability(
    of difference: Double, standardError: Double, degreesOfFreedom: Double
  ) -> Double {
    // All windows differ by the same amount: by nothing, or beyond any doubt.
    guard standardError > 0 else { return difference == 0 ? 1 : 0 }
    return StudentDistribution.twoSidedProbability(
      t: difference / standardError, degreesOfFreedom: degreesOfFreedom)
  }
}

/// What is known of the mean of `d[seed][window]`, both seeds and windows random.
private struct CrossedError {
  /// Variance of the mean.
  var variance: Double
  /// Satterthwaite's degrees of freedom.
  var degreesOfFreedom: Double
  /// M_s/(mn).
  var ofSeeds: Double
  /// M_w/(mn).
  var ofWindows: Double
}

private func crossedError(_ d: [[Double]]) -> CrossedError {
  let (m, n) = (Double(d.count), Double(d[0].count))
  let seedMeans = d.map { SampleMean($0).mean }
  let windowMeans = unitMeans(of: d)
  let grand = SampleMean(windowMeans).mean
  func squares(_ values: [Double]) -> Double {
    values.reduce(0) { $0 + ($1 - grand) * ($1 - grand) }
  }
  let ofSeeds = n * squares(seedMeans) / (m - 1)
  let ofWindows = m * squares(windowMeans) / (n - 1)
  var rest = 0.0
  for (seed, row) in d.enumerated() {
    for (window, value) in row.enumerated() {
      let residual = value - seedMeans[seed] - windowMeans[window] + grand
      rest += residual * residual
    }
  }
  rest /= (m - 1) * (n - 1)
  let combined = max(ofSeeds + ofWindows - rest, max(ofSeeds, ofWindows))
  let weights =
    ofSeeds * ofSeeds / (m - 1) + ofWindows * ofWindows / (n - 1)
    + rest * rest / ((m - 1) * (n - 1))
  return CrossedError(
    variance: combined / (m * n),
    degreesOfFreedom: weights > 0 ? combined * combined / weights : n - 1,
    ofSeeds: ofSeeds / (m * n), ofWindows: ofWindows / (m * n))
}
