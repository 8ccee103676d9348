import JSONText
import Records
import Reporting
import TestSupport
import Testing
import Vocabulary

@Suite struct CheckReportTests {
  static func check(
    _ change: (inout [RunRecord]) -> Void = { _ in }, committed: [RunRecord] = Fixtures.records,
    currentIDs: [CellAddress: String]? = nil
  ) -> CheckReport {
    var fresh = Fixtures.records
    change(&fresh)
    return checkRecords(
      table: "table2", scale: .small, cells: cells(currentIDs), fresh: fresh, committed: committed)
  }

  /// The cells of the fixtures' grid.
  static func cells(_ currentIDs: [CellAddress: String]? = nil) -> [CheckedCell] {
    Fixtures.grid.points(at: .small).map {
      CheckedCell($0.address, metrics: $0.metrics, currentID: currentIDs?[$0.address])
    }
  }

  /// A change of all windows of the record at `index` by a factor of its perplexity.
  static func scaled(_ index: Int, by factor: Double) -> (inout [RunRecord]) -> Void {
    { records in
      let score = records[index].scores[0]
      let shift = logarithm(factor)
      records[index].scores[0] = Fixtures.score(
        score.windowNLL.compactMap(\.self).map { $0 + shift })
      records[index].scores[0].alternativeMeanNLL = score.alternativeMeanNLL.map { $0 + shift }
      for point in records[index].trajectory.indices {
        records[index].trajectory[point].testWindowNLL =
          records[index].trajectory[point].testWindowNLL.map { $0.map { $0 + shift } }
      }
    }
  }

  @Test func equalRecordsPass() {
    let report = Self.check()
    #expect(report.outcome == .allGood)
    // One failed on both sides.
    #expect(report.count(.pass) == 9 && report.count(.skipped) == 1)
    #expect(report.cases[0].detail == "identical")
  }

  /// Index 0 is full precision, 2 is weight-only.
  @Test(arguments: [0, 2])
  func halfAPercentWorseFails(index: Int) {
    let report = Self.check(Self.scaled(index, by: 1.005))
    #expect(report.outcome == .regression)
    #expect(report.cases[index].result == .failure)
    #expect(
      report.cases[index].detail
        == "+0.500 % perplexity, +0.00499 nats: worse than allowed")
    #expect(Self.check(Self.scaled(index, by: 1.0049)).outcome == .allGood)
  }

  @Test func betterPassesWithANote() {
    let report = Self.check(Self.scaled(0, by: 0.99))
    #expect(report.outcome == .allGood)
    #expect(
      report.cases[0].detail
        == "−1.000 % perplexity, −0.01005 nats: better by more than the tolerance; commit the new "
        + "record if that is meant")
  }

  @Test func quantizedActivationsAreJudgedByTheirRoundingFloor() {
    // Index 1 is W6A6 with a measured floor of 0.012 nats: 3 × 0.012 are allowed.
    #expect(Self.check(Self.scaled(1, by: exponential(0.0355))).outcome == .allGood)
    let report = Self.check(Self.scaled(1, by: exponential(0.0365)))
    #expect(report.outcome == .regression)
    #expect(report.cases[1].figures[0].tolerance?.text == "≤ +0.0360 nats (3·√(0.0120² + 0.0000²))")
  }

  @Test func withoutAMeasuredFloorTheKnownOneIsTaken() {
    // Index 4 is W6A6 over 5,110 tokens: 0.77/√5110 = 0.01077 nats.
    #expect(Self.check(Self.scaled(4, by: exponential(0.0322))).outcome == .allGood)
    #expect(Self.check(Self.scaled(4, by: exponential(0.0325))).outcome == .regression)
    #expect(CheckTolerance.roundingPerToken(activationBits: 8) == 0.21)
    #expect(CheckTolerance.roundingPerToken(activationBits: 4) == 2.4)
  }

  /// Runs that differ by rounding alone must pass, planted losses must not.
  @Test func falseAlarmsAreRareAndPlantedLossesAreFound() {
    var generator = SeededGenerator(seed: 11)
    let committed = Fixtures.record(
      "rtn", "ppl-w6a6", bits: "W6A6",
      windows: (0..<40).map { _ in 3.5 + 0.3 * generator.gaussian() })
    let tokens = 511.0
    var (alarms, found) = (0, 0)
    let trials = 1000
    for _ in 0..<trials {
      let noise = (0..<40).map { _ in 0.77 / tokens.squareRoot() * generator.gaussian() }
      for planted in [0, 0.05] {
        let windows = zip(committed.scores[0].windowNLL.compactMap(\.self), noise).map {
          $0 + $1 + planted
        }
        let report = checkRecords(
          table: "table2", scale: .small, cells: Self.cells(),
          fresh: [Fixtures.record("rtn", "ppl-w6a6", bits: "W6A6", windows: windows)],
          committed: [committed])
        guard report.outcome == .regression else { continue }
        if planted == 0 { alarms += 1 } else { found += 1 }
      }
    }
    #expect(Double(alarms) / Double(trials) <= 0.01)
    #expect(Double(found) / Double(trials) >= 0.99)
  }

  @Test func missingAndStaleRecordsAreNeverAPass() throws {
    #expect(Self.check { $0.remove(at: 4) }.outcome == .nothingMeasured)
    #expect(Self.check { $0.removeAll() }.outcome == .nothingMeasured)
    #expect(Self.check(committed: []).outcome == .nothingMeasured)
    let address = Fixtures.records[4].cell.address
    let stale = Self.check(currentIDs: [address: Fixtures.hex("today")])
    #expect(stale.outcome == .nothingMeasured)
    #expect(stale.cases[4].result == .error)
    #expect(stale.cases[4].detail.hasPrefix("stale: the record is e0cd8281dcbd, today's cell is "))
    let options = Self.check {
      $0[4].cell.method.options = .object([JSON.Member("alpha", .integer(1))])
    }
    #expect(options.cases[4].detail == "stale: the method's options changed")
    let shortened = Self.check {
      $0[4].scores = [Fixtures.score(Array(Fixtures.shifted(0.1).prefix(5)))]
    }
    #expect(
      shortened.cases[4].detail
        == "stale: 10 windows became 5; a shortened run isn't comparable")
    let text = Self.check { $0[4].digests = [NamedText("tokens.test", "x")] }
    #expect(text.cases[4].detail == "stale: another test token stream")
  }

  @Test func aFailedCellIsAnErrorAndADivergedOneAFailure() {
    let failed = Self.check {
      $0[0].status = .failed
      $0[0].reason = "killed by signal 9"
    }
    #expect(failed.outcome == .nothingMeasured)
    #expect(failed.cases[0].detail == "the fresh cell failed: killed by signal 9")
    let diverged = Self.check { $0[0].status = .diverged }
    #expect(diverged.outcome == .regression)
    // A regression stays one when something else is missing.
    #expect(
      Self.check {
        $0[0].status = .diverged
        $0.removeLast()
      }.outcome == .regression)
  }

  @Test func aCellThatIsTooLargeIsComparedWithNothing() {
    func tooLarge(_ record: inout RunRecord) {
      record.status = .tooLarge
      record.reason = "needs 48.1 GiB"
    }
    let fresh = Self.check { tooLarge(&$0[0]) }
    #expect(fresh.outcome == .nothingMeasured && fresh.cases[0].result == .error)
    #expect(fresh.cases[0].detail == "the fresh cell is too large: needs 48.1 GiB")
    var committed = Fixtures.records
    tooLarge(&committed[0])
    let both = Self.check({ tooLarge(&$0[0]) }, committed: committed)
    #expect(both.cases[0].result == .skipped)
    #expect(both.cases[0].detail == "too large, as the committed one was")
    let better = Self.check(committed: committed)
    #expect(better.cases[0].result == .pass)
    #expect(better.cases[0].detail == "finished, the committed one was too large")
  }

  @Test func reportsForPeopleAndForMachines() throws {
    let report = Self.check { records in
      Self.scaled(0, by: 1.01)(&records)
      Self.scaled(2, by: 0.9)(&records)
      records[6].reason = "said <\"this\"> & that"
      records[6].status = .failed
      records.remove(at: 8)
      records.append(
        Fixtures.record("omniquant", "ppl-w4a4", bits: "W4A4", windows: Fixtures.windows))
    }
    try expectSnapshot(report.markdown, "check.md")
    try expectSnapshot(report.junit, "check.xml")
  }

  @Test func anEditedNumberIsAnError() {
    let fresh = Self.check { $0[0].scores[0].value = 27.5 }
    #expect(fresh.outcome == .nothingMeasured)
    #expect(fresh.cases[0].result == .error)
    #expect(
      fresh.cases[0].detail.hasSuffix(
        "contradicts itself: value: expected 27.605085141238803 by its windows, found 27.5; it was "
          + "edited or damaged, run the cell again"))
    var committed = Fixtures.records
    committed[0].scores[0].windowNLL[3] = 3.45
    #expect(Self.check(committed: committed).cases[0].result == .error)
  }
}
