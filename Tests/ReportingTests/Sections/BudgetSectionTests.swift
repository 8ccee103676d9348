import Records
import Reporting
import Testing

/// Training tokens of methods of every kind, and what footnotes make of them.
@Suite struct BudgetSectionTests {
  /// SmoothQuant's W4A4 record with the facts of a training by gradients.
  static func records(tokens: Double?) -> [RunRecord] {
    var records = Fixtures.records
    if let tokens { records[6].facts = [NamedNumber("training tokens", tokens, unit: "1")] }
    return records
  }

  @Test func gradientTrainingsTokensAreShown() throws {
    let text = try TableRendererTests.render(Self.records(tokens: 65_536))
    #expect(text.contains("| SmoothQuant W4A4 | 65\u{202F}536 | – | 1.5 |"))
    #expect(text.contains("| ZeroQAT W4A4 | 307\u{202F}200 | 300 | 1.5 |"))
    #expect(
      try CSVExportTests.contents(Self.records(tokens: 65_536)).csv.contains(",65536,,13.75,"))
  }

  @Test func whatIsNotOnRecordIsNotZero() throws {
    let text = try TableRendererTests.render()
    #expect(text.contains("| RTN W6A6 | – | – | 1.5 |"))
    #expect(!text.contains("| 0 | 0 | 1.5"))
  }

  @Test func unequalBudgetsAreOfWhatIsOnRecord() throws {
    let one = try TableRendererTests.complete()
    #expect(
      one.contains(
        "unequal budgets: 307\u{202F}200 training tokens; SmoothQuant has none on record"))
    let both = try TableRendererTests.complete(Self.records(tokens: 65_536))
    #expect(
      both.contains(
        "unequal budgets: 307\u{202F}200 training tokens against 65\u{202F}536 of SmoothQuant"))
    #expect(
      !(try TableRendererTests.complete(Self.records(tokens: 200_000))).contains("of SmoothQuant<"))
    let close = try TableRendererTests.complete(Self.records(tokens: 200_000))
    #expect(!close.contains("SmoothQuant has none") && !close.contains("200\u{202F}000 of"))
    #expect(!(one + both + close).contains("against 0"))
  }

  @Test func anUntrainedWinnerIsToldFromATrainedRunnerUp() throws {
    var records = Fixtures.records
    records[9].zerothOrder = nil
    records[9].facts = []
    records[6].facts = [NamedNumber("training tokens", 65_536, unit: "1")]
    #expect(
      try TableRendererTests.complete(records).contains(
        "unequal budgets: no training tokens on record; SmoothQuant has 65\u{202F}536"))
  }
}
