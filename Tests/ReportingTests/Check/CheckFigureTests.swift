import Records
import Reporting
import TestSupport
import Testing
import Vocabulary

/// What a check compares beside perplexities: tasks example by example, memory, time, diagnostics.
@Suite struct CheckFigureTests {
  /// A record of a task, by its outcomes.
  private static func task(
    _ outcomes: [Double], bits: BitsLabel = "W4A4", metric: String = "accuracy"
  ) -> RunRecord {
    var record = Fixtures.record("rtn", "ppl-w4a4", bits: bits, windows: Fixtures.windows)
    let n = Double(outcomes.count)
    let mean = outcomes.reduce(0, +) / n
    let squares = outcomes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    record.scores = [
      Score(
        split: "test", task: "sst2", metric: metric, value: mean,
        standardError: n > 1 ? (squares / (n - 1) / n).squareRoot() : nil, outcomes: outcomes,
        scoredTokens: 100)
    ]
    return record
  }

  private static func check(
    _ fresh: RunRecord, _ committed: RunRecord, _ metrics: [Metric] = [.accuracy]
  ) -> CheckReport {
    checkRecords(
      table: "table2", scale: .small,
      cells: [CheckedCell(committed.cell.address, metrics: metrics)], fresh: [fresh],
      committed: [committed])
  }

  /// So many right answers, then wrong ones.
  private static func right(_ count: Int, of total: Int = 500) -> [Double] {
    (0..<total).map { $0 < count ? 1 : 0 }
  }

  @Test func equalOutcomesAreIdentical() throws {
    let report = Self.check(Self.task(Self.right(400)), Self.task(Self.right(400)))
    #expect(report.outcome == .allGood)
    let figure = try #require(report.cases.first?.figures.first)
    #expect(figure.name == "accuracy of sst2" && figure.detail == "identical")
    #expect(figure.committed == 80 && figure.fresh == 80)
    #expect(figure.tolerance?.text == "p ≥ 0.00135 (McNemar, one-sided)")
  }

  /// 2⁻⁹ = 0.00195 is above the level, 2⁻¹⁰ = 0.00098 below it.
  @Test func tenLostExamplesAreMoreThanRoundingLoses() {
    let nine = Self.check(Self.task(Self.right(391)), Self.task(Self.right(400)))
    #expect(nine.outcome == .allGood)
    #expect(nine.cases[0].detail == "−1.80 points, 0 of 500 examples better and 9 worse")
    let ten = Self.check(Self.task(Self.right(390)), Self.task(Self.right(400)))
    #expect(ten.outcome == .regression)
    #expect(
      ten.cases[0].detail
        == "−2.00 points, 0 of 500 examples better and 10 worse: worse than allowed")
    let better = Self.check(Self.task(Self.right(410)), Self.task(Self.right(400)))
    #expect(better.outcome == .allGood)
    #expect(better.cases[0].detail.hasSuffix("; commit the new record if that is meant"))
  }

  /// As many examples gained as lost: no regression, however many.
  @Test func examplesThatChangeBothWaysAreNoRegression() {
    let committed = Self.right(250)
    let fresh = (0..<500).map { $0 < 200 || $0 >= 450 ? 1.0 : 0 }
    let report = Self.check(Self.task(fresh), Self.task(committed))
    #expect(report.outcome == .allGood)
    #expect(report.cases[0].detail == "0.00 points, 50 of 500 examples better and 50 worse")
  }

  @Test func sharesAreHeldToThePairedTTest() {
    let committed = (0..<200).map { Double($0 % 5) / 5 }
    // Every third example loses 0.1 of its F1, every ninth wins that: t = 2.6, p = 0.006.
    let fresh = committed.enumerated().map { index, value in
      index % 9 == 0 ? value + 0.1 : index % 3 == 0 ? value - 0.1 : value
    }
    let report = Self.check(
      Self.task(fresh, metric: "f1"), Self.task(committed, metric: "f1"), [.f1])
    #expect(report.outcome == .allGood)
    #expect(report.cases[0].figures[0].tolerance?.text == "p ≥ 0.00135 (paired t, one-sided)")
    let worse = committed.enumerated().map { $0 % 3 == 0 ? $1 - 0.1 : $1 }
    #expect(
      Self.check(Self.task(worse, metric: "f1"), Self.task(committed, metric: "f1"), [.f1])
        .outcome == .regression)
    // All lose the same: no spread, no doubt.
    let even = committed.map { $0 - 0.001 }
    #expect(
      Self.check(Self.task(even, metric: "f1"), Self.task(committed, metric: "f1"), [.f1])
        .outcome == .regression)
  }

  @Test(arguments: ["FP", "W2A16"] as [BitsLabel])
  func withoutQuantizedActivationsHalfAPointIsTheLimit(
    bits: BitsLabel
  ) {
    func outcome(_ right: Int, of total: Int = 1000) -> CheckReport {
      Self.check(
        Self.task(Self.right(right, of: total), bits: bits),
        Self.task(Self.right(total / 2, of: total), bits: bits))
    }
    #expect(outcome(495).outcome == .allGood)
    #expect(outcome(494).outcome == .regression)
    #expect(outcome(494).cases[0].figures[0].tolerance?.text == "≥ −0.50 points")
    // One example of forty weighs 2.5 points.
    #expect(outcome(19, of: 40).outcome == .allGood)
    #expect(outcome(18, of: 40).outcome == .regression)
  }

  /// Runs that differ by rounding alone must pass, planted losses must not.
  @Test func falseAlarmsOfTasksAreRareAndPlantedLossesAreFound() {
    var generator = SeededGenerator(seed: 5)
    let committed = Self.right(350)
    var (alarms, found) = (0, 0)
    let trials = 1000
    for _ in 0..<trials {
      // A tenth of the examples is so near to a tie that rounding decides.
      let undecided = committed.map { _ in generator.gaussian().magnitude < 0.1257 }
      let fresh = zip(committed, undecided).map { $1 ? (generator.gaussian() < 0 ? 0 : 1) : $0 }
      let before = zip(committed, undecided).map { $1 ? (generator.gaussian() < 0 ? 0 : 1) : $0 }
      // Ten in a hundred right answers become wrong.
      let worse = fresh.map { $0 == 1 && generator.gaussian() < -1.2816 ? 0 : $0 }
      if Self.check(Self.task(fresh), Self.task(before)).outcome == .regression { alarms += 1 }
      if Self.check(Self.task(worse), Self.task(before)).outcome == .regression { found += 1 }
    }
    #expect(Double(alarms) / Double(trials) <= 0.005)
    #expect(Double(found) / Double(trials) >= 0.9)
  }

  @Test func otherExamplesAreStale() {
    let committed = Self.task(Self.right(400))
    let shortened = Self.check(Self.task(Self.right(40, of: 50)), committed)
    #expect(shortened.outcome == .nothingMeasured)
    #expect(
      shortened.cases[0].detail
        == "stale: 500 examples became 50; a shortened run isn't comparable")
    var digested = committed
    digested.digests.append(NamedText("examples.sst2.test", "a"))
    let other = Self.check(committed, digested)
    #expect(other.cases[0].detail == "stale: other examples: sst2.test")
    var edited = committed
    edited.scores[0].value = 0.9
    #expect(
      Self.check(edited, committed).cases[0].detail.hasSuffix(
        "contradicts itself: sst2 value: expected 0.8 by its examples, found 0.9; it was edited or "
          + "damaged, run the cell again"))
    var without = committed
    without.scores = []
    #expect(
      Self.check(without, committed).cases[0].detail
        == "the fresh record has no test accuracy of sst2")
    #expect(
      Self.check(committed, without).cases[0].detail == "the committed record has no test score")
  }

  /// A model that answers tasks has several scores: each is a figure, and the worst one counts.
  @Test func everyScoreOfACellIsCompared() {
    var committed = Self.task(Self.right(400))
    committed.scores += Self.task(Self.right(300), metric: "acc_norm").scores
    var fresh = committed
    #expect(Self.check(fresh, committed).cases[0].figures.count == 2)
    fresh.scores[1] = Self.task(Self.right(200), metric: "acc_norm").scores[0]
    let report = Self.check(fresh, committed)
    #expect(report.outcome == .regression)
    #expect(
      report.cases[0].detail
        == "accuracy of sst2: identical; acc_norm of sst2: −20.00 points, 0 of 500 examples better "
        + "and 100 worse: worse than allowed")
    #expect(report.markdown.contains("| pass | identical |"))
    #expect(report.markdown.contains("| 60.00 | 40.00 | p ≥ 0.00135 (McNemar, one-sided) |"))
  }

  // — of the process —

  private static func process(
    _ change: (inout Measurement) -> Void = { _ in }, synthetic: Bool = true
  ) -> RunRecord {
    var record = Fixtures.record("rtn", "ppl-w4a4", bits: "W4A4", windows: Fixtures.windows)
    record.cell.model.synthetic = synthetic ? true : nil
    record.measurement?.peakResidentBytes = 1_000_000_000
    record.measurement?.updates = UpdateTimes([1, 1.2, 1.4])
    if var measurement = record.measurement {
      change(&measurement)
      record.measurement = measurement
    }
    return record
  }

  private static func checkProcess(
    _ fresh: RunRecord, _ committed: RunRecord = process(), printed metrics: [Metric]
  ) -> CheckReport {
    check(fresh, committed, metrics)
  }

  @Test func memoryMayRiseByFivePercent() {
    func report(_ bytes: Int) -> CheckReport {
      Self.checkProcess(Self.process { $0.peakResidentBytes = bytes }, printed: [.peakMemory])
    }
    #expect(report(1_000_000_000).cases[0].detail == "identical")
    #expect(report(1_049_000_000).outcome == .allGood)
    #expect(report(1_049_000_000).cases[0].detail == "+4.90 %")
    #expect(report(1_051_000_000).outcome == .regression)
    #expect(report(1_051_000_000).cases[0].figures[0].tolerance?.text == "≤ +5 % memory")
    #expect(report(900_000_000).cases[0].detail.hasPrefix("−10.00 %: better by more than"))
    let threads = Self.checkProcess(
      Self.process {
        $0.threads = 4
        $0.peakResidentBytes = 2_000_000_000
      }, printed: [.peakMemory])
    #expect(threads.outcome == .nothingMeasured && threads.cases[0].result == .skipped)
    #expect(threads.cases[0].detail == "2 threads became 4: not comparable")
  }

  @Test func onlyTheShortestUpdateIsHeldToTheMedian() {
    func report(_ change: (inout Measurement) -> Void) -> CheckReport {
      Self.checkProcess(Self.process(change), printed: [.updateTime])
    }
    // The machine was busy: the median trebled, the shortest didn't.
    let busy = report { $0.updates = UpdateTimes([2.3, 3.6, 9]) }
    #expect(busy.outcome == .allGood)
    #expect(busy.cases[0].detail == "the shortest 1.92 × the committed median")
    let slow = report { $0.updates = UpdateTimes([2.5, 3, 3]) }
    #expect(slow.outcome == .regression)
    #expect(slow.cases[0].figures[0].tolerance?.text == "shortest ≤ 2 × the median")
    let other = report { $0.processor = "Another CPU" }
    #expect(other.cases[0].result == .skipped)
    #expect(
      other.cases[0].detail == "another processor: Example CPU @ 2.50GHz became Another CPU")
    let resumed = report {
      $0.updates = nil
      $0.resumes = 1
    }
    #expect(resumed.cases[0].result == .skipped)
    let lost = report { $0.updates = nil }
    #expect(lost.cases[0].result == .error)
    #expect(lost.cases[0].detail == "the fresh record has no timed updates")
    // What has no updates never had: a page says so, a check too.
    let none = Self.process { $0.updates = nil }
    #expect(
      Self.checkProcess(none, none, printed: [.updateTime]).cases[0].detail
        == "the committed record has no timed updates")
  }

  @Test func scoresOfDrawnWeightsAreNotCompared() {
    var fresh = Self.process()
    fresh.scores[0] = Fixtures.score(Fixtures.shifted(1))
    #expect(Self.checkProcess(fresh, printed: [.peakMemory]).outcome == .allGood)
    let scores = Self.checkProcess(fresh, printed: [.perplexity])
    #expect(scores.cases[0].result == .skipped)
    #expect(scores.cases[0].detail == "the model's weights are drawn: its scores say nothing")
    let missing = checkRecords(
      table: "table2", scale: .small,
      cells: [CheckedCell(fresh.cell.address, metrics: [.peakMemory])], fresh: [],
      committed: [fresh])
    #expect(missing.cases[0].figures[0].name == "peak memory")
    #expect(missing.cases[0].figures[0].committed == 1e9 / Double(1 << 30))
    #expect(
      Self.checkProcess(
        {
          var real = fresh
          real.cell.model.synthetic = nil
          return real
        }(), Self.process(synthetic: false), printed: [.peakMemory]
      ).outcome == .regression)
  }

  /// What is too large on both machines is compared by the prediction that the page prints.
  @Test func predictionsOfWhatIsTooLargeAreCompared() {
    func tooLarge(_ bytes: Int) -> RunRecord {
      var record = Self.process { $0.analyticBytes = bytes }
      record.status = .tooLarge
      record.scores = []
      return record
    }
    let committed = tooLarge(100 << 30)
    let equal = Self.checkProcess(
      tooLarge(100 << 30), committed, printed: [.peakMemory, .updateTime])
    #expect(equal.outcome == .allGood)
    #expect(equal.cases[0].detail == "too large, as the committed one was; prediction identical")
    let larger = Self.checkProcess(
      tooLarge(110 << 30), committed, printed: [.peakMemory, .updateTime])
    #expect(larger.outcome == .regression)
    #expect(
      larger.cases[0].detail
        == "too large, as the committed one was; prediction +10.00 %: worse than allowed")
  }

  @Test func blockErrorsMayRiseByFivePercentOnAverage() {
    func record(_ errors: [Double]) -> RunRecord {
      var record = Fixtures.record("rtn", "ppl-w4a4", bits: "W4A4", windows: Fixtures.windows)
      record.cell.diagnostics = [.blockErrors]
      record.series = [
        RunSeries(
          "block error", per: "block", unit: "", x: errors.indices.map(Double.init), y: errors)
      ]
      return record
    }
    let committed = record([0.1, 0.2, 0.3])
    #expect(
      Self.check(committed, committed, [.perplexity]).cases[0].detail
        == "perplexity: identical; block error: identical")
    #expect(Self.check(record([0.12, 0.2, 0.3]), committed).outcome == .allGood)
    let worse = Self.check(record([0.12, 0.22, 0.3]), committed)
    #expect(worse.outcome == .regression)
    #expect(
      worse.cases[0].detail
        == "perplexity: identical; block error: +6.67 % on average: worse than allowed")
    let none = Self.check(record([0.1, .nan, 0.3]), committed)
    #expect(none.cases[0].result == .error)
  }

  // — which cells —

  /// One cell at two places of the grid is committed at one of them, and checked once.
  @Test func aSharedCellIsCheckedOnce() {
    let record = Fixtures.record("rtn", "ppl-w6a6", bits: "W6A6", windows: Fixtures.windows)
    var twin = record
    twin.cell.address.row = "same"
    let cells = [record, twin].map {
      CheckedCell($0.cell.address, metrics: [.perplexity], currentID: record.cell.id)
    }
    let report = checkRecords(
      table: "t", scale: .tiny, cells: cells, fresh: [record, twin], committed: [twin])
    #expect(report.cases.map(\.address.row) == ["same"])
    #expect(report.outcome == .allGood)
  }

  @Test func whatTheGridDoesNotHaveIsSaid() {
    let record = Fixtures.record("rtn", "ppl-w6a6", bits: "W6A6", windows: Fixtures.windows)
    func report(strangers: Bool) -> CheckReport {
      checkRecords(
        table: "t", scale: .tiny, cells: [], fresh: [], committed: [record], strangers: strangers)
    }
    #expect(report(strangers: true).cases[0].detail == "committed, but the grid has no such cell")
    #expect(report(strangers: true).outcome == .nothingMeasured)
    #expect(report(strangers: false).cases.isEmpty)
    let missing = checkRecords(
      table: "t", scale: .tiny,
      cells: [
        CheckedCell(record.cell.address, metrics: [.perplexity], obstacle: "method not built yet")
      ], fresh: [], committed: [record])
    #expect(
      missing.cases[0].detail == "missing: there is no fresh record; method not built yet")
    // A program of somebody else's that isn't here: said, and no fault of this machine's.
    let program = checkRecords(
      table: "t", scale: .tiny,
      cells: [
        CheckedCell(
          record.cell.address, metrics: [.perplexity],
          obstacle: "there is no program 'mine' on PATH", lacksProgram: true)
      ], fresh: [], committed: [record])
    #expect(program.cases[0].detail == "not run: there is no program 'mine' on PATH")
    #expect(program.cases[0].result == .skipped)
    // Alone it is no pass.
    #expect(program.outcome == .nothingMeasured)
  }

  @Test func severalTablesHaveOneOutcome() {
    let record = Fixtures.record("rtn", "ppl-w6a6", bits: "W6A6", windows: Fixtures.windows)
    func report(_ table: String, fresh: [RunRecord], committed: [RunRecord]) -> CheckReport {
      checkRecords(
        table: table, scale: .tiny,
        cells: [CheckedCell(record.cell.address, metrics: [.perplexity])], fresh: fresh,
        committed: committed)
    }
    let good = report("a", fresh: [record], committed: [record])
    let missing = report("b", fresh: [], committed: [record])
    let unpublished = report("c", fresh: [record], committed: [])
    var worse = record
    worse.status = .diverged
    let regression = report("d", fresh: [worse], committed: [record])
    #expect([good, unpublished].outcome == .allGood)
    #expect([good, missing].outcome == .nothingMeasured)
    #expect([missing, regression, good].outcome == .regression)
    #expect([unpublished].outcome == .nothingMeasured)
    #expect([CheckReport]().outcome == .nothingMeasured)
    #expect(
      [good, missing, unpublished, regression].summary == """
        # Check of 4 tables: regression

        | Table | Result | Cells |
        | :-- | :-- | :-- |
        | a | pass | 1 pass, 0 worse, 0 missing or stale, 0 skipped |
        | b | **nothing measured, or something missing** | 0 pass, 0 worse, 1 missing or stale, \
        0 skipped |
        | c | nothing committed | 0 pass, 0 worse, 0 missing or stale, 1 skipped (1 fresh only) |
        | d | **regression** | 0 pass, 1 worse, 0 missing or stale, 0 skipped |

        """)
  }
}
