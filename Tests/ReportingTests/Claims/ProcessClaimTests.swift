import Records
import Reporting
import TestSupport
import Testing
import Vocabulary

/// Claims about memory and time, and about tasks that are guessed.
@Suite struct ProcessClaimTests {
  static func grid(_ metric: Metric) -> Grid {
    var grid = Fixtures.grid
    grid.rows = [grid.rows[1], grid.rows[4]]
    grid.columns = [GridColumn(key: "c", label: "C", metric: metric, bits: "W4A4")]
    if metric.isOfTasks {
      grid.texts = ["quiz": "Quiz"]
      grid.columns[0].tasks = ["quiz"]
      grid.scales.small?.texts = ["quiz": ["quiz"]]
    }
    return grid
  }

  static func record(_ row: String, bytes: Int, seconds: [Double]) -> RunRecord {
    var record = Fixtures.record(row, "c", bits: "W4A4", windows: Fixtures.windows)
    record.measurement?.peakResidentBytes = bytes
    record.measurement?.updates = UpdateTimes(seconds)
    return record
  }

  static func finding(_ metric: Metric, _ claim: Claim, _ records: [RunRecord]) throws
    -> ClaimFinding
  {
    let contents = try TableContents(
      grid: grid(metric), scale: .small, panels: [:], records: records)
    return try #require(contents.findings(of: ClaimSheet(claims: [claim])).first)
  }

  static func ratio(_ most: Double) -> Claim {
    Claim(
      id: "a", says: "a", place: "b", scales: [.small],
      left: ClaimCell(row: "zeroqat", column: "c"),
      relation: .ratio, right: ClaimCell(row: "rtn", column: "c"), most: most)
  }

  /// A peak of a quarter repeats within 2 %: 0.245 to 0.255.
  @Test(arguments: [(0.26, ClaimVerdict.held), (0.25, .undecided), (0.24, .notHeld)])
  func peaks(most: Double, expected: ClaimVerdict) throws {
    let records = [
      Self.record("rtn", bytes: 4 << 30, seconds: [1, 1]),
      Self.record("zeroqat", bytes: 1 << 30, seconds: [1, 1]),
    ]
    let finding = try Self.finding(.peakMemory, Self.ratio(most), records)
    #expect(finding.verdict == expected)
    #expect(
      finding.evidence
        == "0.25 (0.245 to 0.255) against at most \(most); peaks of a process repeat within 2 %, no test"
    )
    let alone = Claim(
      id: "a", says: "a", place: "b", scales: [.small], left: ClaimCell(row: "rtn", column: "c"),
      relation: .atMost, most: 8)
    #expect(try Self.finding(.peakMemory, alone, records).verdict == .held)
  }

  /// Updates of 2 to 3 s against 8 to 10: between 2/10 and 3/8.
  @Test(arguments: [(0.4, ClaimVerdict.held), (0.3, .undecided), (0.19, .notHeld)])
  func times(most: Double, expected: ClaimVerdict) throws {
    let records = [
      Self.record("rtn", bytes: 1, seconds: [8, 10]),
      Self.record("zeroqat", bytes: 1, seconds: [2, 3]),
    ]
    #expect(try Self.finding(.updateTime, Self.ratio(most), records).verdict == expected)
    let once = [records[0], Self.record("zeroqat", bytes: 1, seconds: [2])]
    let finding = try Self.finding(.updateTime, Self.ratio(most), once)
    #expect(finding.verdict == .notMeasured)
    #expect(finding.wanted == "two timed updates or more of both")
  }

  /// 55 right of 100 are within 20 points of guessing, and not to be told from 10.
  @Test func chance() throws {
    let outcomes = (0..<100).map { $0 < 55 ? 1.0 : 0 }
    var record = Fixtures.record("zeroqat", "c", bits: "W4A4", windows: Fixtures.windows)
    record.scores = [
      Score(
        split: "test", task: "quiz", metric: "accuracy", value: 0.55,
        standardError: (0.55 * 0.45 / 99).squareRoot(), outcomes: outcomes, scoredTokens: 100)
    ]
    func claim(_ margin: Double) -> Claim {
      Claim(
        id: "a", says: "a", place: "b", scales: [.small],
        left: ClaimCell(row: "zeroqat", column: "c"), relation: .atChance, margin: margin,
        chance: 50)
    }
    let near = try Self.finding(.accuracy, claim(20), [record])
    #expect(near.verdict == .held)
    // se = 100·√(0.2475/99) = 5: (20 − 5)/5 = 3 standard errors, one-sided; 1.984 + 0.845 of them are visible.
    #expect(
      near.evidence
        == "55.00 against 50.00: +5.00 ± 5.00 points, margin 20.00 (p = 0.0017); a distance from the margin of "
        + "14.15 would have been seen; 100 examples, 1 seed")
    #expect(try Self.finding(.accuracy, claim(10), [record]).verdict == .undecided)
    record.scores[0].outcomes = (0..<100).map { $0 < 90 ? 1.0 : 0 }
    record.scores[0].value = 0.9
    record.scores[0].standardError = (0.9 * 0.1 / 99).squareRoot()
    #expect(try Self.finding(.accuracy, claim(10), [record]).verdict == .notHeld)
  }
}
