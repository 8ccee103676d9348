internal import Glibc
internal import Statistics

/// An interval for the mean of figures whose neighbours resemble each other, such as losses of a book's windows.
///
/// Circular block bootstrap of the studentized mean: blocks of ℓ neighbours, the first behind the last, are drawn
/// with replacement, k = round(n/ℓ) of them; with block means bⱼ of a draw, t* = (b̄* − x̄)/se*, se* = s(b*)/√k. Its
/// quantiles over ``draws`` draws and se = s(b)·√(k/(k − 1))/√k over all n blocks give the interval
/// [x̄ − t*₁₋α·se, x̄ − t*α·se], which is never taken narrower than Student's x̄ ± t₁₋α(k − 1)·se: with few blocks the
/// draws alone are too sure. The same figures give the same interval: draws are seeded by their number alone.
///
/// > Source: Politis and Romano 1992, "A circular block-resampling procedure for stationary data"; Götze and Künsch
/// > 1996, Annals of Statistics 24, 1914–1933 (studentized); Hall, Horowitz and Jing 1995, Biometrika 82, 561–574 (ℓ of
/// > the order of n^⅓).
package struct BlockBootstrap: Sendable, Equatable {
  /// How often blocks are drawn.
  package static let draws = 9999
  /// Fewer blocks say nothing of their own spread.
  package static let fewestBlocks = 4

  /// How many figures.
  package let count: Int
  /// Their mean.
  package let mean: Double
  /// Its standard error by the spread of blocks; 0 where all figures are equal.
  package let standardError: Double
  /// Neighbours in a block, ℓ.
  package let blockLength: Int
  /// Blocks that are drawn, k.
  package let blocks: Int
  /// Lower end at the level; −∞ with fewer than ``fewestBlocks`` blocks.
  package let low: Double
  /// Upper end at the level; ∞ with fewer than ``fewestBlocks`` blocks.
  package let high: Double

  /// The interval of the mean of `figures`; nil for none, or for one that isn't finite.
  ///
  /// - Parameters:
  ///   - figures: In the order in which they stand in the text.
  ///   - blockLength: Neighbours in a block; nil for ⌈1.5·n^⅓⌉.
  ///   - level: How improbable it may be, on each side, that the true mean lies beyond the interval.
  /// - Precondition: 0 < `level` < ½.
  package init?(_ figures: [Double], blockLength: Int? = nil, level: Double) {
    guard !figures.isEmpty, figures.allSatisfy(\.isFinite) else { return nil }
    let n = figures.count
    let length = min(n, max(1, blockLength ?? Self.usualLength(of: n)))
    let k = max(1, Int((Double(n) / Double(length)).rounded()))
    count = n
    self.blockLength = length
    blocks = k
    let mean = SampleMean(figures).mean
    self.mean = mean
    let means = Self.blockMeans(figures, length)
    let spread = (means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n)).squareRoot()
    // What rounding makes of equal figures isn't spread.
    guard spread > 1e-12 * max(1e-300, figures.reduce(0) { max($0, $1.magnitude) }) else {
      (standardError, low, high) = (0, mean, mean)
      return
    }
    guard k >= Self.fewestBlocks else {
      (standardError, low, high) = (spread, -.infinity, .infinity)
      return
    }
    let error = spread / Double(k - 1).squareRoot()
    standardError = error
    let student = StudentDistribution.quantile(upperTail: level, degreesOfFreedom: Double(k - 1))
    let quantiles = Self.quantiles(means, mean, k, level)
    low = mean - max(student, quantiles.upper) * error
    high = mean + max(student, -quantiles.lower) * error
  }

  /// ⌈1.5·n^⅓⌉ neighbours of n: 9 of 177.
  package static func usualLength(of count: Int) -> Int {
    Int((1.5 * cbrt(Double(count))).rounded(.up))
  }

  /// The fewest figures that come to ``fewestBlocks`` blocks: 14 of neighbours, 4 of single ones.
  package static func fewest(blockLength: Int? = nil) -> Int {
    (1...).first { count in
      let length = min(count, blockLength ?? usualLength(of: count))
      return (Double(count) / Double(length)).rounded() >= Double(fewestBlocks)
    } ?? fewestBlocks
  }

  /// Means of the n blocks that begin at each figure, the first figures behind the last.
  private static func blockMeans(_ figures: [Double], _ length: Int) -> [Double] {
    figures.indices.map { start in
      var sum = 0.0
      for offset in 0..<length { sum += figures[(start + offset) % figures.count] }
      return sum / Double(length)
    }
  }

  /// The α and 1 − α quantiles of t* over all draws.
  private static func quantiles(
    _ means: [Double], _ mean: Double, _ k: Int, _ level: Double
  ) -> (lower: Double, upper: Double) {
    var generator = SeededDraws(seed: UInt64(means.count))
    var values: [Double] = []
    values.reserveCapacity(draws)
    for _ in 0..<draws {
      var (sum, squares) = (0.0, 0.0)
      for _ in 0..<k {
        // Around the mean, so that squares lose no digits.
        let value = means[generator.next(below: means.count)] - mean
        sum += value
        squares += value * value
      }
      let (average, square) = (sum / Double(k), squares / Double(k))
      let variance = square - average * average
      // A draw of equal figures has no spread, whatever rounding leaves of it; it says nothing.
      if variance > 1e-12 * square {
        values.append(average / (variance / Double(k - 1)).squareRoot())
      }
    }
    guard !values.isEmpty else { return (-.infinity, .infinity) }
    values.sort()
    func place(_ share: Double) -> Double {
      values[min(values.count - 1, max(0, Int(share * Double(values.count))))]
    }
    return (place(level), place(1 - level))
  }
}

/// Draws that depend on a seed alone.
///
/// > Source: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", OOPSLA.
struct SeededDraws {
  private var state: UInt64

  /// The same draws for the same seed.
  init(seed: UInt64) { state = seed }

  /// One of `0 ..< limit`, each as likely as the others to 2⁻⁶⁴·limit.
  ///
  /// - Precondition: `limit` > 0.
  mutating func next(below limit: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((z ^ (z >> 31)).multipliedFullWidth(by: UInt64(limit)).high)
  }
}
