import Statistics
import TestSupport
import Testing

/// Differences over seeds and windows: both another seed and another text are to be expected.
@Suite struct SeedComparisonTests {
  @Test func aHandExampleIsExact() throws {
    // d = [[1, 3], [2, 6]] against zero: grand 3, seed means 2 and 4, window means 1.5 and 4.5.
    let test = try #require(PairedComparison(seeds: [[1, 3], [2, 6]], [[0, 0], [0, 0]]))
    // M_s = 2·(1 + 1)/1 = 4, M_w = 2·(2.25 + 2.25)/1 = 9, residuals ±0.5: M_e = 1.
    #expect(test.meanDifference == 3)
    #expect((test.standardError - ((4.0 + 9 - 1) / 4).squareRoot()).magnitude < 1e-14)
    #expect((test.degreesOfFreedom - 144.0 / (16 + 81 + 1)).magnitude < 1e-12)
    #expect(test.windows == 2)
  }

  @Test func oneSeedIsTheOrdinaryTest() throws {
    let (a, b) = (Samples.shifted(0.1), Samples.windows)
    #expect(try #require(PairedComparison(seeds: [a], [b])) == #require(PairedComparison(a, b)))
  }

  @Test func aSideWithOneSeedStandsAgainstEverySeed() throws {
    let (a, b) = ([[1.0, 2, 4], [2, 2, 5]], [[0.5, 1, 1]])
    #expect(
      try #require(PairedComparison(seeds: a, b))
        == #require(PairedComparison(seeds: a, [b[0], b[0]])))
    #expect(PairedComparison(seeds: [[1, 2]], [[1, 2, 3]]) == nil)
    #expect(PairedComparison(seeds: [[1, 2]], []) == nil)
    #expect(PairedComparison(seeds: [], [[1, 2]]) == nil)
  }

  @Test func independentTextsAddTheirErrors() throws {
    let parts = try [
      #require(PairedComparison([3, 5, 4, 8], [1, 4, 4, 5])),
      #require(PairedComparison([0, 2, 0, 2], [0, 0, 0, 0])),
    ]
    let mean = try #require(PairedComparison(meanOf: parts))
    // Means 1.5 and 1; variances 5/12 and 1/3 of the means.
    #expect(mean.meanDifference == 1.25)
    #expect((mean.standardError - (5.0 / 12 + 1.0 / 3).squareRoot() / 2).magnitude < 1e-15)
    #expect(
      (mean.degreesOfFreedom - 0.75 * 0.75 / (25.0 / 144 / 3 + 1.0 / 9 / 3)).magnitude < 1e-12)
    #expect(PairedComparison(meanOf: []) == nil)
    #expect(PairedComparison(meanOf: [parts[0]]) == parts[0])
  }

  /// Two methods that differ by the luck of their seeds alone must not be told apart more often than
  /// the level says; a test over windows alone does so nearly always.
  @Test func luckySeedsRaiseFewFalseAlarms() {
    var generator = SeededGenerator(seed: 41)
    var (crossed, windowsAlone) = (0, 0)
    let trials = 2000
    for _ in 0..<trials {
      let base = (0..<30).map { _ in 3.3 + 0.3 * generator.gaussian() }
      func method() -> [[Double]] {
        let text = base.map { $0 + 0.02 * generator.gaussian() }
        return (0..<5).map { _ in
          let luck = 0.05 * generator.gaussian()
          return text.map { $0 + luck + 0.01 * generator.gaussian() }
        }
      }
      let (a, b) = (method(), method())
      guard let test = PairedComparison(seeds: a, b),
        let naive = PairedComparison(average(a), average(b))
      else { continue }
      if test.isSupported { crossed += 1 }
      if naive.isSupported { windowsAlone += 1 }
    }
    #expect(Double(crossed) / Double(trials) < 0.065)
    #expect(Double(windowsAlone) / Double(trials) > 0.5)
    #expect(crossed > 0)
  }

  @Test func aPlantedEffectIsFound() {
    var generator = SeededGenerator(seed: 11)
    var found = 0
    for _ in 0..<200 {
      let base = (0..<30).map { _ in 3.3 + 0.3 * generator.gaussian() }
      func method(_ shift: Double) -> [[Double]] {
        (0..<5).map { _ in
          let luck = 0.01 * generator.gaussian()
          return base.map { $0 + shift + luck + 0.02 * generator.gaussian() }
        }
      }
      let (a, b) = (method(0), method(0.05))
      if let test = PairedComparison(seeds: a, b), test.isSupported, test.meanDifference < 0 {
        found += 1
      }
    }
    #expect(found > 190)
  }

  private func average(_ seeds: [[Double]]) -> [Double] {
    seeds[0].indices.map { i in seeds.reduce(0) { $0 + $1[i] } / Double(seeds.count) }
  }
}
