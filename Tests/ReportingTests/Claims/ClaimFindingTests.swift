import JSONText
import Records
import Reporting
import TestSupport
import Testing
import Vocabulary

/// Claims against the records of the fixture's table: each verdict, and the page that shows them.
@Suite struct ClaimFindingTests {
  static func claim(
    _ id: String, _ left: (String, String), _ relation: Claim.Relation,
    _ right: (String, String)? = nil, margin: Double = 0, scales: [Scale] = [.small],
    says: String? = nil, isMain: Bool = false
  ) -> Claim {
    Claim(
      id: id, says: says ?? "\"about \(id)\"", place: "abstract", scales: scales,
      left: ClaimCell(row: left.0, column: left.1), relation: relation,
      right: right.map { ClaimCell(row: $0.0, column: $0.1) }, margin: margin, isMain: isMain)
  }

  static let contents: TableContents = {
    do {
      return try TableContents(
        grid: Fixtures.grid, scale: .small, model: Fixtures.model, text: Fixtures.text,
        paper: Fixtures.paper, records: Fixtures.records, notRun: Fixtures.notRun)
    } catch { preconditionFailure("\(error)") }
  }()

  static func finding(_ claim: Claim) -> ClaimFinding? {
    contents.findings(of: ClaimSheet(claims: [claim])).first
  }

  @Test func anOrderIsHeldOrNotOrOpen() throws {
    let held = try #require(
      Self.finding(
        Self.claim("a", ("zeroqat", "ppl-w4a4"), .lower, ("smoothquant", "ppl-w4a4"))))
    #expect(held.verdict == .held && held.wanted == nil)
    let lost = try #require(
      Self.finding(
        Self.claim("a", ("smoothquant", "ppl-w4a4"), .lower, ("zeroqat", "ppl-w4a4"))))
    #expect(lost.verdict == .notHeld)
    let open = try #require(
      Self.finding(
        Self.claim("a", ("zeroqat", "ppl-w6a6"), .lower, ("smoothquant", "ppl-w6a6"))))
    #expect(open.verdict == .undecided)
    // The difference of wobbles: 0.0002 − 0.5·wobble, se = 0.5·√(0.0015/90) = 0.00204, t(0.975, 9) = 2.262 and
    // t(0.80, 9) = 0.883.
    #expect(
      open.evidence
        == "30.51 against 30.51: +0.0002 ± 0.0020 nats (p = 0.92); a difference of 0.0064 would have been seen; "
        + "10 windows, 1 seed")
    #expect(open.wanted?.hasPrefix("more than 100 times the windows") == true)
  }

  /// ZeroQAT − SmoothQuant at W4A4 is −2.7 nats: a claim of 3 fails, one of 1 doesn't.
  @Test func theMarginMoves() throws {
    func verdict(_ margin: Double) -> ClaimVerdict? {
      Self.finding(
        Self.claim(
          "a", ("zeroqat", "ppl-w4a4"), .lower, ("smoothquant", "ppl-w4a4"), margin: margin))?
        .verdict
    }
    #expect(verdict(1) == .held && verdict(3) == .notHeld && verdict(2.7) == .undecided)
  }

  /// +0.0002 ± 0.0020 is within 0.02 by both one-sided tests, and not to be told from within 0.001.
  @Test func equalityNeedsTwoTests() throws {
    func finding(_ margin: Double) -> ClaimFinding? {
      Self.finding(
        Self.claim(
          "a", ("zeroqat", "ppl-w6a6"), .within, ("smoothquant", "ppl-w6a6"), margin: margin))
    }
    #expect(finding(0.02)?.verdict == .held)
    #expect(finding(0.001)?.verdict == .undecided)
    #expect(finding(0.02)?.evidence.contains("margin 0.0200 (p < 0.001)") == true)
    let far = Self.finding(
      Self.claim(
        "a", ("zeroqat", "ppl-w4a4"), .within, ("smoothquant", "ppl-w4a4"), margin: 0.1))
    #expect(far?.verdict == .notHeld)
  }

  @Test func trainingIsHeldAgainstItsStart() throws {
    let gain = try #require(Self.finding(Self.claim("a", ("zeroqat", "ppl-w4a4"), .improves)))
    #expect(gain.verdict == .held)
    #expect(gain.evidence.contains("a gain of "))
    var records = Fixtures.records
    records[9].selection = CheckpointSelection(of: 0, among: records[9].trajectory)
    records[9].zerothOrder?.bestDevelopmentStep = 0
    let start = Fixtures.record(
      "zeroqat", "ppl-w4a4", bits: "W4A4", windows: Fixtures.shifted(1.5, wobble: 3))
    records[9].scores = start.scores
    let contents = try TableContents(
      grid: Fixtures.grid, scale: .small, paper: Fixtures.paper, records: records,
      notRun: Fixtures.notRun)
    let finding = try #require(
      contents.findings(
        of: ClaimSheet(claims: [Self.claim("a", ("zeroqat", "ppl-w4a4"), .improves)])
      ).first)
    #expect(finding.verdict == .notHeld)
    #expect(
      finding.evidence.hasPrefix(
        "development text chose the start, so that nothing was added (p = 1); the last checkpoint, step 150, "
          + "differs from it by −0.29"))
    #expect(finding.evidence.contains("would have been seen"))
    let still = try #require(Self.finding(Self.claim("a", ("rtn", "ppl-w6a6"), .improves)))
    #expect(still.verdict == .notMeasured)
    #expect(still.evidence == "nothing of it was trained step by step")
  }

  @Test func aDivergenceDecidesWithoutATest() throws {
    let lost = Self.finding(
      Self.claim("a", ("rtn", "ppl-w4a4"), .lower, ("zeroqat", "ppl-w4a4")))
    #expect(lost?.verdict == .notHeld)
    #expect(
      lost?.evidence == "it diverged, which is worse than any finite score and needs no test")
    let won = Self.finding(
      Self.claim("a", ("zeroqat", "ppl-w4a4"), .lower, ("rtn", "ppl-w4a4")))
    #expect(won?.verdict == .held)
    let higher = Self.finding(
      Self.claim("a", ("rtn", "ppl-w4a4"), .higher, ("zeroqat", "ppl-w4a4")))
    #expect(higher?.verdict == .held)
  }

  @Test func whatHasNoScoreIsNotMeasured() throws {
    let missing = Self.finding(
      Self.claim("a", ("zeroqat", "ppl-w4a4"), .lower, ("omniquant", "ppl-w4a4")))
    #expect(missing?.verdict == .notMeasured)
    #expect(missing?.evidence == "OmniQuant not run: method not built yet")
    let failed = Self.finding(
      Self.claim("a", ("smoothquant", "ppl-w2a16"), .lower, ("zeroqat", "ppl-w2a16")))
    #expect(failed?.evidence.hasPrefix("SmoothQuant failed: cannot read") == true)
  }

  /// One claim at p = 0.03 stands alone and doesn't among two.
  @Test func claimsAreCorrectedForTheirNumber() throws {
    let own = Self.claim("a", ("zeroqat", "ppl-w4a4"), .improves)
    let open = Self.claim("b", ("zeroqat", "ppl-w6a6"), .lower, ("smoothquant", "ppl-w6a6"))
    let both = Self.contents.findings(of: ClaimSheet(claims: [own, open]))
    #expect(both[0].evidence.contains("Holm's p"))
    #expect(try #require(Self.finding(own)).evidence.contains("Holm") == false)
    // The open one may still use the whole level: the other is decided.
    #expect(both[1].evidence.contains("(p = 0.92, Holm's p = 0.92); a difference of 0.0064"))
  }

  static let sheet = ClaimSheet(claims: [
    claim(
      "a", ("zeroqat", "ppl-w4a4"), .lower, ("smoothquant", "ppl-w4a4"), scales: [.small, .paper],
      says: "\"outperforms\"", isMain: true),
    claim(
      "b", ("zeroqat", "ppl-w6a6"), .lower, ("smoothquant", "ppl-w6a6"), says: "\"outperforms\""),
    claim("c", ("zeroqat", "ppl-w4a4"), .improves),
    claim("d", ("zeroqat", "ppl-w4a4"), .lower, ("omniquant", "ppl-w4a4"), margin: 0.01),
    claim("e", ("rtn", "ppl-w4a4"), .lower, ("zeroqat", "ppl-w4a4")),
    claim("f", ("zeroqat", "ppl-w6a6"), .within, ("smoothquant", "ppl-w6a6"), margin: 0.02),
  ])

  @Test func thePageIsWhatWeSaw() throws {
    let table = ClaimedTable(Self.sheet, grid: Fixtures.grid, [Self.contents])
    try expectSnapshot(ClaimsPage.markdown([table]), "claims.md")
    try expectSnapshot(ClaimsPage.mainLines([table]) + "\n", "claims-main.md")
    #expect(table.isMeasured)
    #expect(!ClaimedTable(Self.sheet, grid: Fixtures.grid, []).isMeasured)
  }
}
