import Glibc
import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

/// A run on a cluster whose scheduler is this test: every task is a call, made when and as often as it likes.
@Suite struct ClusterRunTests {
  private static let profile: ClusterProfile = {
    var profile = ClusterProfile()
    profile.pollSeconds = 0.1
    profile.settleSeconds = 0
    // A task for each cell.
    profile.taskMinutes = 1
    profile.unknownMinutes = 1
    return profile
  }()

  private let fixture: Fixture
  private let lines = Lines()

  init() throws {
    fixture = Fixture(try SampleCheckout(model: RunnerTests.modelWithAnchor))
  }

  private func cluster(_ profile: ClusterProfile = profile) -> ClusterRun {
    let lines = lines
    return ClusterRun(
      profile: profile, threads: 1, sharing: [], program: "/nowhere/zeroqat",
      worker: fixture.sample.worker, progress: Progress(hasColour: false) { lines.append($0) })
  }

  /// Runs a task as its job would: the exit status.
  @discardableResult
  private static func perform(
    _ job: QueueInMemory.Job, _ task: Int, _ process: CellProcess, isOurs: Bool = true,
    interruption: @escaping @Sendable () -> (count: Int, number: Int32) = { (0, 0) }
  ) throws -> Int32 {
    let list = String(job.script.dropLast(3)) + ".json"
    var run = try TaskRun(
      listAt: list, number: task, progress: Progress(hasColour: false) { _ in },
      isOurs: { _ in isOurs }, process: { _ in process })
    run.processorFlags = ["avx2", "avx512f"]
    run.patience = 0
    return try run(interruption: interruption, output: { _ in })
  }

  /// A scheduler that runs everything that waits when it is looked at.
  private func prompt(limits: BatchLimits = BatchLimits(), hasArrays: Bool = true)
    -> QueueInMemory
  {
    let process = fixture.process
    return QueueInMemory(hasArrays: hasArrays, limits: limits) { queue in
      for (index, job) in queue.jobs.enumerated() {
        for (task, state) in job.states.enumerated() where state == .waiting(held: nil) {
          do { try Self.perform(job, task, process) } catch { Issue.record(error) }
          queue.set(.ended, job: index, task: task)
        }
      }
    }
  }

  @Test func fullPrecisionComesFirstAndAllIsRecorded() throws {
    let plan = try fixture.plan()
    let queue = prompt()
    let summary = try cluster()(plan, on: queue, interruption: { (0, 0) })
    #expect(summary.exitStatus == 0 && summary.finished == plan.toRun && plan.toRun == 5)
    #expect(queue.jobs.map(\.job.tasks) == [1, 4])
    #expect(queue.jobs[0].job.after == [] && queue.jobs[1].job.after == ["1"])
    #expect(try fixture.plan().toRun == 0)
    // What a run on this machine would have left, and nothing besides.
    #expect(
      try listFolder(fixture.store.folder).allSatisfy { $0.hasSuffix(".json") })
    #expect(
      lines.all.last?.hasPrefix("asked for and used:\n  5 min, 1 GiB, 1 processor: 5 tasks") == true
    )
  }

  @Test func whereNothingCanWaitForAJobTheRunDoes() throws {
    let plan = try fixture.plan()
    let queue = prompt(limits: BatchLimits(arraySize: 1), hasArrays: false)
    let summary = try cluster()(plan, on: queue, interruption: { (0, 0) })
    #expect(summary.exitStatus == 0 && summary.finished == 5)
    #expect(
      queue.jobs.count == 5 && queue.jobs.allSatisfy { $0.job.tasks == 1 && $0.job.after == [] })
  }

  @Test func limitsOfArraysAndOfTheQueueHold() throws {
    let plan = try fixture.plan()
    let queue = prompt(limits: BatchLimits(arraySize: 3, submitted: 3))
    #expect(try cluster()(plan, on: queue, interruption: { (0, 0) }).finished == 5)
    // One for full precision, then two, as three are the most that may wait.
    #expect(queue.jobs.map(\.job.tasks) == [1, 2, 2])
  }

  @Test func shortCellsShareATask() throws {
    var profile = Self.profile
    profile.taskMinutes = 3
    let queue = prompt()
    #expect(try cluster(profile)(fixture.plan(), on: queue, interruption: { (0, 0) }).finished == 5)
    // Full precision; three cells of a minute in one task; the fourth, which asks for less time than they and so is no part of their array.
    #expect(queue.jobs.map(\.job.tasks) == [1, 1, 1])
  }

  @Test func aTaskThatVanishesIsHandedInAgainUntilThatIsTooOften() throws {
    let process = fixture.process
    let queue = QueueInMemory { queue in
      for (index, job) in queue.jobs.enumerated() {
        for (task, state) in job.states.enumerated() where state == .waiting(held: nil) {
          // The first task of each later array never does anything.
          if index == 0 || task > 0 { _ = try? Self.perform(job, task, process) }
          queue.set(.ended, job: index, task: task)
        }
      }
    }
    let summary = try cluster()(fixture.plan(), on: queue, interruption: { (0, 0) })
    #expect(summary.finished == 4 && summary.lost.count == 1 && summary.exitStatus == 3)
    #expect(queue.jobs.map(\.job.tasks) == [1, 4, 1, 1])
    #expect(summary.lost[0].contains("3 tasks ended without a record of it"))
    #expect(summary.description == "4 finished, 1 lost")
  }

  @Test func whatSomebodyTakesBackStaysOutUntilTheNextRun() throws {
    let process = fixture.process
    let queue = QueueInMemory { queue in
      for (index, job) in queue.jobs.enumerated() {
        for (task, state) in job.states.enumerated() where state == .waiting(held: nil) {
          let isTaken = index == 1 && task == 2
          if !isTaken { _ = try? Self.perform(job, task, process) }
          queue.set(isTaken ? .cancelled : .ended, job: index, task: task)
        }
      }
    }
    let summary = try cluster()(fixture.plan(), on: queue, interruption: { (0, 0) })
    #expect(summary.finished == 4 && summary.cancelled == 1 && summary.exitStatus == 3)
    #expect(queue.jobs.count == 2)
    #expect(try cluster()(fixture.plan(), on: prompt(), interruption: { (0, 0) }).finished == 1)
  }

  @Test func aFailedCellIsAResultAndNotTriedAgain() throws {
    let fixture = Fixture(try SampleCheckout(grid: SampleCheckout.grid(behave: "refuse")))
    let process = fixture.process
    let queue = QueueInMemory { queue in
      for (index, job) in queue.jobs.enumerated() {
        for (task, state) in job.states.enumerated() where state == .waiting(held: nil) {
          _ = try? Self.perform(job, task, process)
          queue.set(.ended, job: index, task: task)
        }
      }
    }
    let run = ClusterRun(
      profile: Self.profile, threads: 1, sharing: [], program: "/nowhere/zeroqat",
      worker: fixture.sample.worker, progress: Progress(hasColour: false) { _ in })
    let summary = try run(fixture.plan(), on: queue, interruption: { (0, 0) })
    #expect(summary.failed == 2 && summary.finished == 3 && summary.exitStatus == 3)
    #expect(fixture.sample.runs().count == 5)
  }

  @Test func aRunThatWasKilledFindsItsJobsAndHandsInNothingTwice() throws {
    let process = fixture.process
    let queue = QueueInMemory { _ in }
    // The first one hands in and hears a signal; nothing runs yet.
    let first = try cluster()(fixture.plan(), on: queue, interruption: { (1, SIGTERM) })
    #expect(first.interruption == SIGTERM && first.exitStatus == 143)
    #expect(queue.jobs.map(\.job.tasks) == [1, 4])
    #expect(lines.all.last?.contains("'take back \(Ledger.run(of: fixture.store))'") == true)
    // It was killed before it heard what the second job is called.
    let folder = ClusterRun.folder(of: try fixture.plan())
    let run = Ledger.run(of: fixture.store)
    var ledger = try Ledger.read(in: folder, run: run)
    ledger.change(2) { $0.job = nil }
    try ledger.write(in: folder)
    try Self.perform(queue.jobs[0], 0, process)
    queue.set(.ended, job: 0, task: 0)
    for task in 0..<4 { queue.set(.running, job: 1, task: task) }
    let jobs = queue.jobs
    let again = QueueFollower(queue) { looks in
      guard looks == 2 else { return }
      for task in 0..<4 {
        do { try Self.perform(jobs[1], task, process) } catch { Issue.record(error) }
        queue.set(.ended, job: 1, task: task)
      }
    }
    let second = try cluster()(fixture.plan(), on: again, interruption: { (0, 0) })
    #expect(second.finished == 4 && second.exitStatus == 0)
    #expect(queue.jobs.count == 2)
    #expect(fixture.sample.runs().count == 5)
    #expect(try Ledger.read(in: folder, run: run).submissions.map(\.job) == ["1", "2"])
  }

  @Test func aSchedulerThatIsAwayLosesNothing() throws {
    let queue = prompt()
    let away = QueueFollower(queue) { looks in queue.setAway((1...3).contains(looks)) }
    #expect(try cluster()(fixture.plan(), on: away, interruption: { (0, 0) }).finished == 5)
    #expect(lines.all.count { $0.contains("the scheduler doesn't answer") } == 1)
    #expect(queue.jobs.count == 2)
  }

  @Test func aMissedAnchorHoldsBackWhatIsInTheQueue() throws {
    try fixture.sample.folder.write("50", to: "value")
    let plan = try fixture.plan()
    let summary = try cluster()(plan, on: prompt(), interruption: { (0, 0) })
    #expect(summary.finished == 1 && summary.blocked.count == 4 && summary.exitStatus == 1)
    #expect(fixture.sample.runs().count == 1)
  }

  @Test func aTaskSaysByItsStatusWhatCameOfIt() throws {
    let queue = QueueInMemory { _ in }
    _ = try cluster()(fixture.plan(), on: queue, interruption: { (1, SIGTERM) })
    let (anchor, others) = (queue.jobs[0], queue.jobs[1])
    let process = fixture.process
    // Before full precision has its record; built again since; after.
    #expect(try Self.perform(others, 0, process) == 4)
    #expect(try Self.perform(anchor, 0, process, isOurs: false) == 2)
    #expect(try Self.perform(anchor, 0, process, interruption: { (1, SIGTERM) }) == 143)
    #expect(fixture.sample.runs().isEmpty)
    #expect(try Self.perform(anchor, 0, process) == 0)
    #expect(try Self.perform(anchor, 0, process) == 0)
    #expect(fixture.sample.runs().count == 1)
    let list = try TaskList(contentsOf: String(others.script.dropLast(3)) + ".json")
    let id = list.tasks[0].cells[0].cell.id
    if let held = try CellLock(of: id, in: fixture.store) {
      #expect(try Self.perform(others, 0, process) == 4)
      let isHeld = held.isHeld
      #expect(isHeld)
    } else {
      Issue.record("nobody has the cell, and yet it is locked")
    }
    #expect(try Self.perform(others, 0, process) == 0)
    #expect(
      throws: HarnessError.badTask(
        "\(String(others.script.dropLast(3))).json has tasks 0 to 3, found 4")
    ) {
      try Self.perform(others, 4, process)
    }
  }
}

/// A queue of which somebody else sees each look.
private final class QueueFollower: BatchSystem {
  private let queue: QueueInMemory
  private let looks = Counter()
  private let look: @Sendable (Int) -> Void

  init(_ queue: QueueInMemory, look: @escaping @Sendable (Int) -> Void) {
    self.queue = queue
    self.look = look
  }

  var hasArrays: Bool { queue.hasArrays }
  func limits() throws(HarnessError) -> BatchLimits { try queue.limits() }
  func script(for job: BatchJob, command: [String]) -> String {
    queue.script(for: job, command: command)
  }
  func submit(_ job: BatchJob, script: String) throws(HarnessError) -> BatchAnswer {
    try queue.submit(job, script: script)
  }
  func states(of run: String, open: [Ledger.Submission]) throws(HarnessError) -> [BatchTask]? {
    look(looks.next())
    return try queue.states(of: run, open: open)
  }
  func cancel(_ open: [Ledger.Submission]) throws(HarnessError) { try queue.cancel(open) }
  func cancelling(_ run: String) -> String? { queue.cancelling(run) }
}
