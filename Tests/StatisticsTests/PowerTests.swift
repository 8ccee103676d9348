import Statistics
import TestSupport
import Testing

/// How small a difference a test can show.
@Suite struct PowerTests {
  @Test(arguments: [
    // Critical values of printed t tables.
    (0.025, 1.0, 12.706), (0.025, 2, 4.303), (0.025, 10, 2.228), (0.025, 30, 2.042),
    (0.005, 10, 3.169), (0.2, 1, 1.376), (0.2, 10, 0.879), (0.2, 30, 0.854),
    // The normal distribution's.
    (0.025, 1e7, 1.95996), (0.2, 1e7, 0.84162), (0.0005, 1e7, 3.29053),
  ])
  func quantilesAreThePrintedOnes(tail: Double, degrees: Double, expected: Double) {
    let t = StudentDistribution.quantile(upperTail: tail, degreesOfFreedom: degrees)
    #expect((t - expected).magnitude < 5.1e-4)
  }

  @Test func quantilesOfTwoDegreesHaveAClosedForm() {
    for tail in [1e-9, 1e-5, 0.001, 0.025, 0.2, 0.4999] {
      // F(t) = 1/2 + t/(2√(2 + t²)), so that t = (1 − 2q)/√(2q(1 − q)).
      let exact = (1 - 2 * tail) / (2 * tail * (1 - tail)).squareRoot()
      let t = StudentDistribution.quantile(upperTail: tail, degreesOfFreedom: 2)
      #expect((t - exact).magnitude < 1e-6 * max(exact, 1e-3))
    }
  }

  @Test func aHandExampleIsExact() throws {
    let test = try #require(PairedComparison([3, 5, 4, 8], [1, 4, 4, 5]))
    // se = √(5/12) with 3 degrees of freedom, t(0.975) = 3.18245, t(0.80) = 0.97847.
    let visible = try #require(test.smallestVisible())
    #expect((visible - (3.18245 + 0.97847) * (5.0 / 12).squareRoot()).magnitude < 1e-4)
    // At the level of one of ten: t(0.9975) = 7.45332.
    let corrected = try #require(test.smallestVisible(atLevel: 0.005))
    #expect((corrected - (7.45332 + 0.97847) * (5.0 / 12).squareRoot()).magnitude < 1e-4)
  }

  @Test func theFloorComesOnTop() throws {
    let (a, b) = ([3.0, 5, 4, 8], [1.0, 4, 4, 5])
    let free = try #require(PairedComparison(a, b)?.smallestVisible())
    let low = try #require(PairedComparison(a, b, roundingFloor: 1)?.smallestVisible())
    let high = try #require(PairedComparison(a, b, roundingFloor: 10)?.smallestVisible())
    #expect(low == free)
    #expect((high - (10 + 0.97847 * (5.0 / 12).squareRoot())).magnitude < 1e-4)
  }

  @Test func withoutAnErrorNothingIsKnown() {
    #expect(PairedComparison([1, 2], [1, 2])?.smallestVisible() == nil)
    #expect(PairedComparison([1, 2], [1.5, 2.5])?.smallestVisible() == nil)
  }

  @Test func aProbabilityAgainstAnotherValueIsThatOfTheShiftedDifferences() throws {
    let test = try #require(PairedComparison([3, 5, 4, 8], [1, 4, 4, 5]))
    let shifted = try #require(PairedComparison([2, 4, 3, 7], [1, 4, 4, 5]))
    #expect((test.probability(against: 1) - shifted.probability).magnitude < 1e-12)
    #expect(test.probability(against: 0) == test.probability)
    #expect(test.probability(against: 1.5) == 1)
  }

  /// d = [[1, 3], [2, 6]]: M_s = 4, M_w = 9, over mn = 4.
  @Test func whatLimitsIsTheLargerPart() throws {
    let test = try #require(PairedComparison(seeds: [[1, 3], [2, 6]], [[0, 0], [0, 0]]))
    #expect(test.seedVariance == 1 && test.windowVariance == 2.25 && test.seeds == 2)
    #expect(!test.isLimitedBySeeds)
    let other = try #require(PairedComparison(seeds: [[1, 2], [3, 6]], [[0, 0], [0, 0]]))
    #expect(other.seedVariance == 2.25 && other.windowVariance == 1 && other.isLimitedBySeeds)
    let both = try #require(PairedComparison(meanOf: [test, other]))
    #expect(both.seedVariance == 3.25 / 4 && both.windowVariance == 3.25 / 4 && both.seeds == 2)
    let one = try #require(PairedComparison([3, 5, 4, 8], [1, 4, 4, 5]))
    #expect(one.seedVariance == 0 && one.seeds == 1 && !one.isLimitedBySeeds)
    #expect((one.windowVariance - 5.0 / 12).magnitude < 1e-15)
  }

  /// A true difference of the smallest visible size is found in four of five trials.
  @Test func theSmallestVisibleIsSeenWithTheChanceThatItSays() throws {
    var generator = SeededGenerator(seed: 20_261_128)
    let (windows, spread) = (20, 0.02)
    // The true error, in the place of the estimated one.
    let error = spread / Double(windows).squareRoot()
    let visible =
      error
      * (StudentDistribution.quantile(upperTail: 0.025, degreesOfFreedom: Double(windows - 1))
        + StudentDistribution.quantile(upperTail: 0.2, degreesOfFreedom: Double(windows - 1)))
    var found = 0
    let trials = 2000
    for _ in 0..<trials {
      let a = (0..<windows).map { _ in visible + spread * generator.gaussian() }
      let test = try #require(PairedComparison(a, Array(repeating: 0, count: windows)))
      if test.isSupported, test.meanDifference > 0 { found += 1 }
    }
    // 80 % ± 3 standard errors of 2,000 trials.
    #expect((0.773...0.827).contains(Double(found) / Double(trials)))
  }
}
