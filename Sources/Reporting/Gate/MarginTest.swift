internal import Glibc
internal import Statistics

/// Whether figures rose by a margin or more, window by window or example by example.
///
/// With an interval [low, high] for the mean rise (``BlockBootstrap``): **pass** where high < margin, so that a rise of the
/// margin is ruled out; **regression** where low > 0 and high ≥ margin, so that there is a rise, and one of the margin
/// isn't ruled out; **inconclusive** where neither can be told. A true rise of the margin passes with a probability of no more
/// than the level, and none at all is a regression with no more.
///
/// > Source: Schuirmann 1987, J. Pharmacokinetics and Biopharmaceutics 15, 657–680 (a margin that is ruled out, in place of a
/// > difference that isn't significant).
package struct MarginTest: Sendable, Equatable {
  /// What comes out.
  package enum Outcome: String, Sendable {
    /// A rise of the margin is ruled out.
    case pass
    /// There is a rise, and one of the margin isn't ruled out.
    case regression
    /// The figures are too few, or too uneven, to tell.
    case inconclusive
  }

  /// The interval.
  package let interval: BlockBootstrap
  /// The margin, in the unit of the rises.
  package let margin: Double
  /// The level, on each side.
  package let level: Double
  /// What comes out.
  package let outcome: Outcome

  /// The level where nobody names another: 1 − Φ(3), by which this project's checks of examples go, too.
  package static let usualLevel = 0.00135
  /// The chance with which a rise of the margin isn't seen at the windows that ``needed`` asks for.
  package static let missed = 0.001
  /// Beyond how many times the present figures no number is named.
  package static let mostTimes = 1000.0

  /// The test of `rises`, fresh − baseline where more is worse; nil for none, or where one isn't finite.
  ///
  /// - Parameters:
  ///   - rises: In the order of the text: nats of a window, or percentage points of an example.
  ///   - margin: Greater than 0, in the same unit.
  ///   - blockLength: As in ``BlockBootstrap``.
  ///   - level: On each side.
  package init?(
    _ rises: [Double], margin: Double, blockLength: Int? = nil, level: Double = Self.usualLevel
  ) {
    guard let interval = BlockBootstrap(rises, blockLength: blockLength, level: level) else {
      return nil
    }
    self.interval = interval
    self.margin = margin
    self.level = level
    // A rise of exactly the margin, the same in every window, is one, whatever rounding makes of it.
    if interval.high < margin * (1 - 1e-9) {
      outcome = .pass
    } else {
      outcome = interval.low > 0 ? .regression : .inconclusive
    }
  }

  /// The smallest rise that these figures would show, whatever they are: (t₁₋α + t₁₋₀.₀₀₁)·se; nil where blocks are too few.
  package var visible: Double? {
    if interval.standardError == 0 { return 0 }
    guard interval.blocks >= BlockBootstrap.fewestBlocks else { return nil }
    return Self.quantiles(interval.blocks, level) * interval.standardError
  }

  /// How many figures of this kind decide: at which (t₁₋α + t₁₋₀.₀₀₁)·se ≤ margin, se falling with the root of their number
  /// and Student's t with as many degrees of freedom as there are blocks, less one.
  ///
  /// Then nothing is inconclusive any more, and a rise of the margin is found with a chance of at least 99 % at the usual level. Nil
  /// beyond ``mostTimes`` times the present number, and where blocks are too few to say.
  package var needed: Int? {
    guard interval.standardError > 0 else { return interval.count }
    guard interval.blocks >= BlockBootstrap.fewestBlocks else { return nil }
    // Where draws made the interval wider than Student's, they do so with more figures, too.
    let student = StudentDistribution.quantile(
      upperTail: level, degreesOfFreedom: Double(interval.blocks - 1))
    let reach = max(interval.high - interval.mean, interval.mean - interval.low)
    let skew = max(1, reach / (student * interval.standardError))
    let deviation = skew * interval.standardError * Double(interval.blocks).squareRoot()
    // Of examples, which are drawn one by one, blocks stay what they are.
    let isSingle = interval.blockLength == 1
    var count = Double(BlockBootstrap.fewestBlocks)
    while count <= Self.mostTimes * Double(interval.count) {
      let whole = Int(count.rounded(.up))
      let length = isSingle ? 1 : BlockBootstrap.usualLength(of: whole)
      let blocks = max(1, Int((Double(whole) / Double(length)).rounded()))
      // The spread of a block's mean falls with its length.
      let spread = deviation * (Double(interval.blockLength) / Double(length)).squareRoot()
      if blocks >= BlockBootstrap.fewestBlocks,
        Self.quantiles(blocks, level) * spread / Double(blocks).squareRoot() <= margin
      {
        return outcome == .inconclusive ? max(whole, interval.count + 1) : whole
      }
      count *= 1.02
    }
    return nil
  }

  private static func quantiles(_ blocks: Int, _ level: Double) -> Double {
    [level, missed].reduce(0) {
      $0 + StudentDistribution.quantile(upperTail: $1, degreesOfFreedom: Double(blocks - 1))
    }
  }
}
