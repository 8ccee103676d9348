import Audit
import Testing

@Suite("Which steps are evaluated again, and what that proves")
struct StepSampleTests {
  @Test("Different steps, the same for the same seed")
  func samples() {
    func steps(_ seed: UInt64, _ count: Int = 20) -> Set<Int> {
      var generator = StepSample.Generator(seed: seed)
      return StepSample.steps(count, of: 300, using: &generator)
    }
    #expect(steps(1).count == 20 && steps(1).allSatisfy((0..<300).contains))
    #expect(steps(1) == steps(1) && steps(1) != steps(2))
    #expect(steps(1, 1000) == Set(0..<300))
  }

  /// SplitMix64's published sequence for seed 1234567 (Vigna's C code, as Rosetta Code quotes it).
  @Test func numbersArePublished() {
    var generator = StepSample.Generator(seed: 1_234_567)
    let numbers = (0..<3).map { _ in generator.next() }
    #expect(
      numbers == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
  }

  /// Every step is drawn equally often: 200 draws of 5 among 20, 50 expected each, σ = 6.1.
  @Test func everyStepIsAsLikely() {
    var generator = StepSample.Generator(seed: 3)
    var counts = [Int](repeating: 0, count: 20)
    for _ in 0..<200 {
      for step in StepSample.steps(5, of: 20, using: &generator) { counts[step] += 1 }
    }
    #expect(counts.allSatisfy { (26...74).contains($0) })
  }

  /// By counting subsets: of 6 steps with 2 wrong, 3 drawn miss both in C(4,3)/C(6,3) = 4 of 20.
  @Test func boundsAreThoseOfCounting() {
    func chance(_ total: Int, _ wrong: Int, _ count: Int) -> Double {
      func binomial(_ n: Int, _ k: Int) -> Double {
        k > n ? 0 : (0..<k).reduce(1) { $0 * Double(n - $1) / Double($1 + 1) }
      }
      return binomial(total - wrong, count) / binomial(total, count)
    }
    for (total, count) in [(6, 3), (20, 5), (300, 20), (1000, 20), (10, 10), (7, 0)] {
      let most = StepSample.mostWrong(among: total, sampled: count)
      #expect(chance(total, most, count) > 0.05 - 1e-12 || most == 0)
      if most < total { #expect(chance(total, most + 1, count) < 0.05 + 1e-12) }
    }
    #expect(StepSample.mostWrong(among: 10, sampled: 10) == 0)
    #expect(StepSample.mostWrong(among: 7, sampled: 0) == 7)
    // The rule of three: 3/n for many.
    #expect(abs(StepSample.greatestShare(sampled: 1000) - 0.002991) < 1e-6)
    #expect(StepSample.greatestShare(sampled: 0) == 1)
  }
}
