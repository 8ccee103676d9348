import Statistics
import TestSupport
import Testing

@Suite struct PairedComparisonTests {
  @Test(arguments: [
    // Critical values of printed t tables, and the closed form arctan for one degree of freedom.
    (12.706, 1, 0.05), (1.0, 1, 0.5), (4.303, 2, 0.05), (2.228, 10, 0.05), (3.169, 10, 0.01),
    (2.042, 30, 0.05), (3.291, 100_000, 0.001), (0, 7, 1),
  ])
  func studentsDistributionHasItsPrintedValues(t: Double, degrees: Int, expected: Double) {
    let p = StudentDistribution.twoSidedProbability(t: t, degreesOfFreedom: degrees)
    #expect((p - expected).magnitude < 5e-4 * max(expected, 0.02) * 10)
    #expect(
      StudentDistribution.twoSidedProbability(t: -t, degreesOfFreedom: degrees) == p)
  }

  @Test func twoDegreesOfFreedomHaveAClosedForm() {
    for t in stride(from: 0.1, through: 30, by: 0.7) {
      let exact = 1 - t / (2 + t * t).squareRoot()
      let p = StudentDistribution.twoSidedProbability(t: t, degreesOfFreedom: 2)
      #expect((p - exact).magnitude < 1e-12)
    }
  }

  @Test func aHandExampleIsExact() throws {
    let test = try #require(PairedComparison([3, 5, 4, 8], [1, 4, 4, 5]))
    // Differences 2, 1, 0, 3: mean 1.5, variance 5/3, t = 1.5/√(5/12) with 3 degrees of freedom.
    #expect(test.meanDifference == 1.5)
    #expect((test.standardError - (5.0 / 12).squareRoot()).magnitude < 1e-15)
    #expect((test.probability - 0.1027).magnitude < 1e-4)
    #expect(test.windows == 4)
    #expect(!test.isSupported)
  }

  @Test func differentOrTooFewWindowsAreNotCompared() {
    #expect(PairedComparison([1, 2, 3], [1, 2]) == nil)
    #expect(PairedComparison([1], [2]) == nil)
    #expect(PairedComparison([1, 2], [1, 2])?.probability == 1)
    #expect(PairedComparison([1, 2], [1.5, 2.5])?.probability == 0)
  }

  @Test func oneValueHasNoStandardError() {
    #expect(SampleMean([3]).standardError == nil)
    #expect(SampleMean([]).standardError == nil)
    #expect(SampleMean([3, 3]).standardError == 0)
  }

  @Test func aDifferenceWithinTheRoundingFloorIsNotSupported() throws {
    let (a, b) = (Samples.shifted(-0.01, wobble: 0.1), Samples.windows)
    #expect(try #require(PairedComparison(a, b)).isSupported)
    let floored = try #require(PairedComparison(a, b, roundingFloor: 0.02))
    #expect(!floored.isSupported)
  }

  /// Two models that are equally good must not be told apart more often than the level says.
  @Test func equalModelsRaiseFewFalseAlarms() {
    var generator = SeededGenerator(seed: 20_250_831)
    var (atLevel, atThreeSigma) = (0, 0)
    let trials = 4000
    for _ in 0..<trials {
      // Easy and hard windows spread by 0.3 nats; what the models do differently, by 0.02.
      let base = (0..<40).map { _ in 3.3 + 0.3 * generator.gaussian() }
      let a = base.map { $0 + 0.02 * generator.gaussian() }
      let b = base.map { $0 + 0.02 * generator.gaussian() }
      guard let test = PairedComparison(a, b) else { continue }
      if test.isSupported { atLevel += 1 }
      if test.meanDifference.magnitude >= 3 * test.standardError { atThreeSigma += 1 }
    }
    // 5 % ± 3 standard errors of 4000 trials; 3σ of t with 39 degrees of freedom is 0.47 %.
    #expect((0.040...0.060).contains(Double(atLevel) / Double(trials)))
    #expect(Double(atThreeSigma) / Double(trials) <= 0.01)
    #expect(atLevel > 0)
  }

  /// A planted gain far below the spread between windows is found by pairing, and not without.
  @Test func aPlantedEffectIsFound() {
    var generator = SeededGenerator(seed: 7)
    var (found, unpaired) = (0, 0)
    let trials = 500
    for _ in 0..<trials {
      let base = (0..<40).map { _ in 3.3 + 0.3 * generator.gaussian() }
      let a = base.map { $0 - 0.02 + 0.02 * generator.gaussian() }
      let b = base.map { $0 + 0.02 * generator.gaussian() }
      if let test = PairedComparison(a, b), test.isSupported, test.meanDifference < 0 { found += 1 }
      let (x, y) = (SampleMean(a), SampleMean(b))
      guard let ex = x.standardError, let ey = y.standardError else { continue }
      let error = (ex * ex + ey * ey).squareRoot()
      if (x.mean - y.mean).magnitude > 2 * error { unpaired += 1 }
    }
    #expect(Double(found) / Double(trials) >= 0.97)
    #expect(Double(unpaired) / Double(trials) < 0.2)
  }
}
