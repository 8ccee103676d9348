internal import Digests
internal import Glibc
internal import JSONText
package import Records
internal import System

/// What a job of a cluster does: the cells of one task, one after the other, as a run on this machine would.
///
/// It may be ended at any moment and started again, here or on another machine: cells with a record aren't run
/// again, a training goes on from its log.
package struct TaskRun {
  /// The list.
  package let list: TaskList
  /// The task's number in it.
  package let number: Int
  /// Starts cells.
  package let process: CellProcess
  /// Tells whoever reads the job's output.
  package let progress: Progress
  /// Whether the program that runs is the one that a cell was planned for.
  package let isOurs: @Sendable (Cell) -> Bool
  /// Words of `flags` in `/proc/cpuinfo`.
  package var processorFlags = BLASCore.processorFlags
  /// Seconds to wait for another process that has a cell: one whose machine is thought to be lost may yet finish it.
  package var patience = 30.0

  private let folder: String
  private let store: ResultStore

  /// A task of the list in the file at `path`.
  ///
  /// - Throws: `JSONError` for a file that isn't a list, ``HarnessError/badTask(_:)`` for a number that isn't in it.
  package init(
    listAt path: String, number: Int, progress: Progress,
    isOurs: @escaping @Sendable (Cell) -> Bool,
    process: (TaskList) -> CellProcess
  ) throws {
    list = try TaskList(contentsOf: path)
    guard list.tasks.indices.contains(number) else {
      throw HarnessError.badTask(
        "\(path) has tasks 0 to \(list.tasks.count - 1), found \(number)")
    }
    self.number = number
    self.progress = progress
    self.isOurs = isOurs
    self.process = process(list)
    folder = parent(of: path) + "/tasks"
    store = list.store
  }

  /// Runs the cells that have no record.
  ///
  /// - Returns: The exit status: 128 + the signal's number where one came; 3 a cell failed, 1 full precision misses
  ///   its anchor, 2 a cell isn't for this program or this machine, 4 some must wait; else 0.
  /// - Throws: ``HarnessError`` when the results can't be written or a worker can't be started: the machine's trouble.
  package func callAsFunction(
    interruption: @escaping @Sendable () -> (count: Int, number: Int32) = { Interruption.current },
    output: @escaping @Sendable (ArraySlice<UInt8>) -> Void = { writeToStandardError(Array($0)) }
  ) throws -> Int32 {
    do {
      try makeFolder(store.folder)
      try makeFolder(folder)
    } catch { throw HarnessError.results(error) }
    let earlier = endedBefore()
    var account = Account(self)
    try account.write()
    do {
      for cell in list.tasks[number].cells where !earlier.contains(cell.cell.id) {
        let began = monotonicSeconds()
        let (outcome, reason) = try run(cell, interruption, output)
        try account.add(cell, outcome, reason, seconds: monotonicSeconds() - began)
        if outcome == .interrupted { break }
      }
    } catch {
      account.journal.trouble = "\(error)"
      account.journal.status = 2
      // The first trouble is the one to tell of.
      try? account.write()
      throw error
    }
    let status = account.status(interruption().number)
    account.journal.status = status
    try account.write()
    return status
  }

  /// Cells that an earlier start of this very task came to an end with: a failed one isn't tried again because a
  /// machine failed later.
  private func endedBefore() -> Set<String> {
    let journals =
      (try? TaskJournal.all(submission: list.submission, task: number, in: folder)) ?? []
    return Set(
      journals.flatMap(\.cells).filter { [.failed, .tooLarge].contains($0.outcome) }.map(\.id))
  }

  private func run(
    _ task: TaskCell, _ interruption: @escaping @Sendable () -> (count: Int, number: Int32),
    _ output: (ArraySlice<UInt8>) -> Void
  ) throws -> (TaskJournal.Outcome, reason: String?) {
    let cell = task.cell
    if interruption().count > 0 { return (.interrupted, nil) }
    if isRecorded(cell) { return (.recorded, nil) }
    if let reason = refusal(of: cell) { return (.refused, reason) }
    if let (outcome, reason) = obstacle(to: task) { return (outcome, reason) }
    guard let lock = try lock(on: cell, interruption) else {
      return interruption().count > 0
        ? (.interrupted, nil) : (.busy, "another process has the cell")
    }
    defer { _ = lock.isHeld }
    // Whoever had it may have finished it meanwhile.
    if isRecorded(cell) { return (.recorded, nil) }
    if case .corrupt(let reason) = store.entry(cell.id) {
      progress.note("damaged record, kept as \(cell.id).json.corrupt: \(reason)")
      try store.setAside(cell.id)
    }
    progress.note("\(task.name) …")
    let outcome = try process.run(
      cell, inputs: task.files.map { list.files[$0] }, in: store, signalsBefore: 0,
      interruption: interruption, output: output)
    guard case .record(let record) = outcome else { return (.interrupted, nil) }
    // A scheduler signals all processes of a job, one after the other: the worker may be gone a moment before this
    // process hears of it. That is no failure of the cell.
    if record.status == .failed, record.measurement == nil {
      usleep(300_000)
      if interruption().count > 0 { return (.interrupted, nil) }
    }
    try store.save(record)
    try store.keepReplayLog(of: record)
    switch record.status {
    case .failed: return (.failed, record.reason)
    case .tooLarge, .finished, .diverged:
      do { try removeTree(store.workFolder(of: cell.id)) } catch {
        throw HarnessError.results(error)
      }
      return (record.status == .tooLarge ? .tooLarge : .recorded, record.reason)
    }
  }

  /// Whether it has a record that holds.
  private func isRecorded(_ cell: Cell) -> Bool {
    guard case .record(let record) = store.entry(cell.id) else { return false }
    return record.status == .finished || record.status == .diverged
  }

  /// Why the cell isn't for this program or this processor; nil where it is.
  private func refusal(of cell: Cell) -> String? {
    guard isOurs(cell) else {
      return "the program was built again since the cell was planned; start the run again"
    }
    let needed = ["SkylakeX": "avx512f", "Haswell": "avx2"][cell.blasCore]
    guard let needed, !processorFlags.contains(needed) else { return nil }
    return
      "the cell is for OpenBLAS's \(cell.blasCore) kernels, and the processor of \(HostName.current) has no "
      + "\(needed); ask for nodes that have it in the profile's 'slurm/options', or plan with --blas-core haswell"
  }

  /// What full precision keeps the cell from; nil where it may run.
  private func obstacle(to task: TaskCell) -> (TaskJournal.Outcome, reason: String)? {
    for id in task.after {
      guard case .record(let record) = store.entry(id) else {
        return (.waits, "full precision, cell \(id), has no record yet")
      }
      if let anchor = task.anchor, let objection = AnchorGate(anchor).objection(to: record) {
        return (.blocked, objection)
      }
    }
    return nil
  }

  private func lock(
    on cell: Cell, _ interruption: () -> (count: Int, number: Int32)
  ) throws -> CellLock? {
    let end = monotonicSeconds() + patience
    while true {
      if let lock = try CellLock(of: cell.id, in: store) { return consume lock }
      guard monotonicSeconds() < end, interruption().count == 0 else { return nil }
      usleep(200_000)
    }
  }

  /// What the task tells of itself.
  private struct Account {
    var journal: TaskJournal
    let path: String
    let began = monotonicSeconds()

    init(_ run: TaskRun) {
      let environment = run.process.environment
      journal = TaskJournal(
        submission: run.list.submission, task: run.number, host: HostName.current,
        job: environment["SLURM_JOB_ID"], startedAt: utcNow(), seconds: 0, cells: [])
      let stem = TaskJournal.stem(submission: run.list.submission, task: run.number)
      path = "\(run.folder)/\(stem)-\(HostName.current)-\(getpid()).json"
    }

    mutating func add(
      _ cell: TaskCell, _ outcome: TaskJournal.Outcome, _ reason: String?, seconds: Double
    ) throws {
      journal.cells.append(
        TaskJournal.Entry(id: cell.cell.id, outcome: outcome, seconds: seconds, reason: reason))
      try write()
      let words = reason.map { ": \($0)" } ?? ""
      writeToStandardError(
        Array("\(cell.name): \(outcome.rawValue)\(words), \(durationInWords(seconds))\n".utf8))
    }

    mutating func write() throws {
      journal.seconds = monotonicSeconds() - began
      let text = try jsonText(of: journal, style: .pretty)
      do { try writeDurably(Array(text.utf8), to: path) } catch {
        throw HarnessError.results(error)
      }
    }

    /// The exit status, of what is worst.
    func status(_ signal: Int32) -> Int32 {
      let outcomes = Set(journal.cells.map(\.outcome))
      if outcomes.contains(.interrupted) { return Interruption.exitStatus(of: signal) }
      if outcomes.contains(.failed) { return 3 }
      if outcomes.contains(.blocked) { return 1 }
      if outcomes.contains(.refused) { return 2 }
      return outcomes.contains(.waits) || outcomes.contains(.busy) ? 4 : 0
    }
  }
}
