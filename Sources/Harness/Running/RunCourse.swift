internal import Glibc
internal import Records
internal import Synchronization
internal import System

/// A run on its way: several workers take cells from one queue, and tell one course what came of them.
final class RunCourse: Sendable {
  private struct State {
    var queue: CellQueue
    var summary: Runner.Summary
    var missed: [GridPanel: String]
    var clock: RemainingTime
    /// What ended the run: a trouble of this machine, not of a cell.
    var failure: (any Error)?

    /// A signal ends the run: what runs has heard it, nothing more starts.
    mutating func interrupt(_ signal: Int32) {
      summary.interruption = summary.interruption ?? signal
      queue.stop()
    }
  }

  private let plan: Plan
  private let runner: Runner
  private let force: Bool
  private let interruption: @Sendable () -> (count: Int, number: Int32)
  private let output: @Sendable (ArraySlice<UInt8>) -> Void
  private let signalsBefore: Int
  private let state: Mutex<State>

  /// A run of `plan` that hasn't begun; the parameters are ``Runner/run(_:force:interruption:output:)``'s.
  init(
    _ plan: Plan, by runner: Runner, summary: Runner.Summary, missed: [GridPanel: String],
    force: Bool, interruption: @escaping @Sendable () -> (count: Int, number: Int32),
    output: @escaping @Sendable (ArraySlice<UInt8>) -> Void
  ) {
    self.plan = plan
    self.runner = runner
    self.force = force
    self.interruption = interruption
    self.output = output
    signalsBefore = interruption().count
    state = Mutex(
      State(
        queue: CellQueue(plan, runner.jobs), summary: summary, missed: missed,
        clock: RemainingTime(total: plan.minutes, atATime: runner.jobs.count)))
  }

  /// Runs all cells.
  ///
  /// - Throws: As ``Runner/run(_:force:interruption:output:)``.
  func callAsFunction() throws -> Runner.Summary {
    inThreads(min(runner.jobs.count, plan.toRun)) { self.work() }
    let (summary, failure) = state.withLock { ($0.summary, $0.failure) }
    if let failure { throw failure }
    return summary
  }

  /// What one worker does: a cell after the other, until there is none.
  private func work() {
    while true {
      let next = state.withLock { state in
        let (next, blocked) = state.queue.next(missed: state.missed)
        state.summary.blocked += blocked
        return next
      }
      switch next {
      case .done: return
      case .wait: usleep(10_000)
      case .start(let ticket):
        do { try run(ticket) } catch {
          state.withLock { state in
            state.queue.ended(ticket)
            state.queue.stop()
            state.failure = state.failure ?? error
          }
        }
      }
    }
  }

  private func run(_ ticket: CellQueue.Ticket) throws {
    let place = Progress.Place(number: ticket.number, count: plan.toRun)
    // The folder is this run's, but for tasks of a cluster that another one left behind.
    guard let lock = try CellLock(of: ticket.cell.id, in: plan.store) else {
      throw HarnessError.cellInUse(ticket.entry.shortName, results: plan.store.results)
    }
    defer { _ = lock.isHeld }
    try state.withLock { state in
      if case .corrupt(let reason) = ticket.cause {
        runner.progress.note("damaged record, kept as \(ticket.cell.id).json.corrupt: \(reason)")
        try plan.store.setAside(ticket.cell.id)
      }
      if force { try runner.removeLeftovers(of: ticket.cell, in: plan.store) }
      runner.progress.started(ticket.entry, place, secondsLeft: state.clock.secondsLeft)
    }
    var process = runner.process
    if ticket.isAlone { process.threads = runner.jobs.threadsAlone }
    let lines = LabelledLines(runner.jobs.count > 1 ? "\(place)" : nil, output)
    let began = monotonicSeconds()
    let outcome = try process.run(
      ticket.cell, inputs: plan.resolver.inputs(of: ticket.cell, in: ticket.entry.point.panel),
      in: plan.store,
      // One that came while other cells ran ends this one as well.
      signalsBefore: signalsBefore, interruption: interruption, output: lines.append)
    lines.end()
    try state.withLock { state in
      defer { state.queue.ended(ticket) }
      switch outcome {
      case .interrupted(let signal): state.interrupt(signal)
      case .record(let record):
        try keep(record, of: ticket, place, seconds: monotonicSeconds() - began, &state)
        let signals = interruption()
        if signals.count > signalsBefore { state.interrupt(signals.number) }
      }
    }
  }

  private func keep(
    _ record: RunRecord, of ticket: CellQueue.Ticket, _ place: Progress.Place, seconds: Double,
    _ state: inout State
  ) throws {
    try plan.store.save(record)
    try plan.store.keepReplayLog(of: record)
    if record.status != .failed { try runner.removeLeftovers(of: ticket.cell, in: plan.store) }
    let entry = ticket.entry
    let ran = record.status != .failed && record.status != .tooLarge
    state.clock.took(ran ? seconds : nil, expected: entry.minutes ?? 0)
    runner.progress.ended(entry, place, record, seconds: seconds)
    state.summary.count(record)
    if entry.isAnchor, let objection = plan.gates[entry.point.panel]?.objection(to: record) {
      runner.progress.note("quantized cells are blocked: \(objection)")
      state.missed[entry.point.panel] = objection
      state.summary.missedAnchor = state.summary.missedAnchor ?? objection
    }
  }
}

/// What is left of a run, corrected by how long its cells really took.
struct RemainingTime {
  private let atATime: Int
  private var expectedLeft: Double
  private var expectedDone = 0.0
  private var done = 0.0

  /// Cells that should take so many minutes one after the other, of which so many run at a time.
  init(total minutes: Double, atATime: Int) {
    expectedLeft = minutes * 60
    self.atATime = atATime
  }

  /// A cell took so long; nil when it failed or was too large, which says nothing about the others.
  mutating func took(_ seconds: Double?, expected minutes: Double) {
    expectedLeft -= minutes * 60
    guard let seconds else { return }
    done += seconds
    expectedDone += minutes * 60
  }

  /// The ratio of the first cells corrects the estimate once it rests on half a minute of them.
  var secondsLeft: Double? {
    guard expectedLeft > 0 else { return nil }
    return expectedLeft * (expectedDone >= 30 ? done / expectedDone : 1) / Double(atATime)
  }
}
