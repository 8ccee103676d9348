import Glibc
import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

@Suite struct RunnerTests {
  static let modelWithAnchor = SampleCheckout.model(
    anchors: """
      { "protocol": "verse-8", "testWindows": 2, "perplexity": 30, "relativeTolerance": 0.01,
        "source": "elsewhere" }
      """)

  @Test func everyCellIsRunOnceAndMeasured() throws {
    let fixture = Fixture(try SampleCheckout())
    let lines = Lines()
    let summary = try fixture.run(fixture.plan(), lines: lines)
    #expect(summary.finished == 5)
    #expect(summary.exitStatus == 0)
    #expect(fixture.sample.runs().count == 5)
    let record = try #require(try fixture.record("rtn"))
    #expect(record.status == .finished)
    #expect(record.measurement?.commit == "c0ffee")
    #expect((record.measurement?.waitResidentBytes ?? 0) > 0)
    let started = try #require(record.measurement?.startedAt)
    #expect(started.wholeMatch(of: /20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\dZ/) != nil)
    #expect(record.events.isEmpty)
    #expect(try listFolder(fixture.store.folder).allSatisfy { $0.hasSuffix(".json") })
    #expect(lines.all.first == "[1/5] fp FP …\n")
    #expect(lines.text.contains("[5/5] odd W4A4: perplexity 29.964, 0 s, 0 MiB\n"))
  }

  @Test func aSecondRunRunsNothing() throws {
    let fixture = Fixture(try SampleCheckout())
    _ = try fixture.run(fixture.plan())
    let again = try fixture.plan()
    #expect(again.toRun == 0)
    #expect(again.description.hasSuffix("\nnothing to run"))
    let summary = try fixture.run(again)
    #expect(summary.already == 5)
    #expect(summary.exitStatus == 0)
    #expect(fixture.sample.runs().count == 5)
    // By force it does.
    _ = try fixture.run(fixture.plan(filter: "row=rtn column=ppl-w4a4", force: true), force: true)
    #expect(fixture.sample.runs().count == 6)
  }

  @Test func theWorkersEnvironmentIsSet() throws {
    let fixture = Fixture(try SampleCheckout())
    _ = try fixture.run(fixture.plan(filter: "row=fp column=ppl"))
    #expect(fixture.sample.runs().first?.hasPrefix("Haswell 1 unset ") == true)
  }

  @Test(arguments: [
    ("crash", "the worker was ended by signal 11 (SIGSEGV): about to crash"),
    ("refuse", "the worker ended with status 7: error: the odd method said no"),
    ("silence", "the worker wrote no record"),
    ("stranger", "the worker's record is of another cell"),
  ])
  func aFailingCellIsRecordedAndTheOthersGoOn(behave: String, reason: String) throws {
    let grid = try replaced(
      "\"columns\": [", by: "\"columns\": [", in: SampleCheckout.grid(behave: behave))
    let fixture = Fixture(try SampleCheckout(grid: grid))
    let lines = Lines()
    let summary = try fixture.run(fixture.plan(filter: "ppl-w"), lines: lines)
    let failing = try #require(try fixture.record("odd"))
    #expect(failing.status == .failed)
    #expect(failing.reason == reason)
    #expect(try fixture.record("rtn")?.status == .finished)
    #expect(summary.finished + summary.failed == 5)
    #expect(summary.failed >= 1)
    #expect(summary.exitStatus == 3)
    #expect(lines.text.contains("odd W4A4: failed: \(reason)\n"))
    // A failed cell is tried again, a finished one isn't.
    let again = try fixture.plan()
    #expect(again.toRun == summary.failed)
    #expect(again.entries.contains { $0.state == .run(.failedBefore(reason)) })
  }

  @Test func garbageIsAFailureThatSaysWhere() throws {
    let fixture = Fixture(try SampleCheckout(grid: SampleCheckout.grid(behave: "garbage")))
    _ = try fixture.run(fixture.plan(filter: "row=odd"))
    let record = try #require(try fixture.record("odd"))
    let path = fixture.store.workFolder(of: record.cell.id) + "/record.json"
    #expect(record.reason?.hasPrefix("the worker's record can't be read: \(path):1:") == true)
  }

  @Test func divergenceIsAResult() throws {
    let fixture = Fixture(try SampleCheckout(grid: SampleCheckout.grid(behave: "diverge")))
    let summary = try fixture.run(fixture.plan())
    #expect(summary.diverged == 2)
    #expect(summary.exitStatus == 0)
    #expect(try fixture.plan().toRun == 0)
  }

  @Test func aCellThatIsTooLargeIsAResultUntilThereIsMoreMemory() throws {
    let fixture = Fixture(try SampleCheckout(grid: SampleCheckout.grid(behave: "large")))
    let lines = Lines()
    let summary = try fixture.run(
      fixture.plan(filter: "row=odd column=ppl-w4a4"), lines: lines)
    #expect(summary.tooLarge == 1 && summary.failed == 0 && summary.exitStatus == 0)
    #expect("\(summary)".contains("1 too large for this machine"))
    #expect(lines.text.contains("odd W4A4: too large: needs 9.0 GiB\n"))
    let cell = try fixture.cell("odd")
    func state(_ plan: Plan) -> PlanEntry.State? {
      plan.entries.first { $0.cell?.id == cell.id }?.state
    }
    #expect(try fixture.record("odd")?.status == .tooLarge)
    // 9 GiB and the half that is left to others: one byte less isn't enough.
    let enough = 19 << 29
    guard case .done(let record) = state(try fixture.plan(memoryBytes: enough - 1)) else {
      Issue.record("it is tried again on a machine that can't hold it")
      return
    }
    #expect(record.status == .tooLarge)
    #expect(
      try fixture.plan(memoryBytes: enough - 1).description.contains(
        "too large (needs 9.0 GiB)"))
    let larger = try fixture.plan(memoryBytes: enough)
    #expect(state(larger) == .run(.tooLargeBefore("needs 9.0 GiB")))
    #expect(
      larger.description.contains("; was too large for its machine: needs 9.0 GiB"))
    #expect(state(try fixture.plan(force: true, memoryBytes: 1)) == .run(.forced))
  }

  @Test func memoryThatTheWorkerMissedIsNoted() throws {
    let fixture = Fixture(try SampleCheckout(grid: SampleCheckout.grid(behave: "understate")))
    var process = fixture.process
    // Other suites of this very process may have held more than the worker does.
    process.ownPeakBytes = { 0 }
    let runner = Runner(process: process, progress: Progress(hasColour: false) { _ in })
    _ = try runner.run(
      fixture.plan(filter: "row=odd column=ppl-w4a4"), interruption: { (0, 0) }, output: { _ in })
    let record = try #require(try fixture.record("odd"))
    let bytes = try #require(record.measurement?.waitResidentBytes)
    #expect(bytes > 128 << 20)
    #expect(
      record.events == [
        "peak memory: wait4 reports \(bytes) bytes, the worker only 1048576"
      ])
  }

  /// The worker resets its high-water mark, so wait4 may well have seen less.
  @Test func aSmallerFigureOfWait4IsNoWarning() throws {
    let fixture = Fixture(try SampleCheckout(grid: SampleCheckout.grid(behave: "boast")))
    _ = try fixture.run(fixture.plan(filter: "row=odd column=ppl-w4a4"))
    #expect(try fixture.record("odd")?.events == [])
  }

  @Test func aWorkerThatCantBeStartedStopsTheRun() throws {
    let fixture = Fixture(try SampleCheckout())
    var process = fixture.process
    process.executable = fixture.sample.root + "/none"
    let runner = Runner(process: process, progress: Progress(hasColour: false) { _ in })
    let error = #expect(throws: HarnessError.self) {
      try runner.run(fixture.plan(), interruption: { (0, 0) }, output: { _ in })
    }
    #expect(
      error?.description
        == "cannot start '\(fixture.sample.root)/none': No such file or directory")
  }

  // MARK: - Anchors

  @Test func aMetAnchorLetsQuantizedCellsRun() throws {
    let fixture = Fixture(try SampleCheckout(model: Self.modelWithAnchor))
    let summary = try fixture.run(fixture.plan())
    #expect(summary.finished == 5)
    #expect(summary.blocked.isEmpty)
  }

  @Test func aMissedAnchorBlocksThem() throws {
    let fixture = Fixture(try SampleCheckout(model: Self.modelWithAnchor))
    try fixture.sample.folder.write("30.5", to: "value")
    let lines = Lines()
    let summary = try fixture.run(fixture.plan(), lines: lines)
    let reason =
      "full precision measured 30.5 on verse-8, the anchor is 30 ± 1 % (elsewhere)"
    #expect(summary.finished == 1)
    #expect(summary.missedAnchor == reason)
    #expect(summary.blocked == [reason, reason, reason, reason])
    #expect(summary.description == "1 finished, 4 blocked")
    #expect(summary.exitStatus == 1)
    #expect(fixture.sample.runs().count == 1)
    #expect(lines.text.contains("quantized cells are blocked: \(reason)\n"))
    // The plan of the next run knows.
    let plan = try fixture.plan()
    #expect(plan.toRun == 0)
    #expect(plan.entries.filter { $0.state == .blocked(reason) }.count == 4)
    #expect(try fixture.run(plan).exitStatus == 1)
  }

  @Test func anAnchorMissedByAnOldRecordIsStillMissed() throws {
    let fixture = Fixture(try SampleCheckout(model: Self.modelWithAnchor))
    _ = try fixture.run(fixture.plan())
    #expect(try fixture.run(fixture.plan()).exitStatus == 0)
    try fixture.sample.folder.write(
      Self.modelWithAnchor.replacing("30,", with: "31,"), to: "models/toy/manifest.json")
    let lines = Lines()
    let summary = try fixture.run(fixture.plan(), lines: lines)
    #expect(summary.already == 5)
    #expect(summary.blocked.isEmpty)
    #expect(summary.exitStatus == 1)
    #expect(
      lines.text
        == "the anchor is missed: full precision measured 29.964 on verse-8, the anchor is "
        + "31 ± 1 % (elsewhere)\n")
  }

  @Test func aNonFiniteAnchorCellBlocksThem() throws {
    let fixture = Fixture(try SampleCheckout(model: Self.modelWithAnchor))
    try fixture.sample.folder.write("null", to: "value")
    let summary = try fixture.run(fixture.plan())
    #expect(
      summary.missedAnchor
        == "full precision has no perplexity on verse-8, the anchor is 30 ± 1 % (elsewhere)")
  }

  // MARK: - Interruption and resumption

  @Test func anInterruptedCellIsNotRecordedAndRunsNextTime() throws {
    let fixture = Fixture(try SampleCheckout(grid: SampleCheckout.grid(behave: "dawdle")))
    let waiting = fixture.sample.folder.path("waiting")
    let lines = Lines()
    let summary = try fixture.run(
      fixture.plan(), lines: lines,
      interruption: { FileStatus(of: waiting) == nil ? (0, 0) : (1, SIGTERM) })
    #expect(summary.interruption == SIGTERM)
    #expect(summary.exitStatus == 143)
    #expect(summary.finished == 3)
    #expect(try fixture.store.records().count == 3)
    #expect(lines.all.last?.hasPrefix("interrupted; what is finished is kept") == true)
    // The work folder with the worker's log is still there to go on from.
    let odd = try fixture.cell("odd", "ppl-w8a8")
    #expect(FileStatus(of: fixture.store.workFolder(of: odd.id) + "/log") != nil)
    try fixture.sample.folder.write("", to: "hurry")
    let rest = try fixture.run(fixture.plan())
    #expect(rest.finished == 2)
    #expect(rest.already == 3)
    #expect(fixture.sample.runs().count == 6)
    #expect(FileStatus(of: fixture.store.workFolder(of: odd.id)) == nil)
  }

  @Test func aRecordThatItsParentDidNotLiveToStoreIsTaken() throws {
    let fixture = Fixture(try SampleCheckout())
    let cell = try fixture.cell("rtn")
    let work = fixture.store.workFolder(of: cell.id)
    try makeFolder(work)
    let record = RunRecord(cell: cell, status: .finished, reason: "found")
    try writeDurably(
      Array(try jsonText(of: record, style: .pretty).utf8), to: work + "/record.json")
    let summary = try fixture.run(fixture.plan(filter: "row=rtn column=ppl-w4a4"))
    #expect(summary.finished == 1)
    #expect(fixture.sample.runs().isEmpty)
    #expect(try fixture.record("rtn")?.reason == "found")
  }

  @Test func aDamagedRecordIsSetAsideAndRunAgain() throws {
    let fixture = Fixture(try SampleCheckout())
    _ = try fixture.run(fixture.plan())
    let cell = try fixture.cell("rtn")
    let path = fixture.store.path(of: cell.id)
    try writeDurably(Array("{\"schema\": 1,".utf8), to: path)
    let plan = try fixture.plan()
    #expect(plan.toRun == 1)
    #expect(plan.description.contains("rtn W4A4  will run; its record is damaged: \(path):1:"))
    let lines = Lines()
    #expect(try fixture.run(plan, lines: lines).finished == 1)
    #expect(lines.text.contains("damaged record, kept as \(cell.id).json.corrupt: \(path):1:"))
    #expect(try readFile(path + ".corrupt") == Array("{\"schema\": 1,".utf8))
    #expect(try fixture.record("rtn")?.status == .finished)
  }

  @Test func aRecordWithAnEditedNumberIsRunAgain() throws {
    let fixture = Fixture(try SampleCheckout())
    _ = try fixture.run(fixture.plan())
    var record = try #require(try fixture.record("rtn"))
    record.scores[0].value = 2
    try fixture.store.save(record)
    let plan = try fixture.plan()
    #expect(plan.toRun == 1)
    let path = fixture.store.path(of: record.cell.id)
    #expect(plan.description.contains("rtn W4A4  will run; its record is damaged: \(path):"))
    #expect(
      plan.description.contains(
        "found 2.0; the record was edited or damaged\n"))
    #expect(try plan.currentRecords().count == 4)
    #expect(try fixture.run(plan).finished == 1)
    #expect(try fixture.record("rtn")?.scores[0].value == 29.96410004739701)
    #expect(try fixture.plan().toRun == 0)
  }

  @Test func twoRunnersOnOneFolderAreRefused() throws {
    let fixture = Fixture(try SampleCheckout())
    try makeFolder(fixture.sample.results)
    let lock = try StoreLock(folder: fixture.sample.results)
    let error = #expect(throws: HarnessError.self) { try fixture.run(fixture.plan()) }
    #expect(
      error
        == .resultsInUse(path: fixture.sample.results, processID: String(ownProcessID())))
    #expect(fixture.sample.runs().isEmpty)
    let lockIsHeld = lock.isHeld
    #expect(lockIsHeld)
  }

  // MARK: - Disk and files

  @Test func aFullDiskKeepsTheWorkersRecordForTheNextRun() throws {
    let fixture = Fixture(try SampleCheckout())
    let cell = try fixture.cell("rtn")
    try makeFolder(fixture.store.folder)
    let partial = "\(fixture.store.path(of: cell.id)).\(getpid()).tmp"
    #expect(symlink("/dev/full", partial) == 0)
    let error = #expect(throws: HarnessError.self) {
      try fixture.run(fixture.plan(filter: "row=rtn column=ppl-w4a4"))
    }
    #expect(
      error?.description == "cannot write '\(fixture.store.path(of: cell.id))': "
        + "No space left on device; nothing is lost: finished cells are kept, "
        + "free the disk or name another folder with --results")
    #expect(try fixture.run(fixture.plan(filter: "row=rtn column=ppl-w4a4")).finished == 1)
    #expect(fixture.sample.runs().count == 1)
  }

  @Test func missingFilesAreNamedBeforeAnythingRuns() throws {
    let fixture = Fixture(try SampleCheckout(isFetched: false))
    try fixture.sample.folder.write(
      SampleCheckout.verse, to: "cache/zeroqat/datasets/verse/verse.txt")
    let error = #expect(throws: HarnessError.self) { try fixture.run(fixture.plan()) }
    #expect(
      error?.description == "missing: '\(fixture.sample.cacheHome)/zeroqat/models/toy/toy.gguf'; "
        + "./reproduce.sh sample --scale small fetches what is missing")
  }

  @Test func wrongBytesAreRefusedBeforeAnythingRuns() throws {
    let fixture = Fixture(try SampleCheckout())
    try fixture.sample.folder.write("toy weightX\n", to: "cache/zeroqat/models/toy/toy.gguf")
    let error = #expect(throws: HarnessError.self) { try fixture.run(fixture.plan()) }
    guard case .wrongDigest? = error else {
      Issue.record("expected a wrong digest, found \(String(describing: error))")
      return
    }
    #expect(fixture.sample.runs().isEmpty)
  }

  @Test func nothingMeasuredHasItsOwnStatus() throws {
    let fixture = Fixture(try SampleCheckout())
    let summary = try fixture.run(fixture.plan(at: .paper))
    #expect(summary.exitStatus == 4)
    #expect(summary.description == "nothing was measured")
  }
}
