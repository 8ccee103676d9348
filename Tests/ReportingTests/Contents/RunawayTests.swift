import Records
import Reporting
import Testing

/// Trainings that went astray without leaving the finite numbers.
@Suite struct RunawayTests {
  /// The full set with W4A4's last step `shift` nats above the first.
  static func records(_ shift: Double, isZerothOrder: Bool = true) -> [RunRecord] {
    var records = Fixtures.records
    let away = Fixtures.shifted(1.5 + shift, wobble: 3)
    records[9].trajectory[3].testWindowNLL = away
    records[9].trajectory[3].developmentWindowNLL = away
    if !isZerothOrder { records[9].zerothOrder = nil }
    return records
  }

  @Test(arguments: [true, false])
  func theLastStepIsNamed(isZerothOrder: Bool) throws {
    let text = try TableRendererTests.render(Self.records(2, isZerothOrder: isZerothOrder))
    #expect(
      text.contains(
        "development chose step 100; the last step (150) had test perplexity 914.15, against 123.72 "
          + "at step 0"))
  }

  @Test func twiceIsTheLimit() throws {
    #expect(
      !(try TableRendererTests.render(Self.records(0.69))).contains("development chose step 100;"))
    #expect(
      try TableRendererTests.render(Self.records(0.70)).contains("development chose step 100;"))
  }

  @Test func developmentAloneIsEnough() throws {
    var records = Self.records(2)
    records[9].trajectory[3].testWindowNLL = records[9].trajectory[0].testWindowNLL
    #expect(
      try TableRendererTests.render(records).contains(
        "the last step (150) had development perplexity 914.15, against 123.72 at step 0"))
  }

  @Test func aPerplexityBeyondTheNumbersIsSaid() throws {
    #expect(
      try TableRendererTests.render(Self.records(2000)).contains(
        "development chose step 100; the last step (150) had a test perplexity that isn't finite, "
          + "against 123.72 at step 0"))
  }

  /// A record that doesn't say which step was chosen isn't guessed about.
  @Test func withoutAChosenStepOnlyTheLastIsNamed() throws {
    var records = Self.records(2, isZerothOrder: false)
    records[9].selection = nil
    let text = try TableRendererTests.render(records)
    #expect(!text.contains("development chose step 100;"))
    #expect(text.contains("</sup> the last step (150) had test perplexity 914.15"))
  }
}
