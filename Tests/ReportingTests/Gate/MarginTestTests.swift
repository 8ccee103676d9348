import Foundation
import Reporting
import TestSupport
import Testing

/// Whether a margin is ruled out, exceeded or neither: by hand, and by 500 simulated comparisons of real losses.
@Suite struct MarginTestTests {
  static let margin = log1p(0.005)

  @Test("Of two equal runs at most 1 % are regressions", arguments: CommittedWindows.pairs)
  func equalRuns(pair: String) throws {
    let noise = try CommittedWindows.noise(pair)
    #expect(noise.count == 177)
    var generator = SeededGenerator(seed: 11)
    var alarms = 0
    for _ in 0..<500 {
      let rises = CommittedWindows.simulated(noise, count: noise.count, rise: 0, &generator)
      let test = try #require(MarginTest(rises, margin: Self.margin))
      if test.outcome == .regression { alarms += 1 }
    }
    #expect(alarms <= 5, "\(alarms) of 500")
  }

  @Test(
    "+0.5 % is found in 99 % at the windows that 'power --margin' asks for",
    arguments: CommittedWindows.pairs)
  func plantedRises(pair: String) throws {
    let noise = try CommittedWindows.noise(pair)
    // What power makes of two runs: their differences less their mean, as the noise is.
    let power = MarginPower.test(
      noise, Array(repeating: 0, count: noise.count), margin: 0.005)
    let needed = try #require(power?.needed)
    #expect(needed == MarginTest(noise, margin: Self.margin)?.needed)
    var generator = SeededGenerator(seed: 12)
    var (found, passed, undecided) = (0, 0, 0)
    for _ in 0..<500 {
      let rises = CommittedWindows.simulated(
        noise, count: needed, rise: Self.margin, &generator)
      switch try #require(MarginTest(rises, margin: Self.margin)).outcome {
      case .regression: found += 1
      case .pass: passed += 1
      case .inconclusive: undecided += 1
      }
    }
    #expect(found >= 495, "\(found) found, \(passed) passed, \(undecided) undecided at \(needed)")
    // And nothing is undecided of equal runs, either.
    var pass = 0
    for _ in 0..<100 {
      let rises = CommittedWindows.simulated(noise, count: needed, rise: 0, &generator)
      if try #require(MarginTest(rises, margin: Self.margin)).outcome == .pass { pass += 1 }
    }
    #expect(pass >= 98, "\(pass) of 100")
  }

  @Test func aRiseThatIsTheSameEverywhereIsBeyondDoubt() throws {
    func outcome(_ rise: Double, windows: Int = 20) throws -> MarginTest.Outcome {
      try #require(MarginTest(Array(repeating: rise, count: windows), margin: 0.005)).outcome
    }
    #expect(try outcome(0) == .pass)
    #expect(try outcome(-1) == .pass)
    #expect(try outcome(0.00499) == .pass)
    #expect(try outcome(0.005) == .regression)
    #expect(try outcome(0.02) == .regression)
    // One window is enough, as there is nothing uneven.
    #expect(try outcome(0.005, windows: 1) == .regression)
    // What rounding makes of x + m − x is the same everywhere, too.
    let windows = (0..<50).map { 1 / Double($0 + 3) }
    let rises = windows.map { ($0 + 0.005) - $0 }
    #expect(Set(rises).count > 1)
    let test = try #require(MarginTest(rises, margin: 0.005))
    #expect(test.interval.standardError == 0 && test.outcome == .regression)
    #expect(test.needed == 50 && test.visible == 0)
  }

  @Test func fewOrUnevenWindowsAreInconclusive() throws {
    // Three windows are three blocks.
    let few = try #require(MarginTest([0.01, -0.01, 0.02], margin: 0.005, blockLength: 1))
    #expect(few.outcome == .inconclusive && few.interval.blocks == 3)
    #expect(few.interval.low == -.infinity && few.interval.high == .infinity)
    #expect(few.needed == nil && few.visible == nil)
    let uneven = (0..<40).map { $0 % 2 == 0 ? 0.3 : -0.3 }
    let test = try #require(MarginTest(uneven, margin: 0.005, blockLength: 1))
    #expect(test.outcome == .inconclusive)
    #expect(test.interval.low < 0 && test.interval.high > 0.005)
    // se = 0.3/√39, and (3.00 + 3.09)·se falls to 0.005 with the root of n: about 133 000 windows.
    #expect(test.needed == nil)
    let nearer = try #require(MarginTest(uneven, margin: 0.1, blockLength: 1))
    let needed = try #require(nearer.needed)
    #expect((300...450).contains(needed), "\(needed)")
  }

  @Test func theFewestFiguresThatHaveASpread() throws {
    #expect(BlockBootstrap.fewest() == 14 && BlockBootstrap.fewest(blockLength: 1) == 4)
    for (count, length) in [(14, nil), (13, nil), (4, 1), (3, 1)] as [(Int, Int?)] {
      let figures = (0..<count).map { Double($0 % 3) }
      let interval = try #require(BlockBootstrap(figures, blockLength: length, level: 0.01))
      #expect((interval.blocks >= 4) == (count >= BlockBootstrap.fewest(blockLength: length)))
    }
  }

  @Test func whatIsNotFiniteIsNoTest() {
    #expect(MarginTest([], margin: 0.005) == nil)
    #expect(MarginTest([0.1, .nan], margin: 0.005) == nil)
    #expect(MarginTest([0.1, .infinity], margin: 0.005) == nil)
  }
}

/// The interval behind it.
@Suite struct BlockBootstrapTests {
  @Test func blocksGrowWithTheRootOfThree() {
    #expect([1, 8, 27, 177, 1000].map(BlockBootstrap.usualLength) == [2, 3, 5, 9, 15])
  }

  @Test("Independent figures: the error is that of the mean, and the interval Student's or wider")
  func independent() throws {
    var generator = SeededGenerator(seed: 3)
    let figures = (0..<400).map { _ in generator.gaussian() }
    let interval = try #require(BlockBootstrap(figures, blockLength: 1, level: 0.025))
    let mean = figures.reduce(0, +) / 400
    let squares = figures.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    #expect((interval.standardError - (squares / 399 / 400).squareRoot()).magnitude < 1e-12)
    #expect(interval.blocks == 400 && interval.count == 400)
    // t(0.975, 399) = 1.9659
    #expect((interval.high - interval.mean) / interval.standardError >= 1.9659 - 1e-3)
    #expect((interval.high - interval.mean) / interval.standardError < 2.2)
    // Again the same, to the bit.
    #expect(try #require(BlockBootstrap(figures, blockLength: 1, level: 0.025)) == interval)
  }

  @Test("Neighbours that resemble each other widen it")
  func dependent() throws {
    var generator = SeededGenerator(seed: 4)
    var (figures, last): ([Double], Double) = ([], 0)
    for _ in 0..<1000 {
      last = 0.8 * last + generator.gaussian()
      figures.append(last)
    }
    let alone = try #require(BlockBootstrap(figures, blockLength: 1, level: 0.01))
    let blocks = try #require(BlockBootstrap(figures, level: 0.01))
    // The variance of the mean of such a chain is (1 + 0.8)/(1 − 0.8) = 9 times that of independent figures.
    #expect(blocks.standardError > 2 * alone.standardError)
    #expect(blocks.blockLength == 15)
  }

  @Test("It holds the mean as often as it says", arguments: [50, 177])
  func coverage(count: Int) throws {
    var generator = SeededGenerator(seed: 5)
    var outside = 0
    for _ in 0..<400 {
      // Skewed, as losses of windows are.
      let figures = (0..<count).map { _ in exp(0.5 * generator.gaussian()) - exp(0.125) }
      let interval = try #require(BlockBootstrap(figures, level: 0.025))
      if interval.low > 0 || interval.high < 0 { outside += 1 }
    }
    #expect(outside <= 36, "\(outside) of 400, where 20 are to be expected")
  }
}
