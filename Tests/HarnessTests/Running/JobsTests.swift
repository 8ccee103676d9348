import Glibc
import Harness
import JSONText
import Records
import Synchronization
import System
import TestSupport
import Testing

@Suite struct JobsTests {
  /// Two columns of a row whose workers wait for each other, so that one alone fails.
  private static let meeting = SampleCheckout.grid(behave: "meet")

  private func run(
    _ fixture: Fixture, _ plan: Plan, jobs: Jobs, lines: Lines = Lines(),
    interruption: @escaping @Sendable () -> (count: Int, number: Int32) = { (0, 0) },
    output: @escaping @Sendable (ArraySlice<UInt8>) -> Void = { _ in }
  ) throws -> Runner.Summary {
    try Runner(
      process: fixture.process, progress: Progress(hasColour: false) { lines.append($0) },
      jobs: jobs
    ).run(plan, interruption: interruption, output: output)
  }

  private static func jobs(_ count: Int, memoryBytes: Int = 64 << 30) -> Jobs {
    Jobs(count: count, threadsAlone: 1, memoryBytes: memoryBytes)
  }

  @Test func twoCellsRunAtATime() throws {
    let fixture = Fixture(
      try SampleCheckout(grid: Self.meeting, model: RunnerTests.modelWithAnchor))
    let lines = Lines()
    let plan = try fixture.plan(filter: "row=odd")
    let summary = try run(fixture, plan, jobs: Self.jobs(2), lines: lines)
    #expect(summary.finished == plan.toRun && summary.failed == 0)
    // Full precision is what others are compared with: it is at its end before they begin.
    #expect(lines.all.first == "[1/3] fp FP …\n")
    #expect(lines.all.dropFirst().first?.hasPrefix("[1/3] fp FP: perplexity") == true)
    #expect(lines.all[2].hasPrefix("[2/3] odd") && lines.all[3].hasPrefix("[3/3] odd"))
  }

  @Test func oneAtATimeTheyNeverMeet() throws {
    let fixture = Fixture(try SampleCheckout(grid: Self.meeting))
    let plan = try fixture.plan(filter: "row=odd column=ppl-w4a4")
    let summary = try run(fixture, plan, jobs: Self.jobs(1))
    #expect(summary.failed == 1)
    #expect(try fixture.record("odd")?.reason?.contains("nobody came") == true)
  }

  @Test func nothingStartsThatWouldntFitBesideWhatRuns() throws {
    let grid = SampleCheckout.grid(
      behave: "meet", scale: #", "mebibytes": { "odd": 5000, "fp": 10, "rtn": 10 }"#)
    let fixture = Fixture(try SampleCheckout(grid: grid, model: RunnerTests.modelWithAnchor))
    var queue = CellQueue(
      try fixture.plan(filter: "row=odd"), Self.jobs(2, memoryBytes: 8 << 30))
    let first = try queue.start()
    queue.ended(first)
    let second = try queue.start()
    #expect(second.entry.point.address.row == "odd")
    // Two of 5,000 MiB don't fit into 8 GiB less what is left to others.
    guard case .wait = queue.next(missed: [:]).0 else {
      Issue.record("a cell starts that doesn't fit")
      return
    }
    queue.ended(second)
    let third = try queue.start()
    #expect(third.entry.point.address.row == "odd")
  }

  @Test func ofCellsThatShareATrainingTheFirstDoesIt() throws {
    let fixture = Fixture(try SampleCheckout(model: RunnerTests.modelWithAnchor))
    var jobs = Self.jobs(3)
    jobs.sharing = ["odd"]
    var queue = CellQueue(try fixture.plan(filter: "row=odd"), jobs)
    queue.ended(try queue.start())
    let first = try queue.start()
    guard case .wait = queue.next(missed: [:]).0 else {
      Issue.record("the training would be done twice")
      return
    }
    queue.ended(first)
    _ = try queue.start()
    guard case .wait = queue.next(missed: [:]).0 else {
      Issue.record("one still runs")
      return
    }
  }

  @Test func missedAnchorsDropTheirCells() throws {
    let fixture = Fixture(try SampleCheckout())
    let plan = try fixture.plan()
    var queue = CellQueue(plan, Self.jobs(2))
    let anchor = try queue.start()
    queue.ended(anchor)
    let (next, blocked) = queue.next(missed: [anchor.entry.point.panel: "too far"])
    #expect(blocked == Array(repeating: "too far", count: plan.toRun - 1))
    guard case .done = next else {
      Issue.record("something is left")
      return
    }
  }

  @Test func aSignalReachesAllOfThem() throws {
    let fixture = Fixture(try SampleCheckout(grid: SampleCheckout.grid(behave: "dawdle")))
    let path = fixture.sample.root + "/waiting"
    let summary = try run(
      fixture, try fixture.plan(filter: "row=odd"), jobs: Self.jobs(2),
      interruption: { FileStatus(of: path) == nil ? (0, 0) : (1, SIGTERM) })
    #expect(summary.interruption == SIGTERM && summary.failed == 0)
    #expect(summary.exitStatus == 128 + SIGTERM)
    // And both go on afterwards.
    try fixture.sample.folder.write("", to: "hurry")
    #expect(try run(fixture, try fixture.plan(), jobs: Self.jobs(2)).finished == 5)
  }

  @Test func aWorkerThatCantBeStartedStopsAll() throws {
    let fixture = Fixture(try SampleCheckout())
    var process = fixture.process
    process.executable = fixture.sample.root + "/none"
    let runner = Runner(
      process: process, progress: Progress(hasColour: false) { _ in }, jobs: Self.jobs(2))
    let error = #expect(throws: HarnessError.self) {
      try runner.run(fixture.plan(), interruption: { (0, 0) }, output: { _ in })
    }
    #expect(error?.description.hasPrefix("cannot start '") == true)
  }

  @Test func linesOfSeveralCellsAreWholeAndLabelled() {
    let collected = Mutex<[UInt8]>([])
    let lines = LabelledLines("[2/5]") { bytes in collected.withLock { $0 += bytes } }
    for part in ["  train: st", "ep 3\n  eval", "uate\nlast"] {
      lines.append(Array(part.utf8)[...])
    }
    lines.end()
    #expect(
      String(decoding: collected.withLock { $0 }, as: UTF8.self)
        == "  [2/5] train: step 3\n  [2/5] evaluate\n[2/5] last\n")
  }
}

extension CellQueue {
  /// The next cell.
  ///
  /// - Throws: Where it has to wait, or there is none.
  fileprivate mutating func start() throws -> Ticket {
    let next = next(missed: [:]).0
    guard case .start(let ticket) = next else { throw Idle(found: "\(next)") }
    return ticket
  }

  /// A queue that starts nothing.
  private struct Idle: Error { let found: String }
}
