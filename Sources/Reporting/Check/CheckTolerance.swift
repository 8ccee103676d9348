package import Records
internal import Statistics
package import Vocabulary

/// How much worse a fresh figure may be than the committed one.
///
/// All limits are one-sided: a better figure passes, with a note. The rules and where their numbers are
/// from: `Documentation/decisions/2026-11-28-what-a-check-compares.md`.
package enum CheckTolerance: Sendable, Equatable {
  /// Full precision and weight-only cells: the perplexity may rise by less than this share.
  case relative(Double)
  /// Cells with quantized activations: the mean NLL may rise by no more than this, nats per token.
  case statistical(nats: Double, roundingFloor: Double, pairedError: Double)
  /// A task of full-precision and weight-only cells: the mean outcome may fall by so many percentage points.
  case points(Double)
  /// A task of cells with quantized activations: a fall fails below ``exampleLevel`` of this one-sided test.
  case examples(test: ExampleTest)
  /// Peak memory may rise by this share.
  case memory(Double)
  /// Even the shortest update may take so many times the committed median.
  case time(Double)
  /// The mean of a diagnostic's series of errors may rise by this share.
  case series(Double)

  /// The share for full-precision and weight-only cells: a rise of 0.5 % or more fails.
  package static let relativeLimit = 0.005
  /// Percentage points that a task's mean may fall by in full-precision and weight-only cells; one example
  /// is allowed where it weighs more.
  package static let pointLimit = 0.5
  /// The level of the tests over examples: what three standard errors, the limit of perplexities, are to a
  /// normal distribution, 1 − Φ(3).
  package static let exampleLevel = 0.00135
  /// The share that a peak of memory may rise by; the same cell repeats its peak within 1 %.
  package static let memoryLimit = 0.05
  /// How many committed medians the shortest fresh update may take.
  package static let timeLimit = 2.0
  /// The share that the mean of block errors may rise by.
  package static let seriesLimit = 0.05

  /// A one-sided test over examples that both records answered.
  package enum ExampleTest: String, Sendable {
    /// Of right and wrong: the exact binomial test of those that only one of the two has right.
    case mcNemar = "McNemar"
    /// Of shares, such as F1: Student's test of the differences.
    case pairedT = "paired t"
  }

  /// What rounding alone does to one token's NLL (rms, nats) when activations have that many bits.
  ///
  /// Another order of summation moves an activation by 1e-7, a code flips, and everything after it
  /// changes. Over n tokens the mean moves by about this / √n.
  ///
  /// > Source: SmolLM2-135M with equal weight codes, fp32 against fp64, 2,044 tokens of WikiText-2:
  /// 0.21 at 8 bits, 0.77 at 6, 2.4 at 4. Widths between take the next narrower figure.
  package static func roundingPerToken(activationBits: Int) -> Double {
    switch activationBits {
    case 16...: 0
    case 8...: 0.21
    case 6...: 0.77
    default: 2.4
    }
  }

  /// What another, equally valid order of summation does to the mean NLL of a text, nats per token.
  ///
  /// The larger of what the two records measured of themselves, or
  /// ``roundingPerToken(activationBits:)``/√tokens where neither has.
  package static func roundingFloor(bits: BitsLabel, fresh: Score, committed: Score) -> Double {
    [fresh, committed].compactMap(\.roundingFloor).max()
      ?? roundingPerToken(activationBits: bits.activations)
      / Double(max(1, fresh.scoredTokens)).squareRoot()
  }

  /// The limit for two perplexities of a cell with these bits.
  ///
  /// With quantized activations it is `3·√(floor² + se²)`: `se` is the standard error of the
  /// window-by-window difference of the two runs, `floor` the larger of the two records' own
  /// rounding floors, or ``roundingPerToken(activationBits:)``/√tokens where neither has one.
  package static func limit(
    bits: BitsLabel, fresh: Score, committed: Score, pairedError: Double
  ) -> CheckTolerance {
    guard bits.activations < 16 else { return .relative(relativeLimit) }
    let floor = roundingFloor(bits: bits, fresh: fresh, committed: committed)
    return .statistical(
      nats: 3 * (floor * floor + pairedError * pairedError).squareRoot(), roundingFloor: floor,
      pairedError: pairedError)
  }

  /// The limit for two scores of a task, from the committed outcomes and the fresh ones.
  package static func limit(
    bits: BitsLabel, fresh: [Double], committed: [Double]
  ) -> CheckTolerance {
    guard bits.activations < 16 else {
      return .points(max(pointLimit, 100 / Double(max(1, committed.count))))
    }
    let isRightOrWrong = (fresh + committed).allSatisfy { $0 == 0 || $0 == 1 }
    return .examples(test: isRightOrWrong ? .mcNemar : .pairedT)
  }

  /// Whether a rise of perplexity is too much.
  ///
  /// `relativeRise` is fresh / committed − 1 of the perplexities, `rise` is fresh − committed of the
  /// mean NLLs in nats per token; each limit looks at its own. Other figures' limits allow anything.
  package func isExceeded(relativeRise: Double, rise: Double) -> Bool {
    switch self {
    // The slack keeps a planted rise of exactly the limit on the failing side of rounding.
    case .relative(let limit): relativeRise >= limit * (1 - 1e-9)
    case .statistical(let nats, _, _): rise > nats
    case .points, .examples, .memory, .time, .series: false
    }
  }

  /// Whether outcomes that fall from `before` to `after`, example by example, fall too far; other figures'
  /// limits allow anything.
  package func isExceeded(from before: [Double], to after: [Double]) -> Bool {
    let falls = zip(before, after).map { $0 - $1 }
    let fall = SampleMean(falls)
    switch self {
    // The slack keeps a fall of one example, where that is the limit, on the passing side of rounding.
    case .points(let limit): return 100 * fall.mean > limit * (1 + 1e-9)
    case .examples(.mcNemar):
      let (lost, gained) = (falls.count { $0 > 0 }, falls.count { $0 < 0 })
      return lost > gained
        && Self.binomialTail(lost, of: lost + gained) < Self.exampleLevel
    case .examples(.pairedT):
      guard fall.mean > 0, let error = fall.standardError else { return false }
      guard error > 0 else { return true }
      let p = StudentDistribution.twoSidedProbability(
        t: fall.mean / error, degreesOfFreedom: falls.count - 1)
      return p / 2 < Self.exampleLevel
    case .relative, .statistical, .memory, .time, .series: return false
    }
  }

  /// Probability of `k` heads or more of `n` fair coins: `I_½(k, n − k + 1)`.
  private static func binomialTail(_ k: Int, of n: Int) -> Double {
    k <= 0 ? 1 : StudentDistribution.incompleteBeta(0.5, Double(k), Double(n - k + 1))
  }

  /// The limit in words.
  package var text: String {
    switch self {
    case .relative(let share): "< +\(NumberText.fixed(share * 100, 2)) % perplexity"
    case .statistical(let nats, let floor, let error):
      "≤ +\(NumberText.fixed(nats, 4)) nats (3·√(\(NumberText.fixed(floor, 4))² + "
        + "\(NumberText.fixed(error, 4))²))"
    case .points(let points): "≥ −\(NumberText.fixed(points, 2)) points"
    case .examples(let test):
      "p ≥ \(NumberText.significant(Self.exampleLevel, 3)) (\(test.rawValue), one-sided)"
    case .memory(let share): "≤ +\(NumberText.fixed(share * 100, 0)) % memory"
    case .time(let factor): "shortest ≤ \(NumberText.significant(factor, 3)) × the median"
    case .series(let share): "≤ +\(NumberText.fixed(share * 100, 0)) % on average"
    }
  }
}
