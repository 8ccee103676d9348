import Records
import Reporting
import TestSupport
import Testing
import Vocabulary

/// How small a difference the fixture's table can show.
@Suite struct PowerPageTests {
  static func contents(_ records: [RunRecord] = Fixtures.records) throws -> TableContents {
    try TableContents(
      grid: Fixtures.grid, scale: .small, model: Fixtures.model, text: Fixtures.text,
      paper: Fixtures.paper, records: records, notRun: Fixtures.notRun)
  }

  @Test func thePageIsWhatWeSaw() throws {
    try expectSnapshot(try #require(Self.contents().powerPage), "power.md")
  }

  /// ZeroQAT − SmoothQuant at W6A6 is 0.0002 − 0.5·wobble: se 0.5·√(0.0014/90), 9 degrees of freedom,
  /// (2.262 + 0.883)·0.00197 = 0.0064.
  @Test func theLineOfAColumn() throws {
    let power = try Self.contents().power
    #expect(
      power.map(\.title) == ["PPL W6A6 ↓", "PPL W2A16 ↓", "PPL W4A4 ↓"])
    #expect(
      power[0].line
        == "smallest visible difference: 0.0064 nats (median over 1 order), largest 0.0064")
    // Nobody is ordered at W2A16: what is compared there are a start and RTN.
    #expect(power[1].line.contains("(median over 2 comparisons)"))
  }

  @Test func halfTakesFourTimesTheWindowsAndTheirMinutes() throws {
    let page = try #require(Self.contents().powerPage)
    // RTN, SmoothQuant and ZeroQAT with 10 s of scoring each: 3·30 s more; 13.75 s a cell.
    #expect(
      page.contains(
        "Half of that takes four times the windows (40 in place of 10): 1.5 min more of scoring beside the "
          + "0.7 min that these cells take, as weights aren't kept."))
  }

  /// Where seeds differ more than windows, seeds are what it takes.
  @Test func seedsAreNamedWhereTheyLimit() throws {
    var grid = Fixtures.grid
    grid.columns = [grid.columns[2]]
    grid.scales.small?.seeds = ["zeroqat": [1, 2]]
    let records =
      [
        Fixtures.record("full-precision", "ppl-w4a4", bits: "FP", windows: Fixtures.windows),
        Fixtures.record("smoothquant", "ppl-w4a4", bits: "W4A4", windows: Fixtures.shifted(1)),
      ]
      + [(1, 0.5), (2, 0.9)].map { seed, shift in
        Fixtures.record(
          "zeroqat", "ppl-w4a4", bits: "W4A4", windows: Fixtures.shifted(shift, wobble: 1.1),
          seed: UInt64(seed))
      }
    let page = try #require(
      TableContents(
        grid: grid, scale: .small, model: Fixtures.model, text: Fixtures.text,
        paper: Fixtures.w4a4Paper, records: records, notRun: [:]
      ).powerPage)
    // Two cells of 13.75 s, three times more of each.
    #expect(
      page.contains(
        "Half of that takes four times the seeds (8 in place of 2): 1.4 min more."))
    #expect(!page.contains("Trainings with one seed"))
  }

  @Test func nothingTestedHasNoPage() throws {
    #expect(try Self.contents([]).powerPage == nil)
  }
}
