internal import ArgumentParser
internal import Audit
internal import Harness
internal import Records
internal import Synchronization
internal import System

/// The audit of a table's committed trainings, one after the other or several at a time.
struct TableAudit {
  /// A training that is to be replayed.
  private struct Task: Sendable {
    let place: String
    let record: RunRecord
    let file: ReplayFile
    let cell: Cell
    /// Steps that are evaluated again.
    let again: Set<Int>
  }

  /// What came of the trainings so far.
  private struct Course {
    var tasks: ArraySlice<Task>
    var audits: [CellAudit] = []
    var failed = 0
    /// What ended the audit: a signal, or a trouble of this machine.
    var failure: (any Error)?
  }

  private let command: AuditCommand
  private let tables: CommittedTables
  private let seed: UInt64
  private var generator: StepSample.Generator
  private var audits: [CellAudit] = []
  private var without = 0
  private var failed = 0

  /// An audit whose choice of steps follows from `seed`.
  init(_ command: AuditCommand, seed: UInt64) throws {
    self.command = command
    self.seed = seed
    generator = StepSample.Generator(seed: seed)
    tables = try CommittedTables(
      of: command.table, scale: command.scale, command.work, worker: command.worker)
  }

  /// Audits every committed training that the command names.
  mutating func run() throws {
    let tasks = try tables.witnesses.filter {
      $0.record.isReplayable && (command.filter.map($0.place.contains) ?? true)
    }.compactMap { try task(of: $0) }
    let store = ResultStore(
      results: tables.results + "/audit", table: command.table, scale: .tiny)
    try makeFolder(store.folder)
    let lock = try StoreLock(folder: store.results)
    defer { _ = lock.isHeld }
    var process = tables.process
    let settings = command.jobs.settings(command.work, timesMatter: false)
    process.threads = settings.threads
    let (count, isAlone) = (tasks.count, settings.jobs.count == 1)
    let course = Mutex(Course(tasks: tasks[...]))
    inThreads(settings.jobs.count) { [process] in
      while let task = course.withLock({ $0.failure == nil ? $0.tasks.popFirst() : nil }) {
        let number = count - course.withLock { $0.tasks.count }
        say("[\(number)/\(count)] \(task.place)")
        let lines = LabelledLines(isAlone ? nil : "[\(number)/\(count)]") {
          writeToStandardError(Array($0))
        }
        do {
          let audit = try Self.audit(task, by: process, in: store, lines)
          course.withLock { course in
            if let audit { course.audits.append(audit) } else { course.failed += 1 }
          }
        } catch { course.withLock { $0.failure = $0.failure ?? error } }
      }
    }
    let (found, failure) = course.withLock { course in
      audits += course.audits
      return (course.failed, course.failure)
    }
    failed += found
    if let failure { throw failure }
    try removeTree(store.folder)
    try removeTree(store.stages)
  }

  /// The training of a record with the steps that are evaluated again; nil where there is nothing to replay, which is said.
  private mutating func task(of witness: Witness) throws -> Task? {
    let address = witness.record.cell.address
    let folder = ReplayFolder(
      root: tables.root, table: address.table, scale: try Scale(named: address.scale))
    let file: ReplayFile
    do throws(ReplayFileError) {
      guard let found = try folder.file(of: witness.record) else {
        without += 1
        Self.print("no log is committed", of: witness.place)
        return nil
      }
      file = found
    } catch {
      audits.append(
        CellAudit(verdict: .differs(error.reason), steps: 0, again: 0, largestDifference: 0))
      Self.print("DIFFERS: \(error)", of: witness.place)
      return nil
    }
    switch tables.standing(of: witness, withAnyKernels: true) {
    case .cannotRun(let why):
      failed += 1
      Self.print("can't run: \(why)", of: witness.place)
      return nil
    case .runs(let cell):
      return Task(
        place: witness.place, record: witness.record, file: file, cell: cell,
        again: StepSample.steps(command.steps, of: file.header.steps, using: &generator))
    }
  }

  /// Replays a training; nil where its cell failed.
  private static func audit(
    _ task: Task, by process: CellProcess, in store: ResultStore, _ lines: LabelledLines
  ) throws -> CellAudit? {
    let journal = ReplayJournal(of: task.cell, workFolder: store.workFolder(of: task.cell.id))
    // The chosen checkpoint is scored again, the others' scores aren't what the table shows.
    let chosen = task.record.selection?.step ?? task.file.header.steps
    try journal.write(
      task.file, without: task.again, evaluations: task.record.evaluations(but: [chosen]))
    let began = monotonicSeconds()
    switch try process.run(task.cell, in: store, output: lines.append) {
    case .interrupted(let signal): throw ExitCode(Interruption.exitStatus(of: signal))
    case .record(let record):
      lines.end()
      if record.status == .failed {
        print("failed: \(record.reason ?? "no reason given")", of: task.place)
        return nil
      }
      let audit = CellAudit(
        of: task.file, task.record, evaluated: try journal.evaluated(behind: task.file),
        replayed: record, expected: task.again)
      try removeTree(store.workFolder(of: task.cell.id))
      print("\(audit.words), \(durationInWords(monotonicSeconds() - began))", of: task.place)
      return audit
    }
  }

  /// What isn't as it was, in words; also that a cell failed or can't run.
  var faults: [String] {
    let differing = audits.compactMap { audit -> String? in
      if case .differs(let words) = audit.verdict { words } else { nil }
    }
    return differing + (failed > 0 ? ["it failed, or can't run on this machine"] : [])
  }

  /// The sentence on all of them, and the status that it comes to.
  func report() throws {
    let differing = audits.count {
      if case .differs = $0.verdict { true } else { false }
    }
    let sound = audits.count - differing
    if sound > 0 {
      let steps = audits.reduce(0) { $0 + $1.steps }
      let again = audits.reduce(0) { $0 + $1.again }
      let rounded = audits.count { $0.verdict == .withinRounding }
      let share = StepSample.greatestShare(sampled: again) * 100
      try writeToStandardOutput(
        "\(audits.count) trainings, \(steps) updates: \(sound - rounded) proved, \(rounded) within rounding of other "
          + "kernels, \(differing) differing. \(again) random steps (seed \(seed)) evaluated again: if "
          + "more than \(rounded2(share)) % of the steps, averaged over the trainings, were wrong, this would have "
          + "shown it with a chance of 95 %.\n")
    }
    if without > 0 { try writeToStandardOutput("\(without) trainings have no committed log\n") }
    if differing > 0 { throw ExitCode(1) }
    if failed > 0 { throw ExitCode(3) }
    if audits.isEmpty { throw ExitCode(4) }
  }

  private static func print(_ words: String, of place: String) {
    do { try writeToStandardOutput("\(place): \(words)\n") } catch { say("\(error)") }
  }
}

extension CellAudit {
  /// What came of it, in words.
  fileprivate var words: String {
    let most = StepSample.mostWrong(among: steps, sampled: again)
    return switch verdict {
    case .proved:
      "proved: \(steps) updates replayed, weights and scores equal to the last bit; so are \(again) random "
        + "steps evaluated again (more than \(most) wrong \(most == 1 ? "one" : "ones") would have been seen, 95 %)"
    case .withinRounding:
      "within rounding: \(steps) updates replayed with other kernels; the losses of \(again) steps evaluated again "
        + "differ by at most \(largestDifference) nats"
    case .differs(let what): "DIFFERS: \(what)"
    }
  }
}

/// A share in percent with two digits behind the point, rounded up.
private func rounded2(_ value: Double) -> String {
  let hundredths = Int((value * 100).rounded(.up))
  return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
}
