import Reporting
import TestSupport
import Testing

/// Holm's correction of tests that are read together.
@Suite struct HolmCorrectionTests {
  /// By hand: sorted 0.005·4 = 0.02, 0.01·3 = 0.03, 0.03·2 = 0.06, and 0.04·1, which may not fall below.
  @Test func aHandExampleIsExact() {
    let steps = HolmCorrection([0.01, 0.04, 0.03, 0.005]).steps
    for (step, expected) in zip(steps, [0.03, 0.06, 0.06, 0.02]) {
      #expect((step.probability - expected).magnitude < 1e-15)
    }
    // Two are supported: the others have to meet 0.05/2, each of the two 0.05/3.
    for (step, expected) in zip(steps, [0.05 / 3, 0.05 / 2, 0.05 / 2, 0.05 / 3]) {
      #expect((step.level - expected).magnitude < 1e-15)
    }
    #expect(steps.allSatisfy { $0.tests == 4 })
  }

  /// Once one fails, none that follows is supported, however little it needs: 0.02·3 is above 0.05.
  @Test func theFirstFailureEndsIt() {
    let steps = HolmCorrection([0.02, 0.024, 0.026]).steps
    #expect(steps.allSatisfy { $0.probability >= 0.05 })
    #expect(steps.allSatisfy { $0.level == 0.05 / 3 })
  }

  @Test func extremesStayProbabilities() {
    #expect(HolmCorrection([]).steps.isEmpty)
    #expect(HolmCorrection([0.03]).steps == [.alone(0.03)])
    let steps = HolmCorrection([1, 0, 0.6, 1]).steps
    #expect(steps.map(\.probability) == [1, 0, 1, 1])
  }

  /// The level of a step is exactly what its p must be below, whatever the others are.
  @Test func theLevelIsWhatDecides() {
    var generator = SeededGenerator(seed: 1979)
    for _ in 0..<300 {
      let count = 1 + Int(generator.uniform() * 12)
      let values = (0..<count).map { _ in
        let x = generator.uniform()
        return x * x * x
      }
      for (step, p) in zip(HolmCorrection(values).steps, values) {
        #expect((step.probability < 0.05) == (p < step.level))
      }
    }
  }

  /// Without any true difference, one in twenty families has a supported test.
  @Test func falseAlarmsAreRarePerFamily() {
    var generator = SeededGenerator(seed: 36)
    let families = 4000
    var alarms = 0
    for _ in 0..<families {
      let values = (0..<36).map { _ in generator.uniform() }
      if HolmCorrection(values).steps.contains(where: { $0.probability < 0.05 }) { alarms += 1 }
    }
    #expect((0.038...0.061).contains(Double(alarms) / Double(families)))
  }
}
