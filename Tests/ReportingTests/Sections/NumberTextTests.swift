import Reporting
import Testing

@Suite struct NumberTextTests {
  @Test(arguments: [
    (31.2, "31.20"), (999.994, "999.99"), (999.996, "1.0e3"), (1234.0, "1.2e3"),
    (8.8e5, "8.8e5"), (0.004, "0.00"), (1.23e12, "1.2e12"),
  ])
  func scoresHaveTwoDecimalsOrAreShort(value: Double, text: String) {
    #expect(NumberText.score(value) == text)
  }

  @Test func errorsFollowTheirScoresForm() {
    #expect(NumberText.score(31.2, standardError: 0.449) == "31.20 ± 0.45")
    #expect(NumberText.score(2711, standardError: 118) == "2.7e3 ± 1.2e2")
    #expect(NumberText.score(31.2, standardError: nil) == "31.20 ± –")
    #expect(NumberText.score(31.2, standardError: .nan) == "31.20 ± –")
  }

  @Test func signsAreAlwaysShownAndZeroHasNone() {
    #expect(NumberText.difference(-0.01234, standardError: 0.004) == "−0.0123 ± 0.0040")
    #expect(NumberText.signed(0.5, 2) == "+0.50")
    #expect(NumberText.signed(-0.00001, 4) == "0.0000")
  }

  @Test(arguments: [
    (0.0004, "<0.001"), (0.031, "0.031"), (0.0314, "0.031"), (0.31, "0.31"), (1.0, "1.00"),
    (0.001, "0.001"),
  ])
  func probabilitiesHaveTwoDigits(p: Double, text: String) {
    #expect(NumberText.probability(p) == text)
  }

  @Test func countsAreGrouped() {
    #expect(NumberText.grouped(106_168_320) == "106\u{202F}168\u{202F}320")
    #expect(NumberText.grouped(-1000) == "−1\u{202F}000")
    #expect(NumberText.grouped(999) == "999")
    #expect(NumberText.mebibytes(640 << 20) == "640")
  }

  @Test func largestValuesDoNotOverflowTheBuffer() {
    let text = NumberText.fixed(-Double.greatestFiniteMagnitude, 6)
    #expect(text.count == 1 + 309 + 7)
    #expect(Double(text) == -Double.greatestFiniteMagnitude)
  }
}
