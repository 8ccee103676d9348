internal import Glibc
internal import JSONText
internal import Records
internal import System

/// A run on a cluster, on its way: which cell is where, and what comes next.
struct ClusterCourse {
  /// Where a cell is.
  enum Place: Equatable {
    /// To be submitted.
    case pending
    /// In this task of this submission.
    case live(submission: Int, task: Int)
    /// It came to an end: a record, or a reason why there won't be one.
    case over
  }

  /// A cell of the plan.
  struct Item {
    let entry: PlanEntry
    let cell: Cell
    var place = Place.pending
    /// Tasks that ended without a record of it, and without having come further.
    var attempts = 0
    /// Tasks in which it had to wait.
    var waits = 0
    /// MiB that it said it needs.
    var mebibytes: Double?
    /// The record's file before it ran.
    var before: FileStatus?
    /// Bytes of its log when it was submitted last.
    var logBytes = 0
  }

  struct TaskKey: Hashable {
    let submission: Int
    let task: Int
  }

  let run: ClusterRun
  let batch: any BatchSystem
  let plan: Plan
  let folder: String
  let limits: BatchLimits
  var ledger: Ledger
  var items: [Item]
  var indices: [String: Int] = [:]
  var summary: Runner.Summary
  var missed: [GridPanel: String]
  var pace: SubmissionPace
  var number = 0
  /// How often the scheduler has said 'not now', one after the other.
  var refusals = 0
  /// When tasks were first seen to be gone.
  private var gone: [TaskKey: Double] = [:]
  /// What was said once.
  private var said: Set<String> = []
  private let firstOwn: Int
  private var adopted: Set<Int> = []

  init(
    _ run: ClusterRun, _ plan: Plan, on batch: any BatchSystem, folder: String, ledger: Ledger,
    limits: BatchLimits
  ) {
    self.run = run
    self.batch = batch
    self.plan = plan
    self.folder = folder
    self.ledger = ledger
    self.limits = limits
    summary = Runner.Summary(before: plan)
    missed = plan.missedAnchors
    pace = SubmissionPace(ledger.submissions.map(\.at))
    firstOwn = ledger.nextNumber
    items = plan.entries.compactMap { entry in
      guard let cell = entry.cell, entry.willRun else { return nil }
      return Item(
        entry: entry, cell: cell, before: FileStatus(of: plan.store.path(of: cell.id)))
    }
    indices = Dictionary(uniqueKeysWithValues: items.indices.map { (items[$0].cell.id, $0) })
    if let reason = summary.missedAnchor { run.progress.note("the anchor is missed: \(reason)") }
  }

  /// Whether nothing is left to do.
  var isAtItsEnd: Bool { items.allSatisfy { $0.place == .over } }

  /// Submissions of this run, and those that it took over.
  var followed: [Ledger.Submission] {
    ledger.submissions.filter { $0.number >= firstOwn || adopted.contains($0.number) }
  }

  /// Says something once.
  mutating func note(_ text: String) {
    if said.insert(text).inserted { run.progress.note(text) }
  }

  /// Finds the jobs of an earlier run of the same table.
  mutating func adopt() throws {
    for submission in ledger.open {
      for task in submission.openTasks {
        for id in submission.tasks[task] {
          guard let index = indices[id] else { continue }
          items[index].place = .live(submission: submission.number, task: task)
          adopted.insert(submission.number)
        }
      }
    }
    let count = items.count { $0.place != .pending }
    if count > 0 {
      run.progress.note("an earlier run has handed in \(counted(count, "cell")); following")
    }
  }

  /// Learns what the scheduler and the results folder say.
  mutating func look() throws {
    try takeRecords()
    guard !ledger.open.isEmpty else { return }
    let before = ledger
    guard let known = try batch.states(of: ledger.run, open: ledger.open) else {
      note("the scheduler doesn't answer; waiting for it")
      return
    }
    var states: [TaskKey: BatchTask.State] = [:]
    for task in known {
      states[TaskKey(submission: task.submission, task: task.task)] = task.state
      if ledger[task.submission]?.job == nil {
        ledger.change(task.submission) { $0.job = task.job }
      }
    }
    let now = monotonicSeconds()
    for submission in ledger.open {
      for task in submission.openTasks {
        let key = TaskKey(submission: submission.number, task: task)
        let state = states[key]
        switch state {
        case .waiting(let held):
          if let held { note("job \(submission.job ?? "") is held: \(held)") }
          gone[key] = nil
        case .running: gone[key] = nil
        case .ended, .cancelled, nil:
          let since = gone[key] ?? now
          gone[key] = since
          let isOver = submission.tasks[task].allSatisfy { !isLive($0, key) }
          guard isOver || now - since >= run.profile.settleSeconds else { continue }
          try takeRecords()
          try judge(key, submission, wasCancelled: state == .cancelled)
          gone[key] = nil
        }
      }
    }
    if ledger != before { try ledger.write(in: folder) }
  }

  private func isLive(_ id: String, _ key: TaskKey) -> Bool {
    guard let index = indices[id] else { return false }
    return items[index].place == .live(submission: key.submission, task: key.task)
  }

  /// Takes every record that is new since the run began.
  private mutating func takeRecords() throws {
    let names: Set<String>
    // Listing the folder is also what makes a network file system look again.
    do { names = Set(try listFolder(plan.store.folder)) } catch {
      throw HarnessError.results(error)
    }
    for index in items.indices {
      guard items[index].place != .over, names.contains(items[index].cell.id + ".json") else {
        continue
      }
      let now = FileStatus(of: plan.store.path(of: items[index].cell.id))
      guard now != items[index].before,
        case .record(let record) = try plan.store.entry(of: items[index].cell)
      else { continue }
      items[index].before = now
      accept(record, at: index)
    }
  }

  /// A cell has a record.
  private mutating func accept(_ record: RunRecord, at index: Int) {
    let entry = items[index].entry
    if record.status == .tooLarge, let needed = more(for: record, at: index) {
      run.progress.note(
        "\(entry.shortName) needs \(Int(needed)) MiB, more than its task had; once more, with that")
      items[index].mebibytes = needed
      items[index].place = .pending
      return
    }
    items[index].place = .over
    number += 1
    summary.count(record)
    run.progress.ended(
      entry, Progress.Place(number: number, count: items.count), record,
      seconds: record.measurement?.wallSeconds ?? 0)
    if entry.isAnchor, let objection = plan.gates[entry.point.panel]?.objection(to: record) {
      run.progress.note("quantized cells are blocked: \(objection)")
      missed[entry.point.panel] = objection
      summary.missedAnchor = summary.missedAnchor ?? objection
    }
  }

  /// MiB that a cell needs which was too large for what its task asked for, if there is more to be had.
  private func more(for record: RunRecord, at index: Int) -> Double? {
    guard let bytes = record.measurement?.analyticBytes, items[index].mebibytes == nil,
      case .live(let submission, _) = items[index].place, let asked = ledger[submission]?.request
    else { return nil }
    let needed = Double(bytes) / 1_048_576
    let request = TaskRequest.mebibytes(for: needed, limit: run.profile.limits.mebibytes)
    return request > asked.mebibytes ? needed : nil
  }

  /// A task is gone: what has no record is submitted again where a machine was at fault.
  private mutating func judge(
    _ key: TaskKey, _ submission: Ledger.Submission, wasCancelled: Bool
  ) throws {
    let journals: [TaskJournal]
    do {
      journals = try TaskJournal.all(
        submission: key.submission, task: key.task, in: folder + "/tasks")
    } catch { throw HarnessError.results(error) }
    for trouble in journals.compactMap(\.trouble) { note("a task couldn't go on: \(trouble)") }
    // Never taken by the scheduler, as far as anybody knows: no attempt.
    let wasTaken = submission.job != nil || !journals.isEmpty
    for id in submission.tasks[key.task] {
      guard let index = indices[id], isLive(id, key) else { continue }
      let last = journals.flatMap(\.cells).last { $0.id == id }
      switch last?.outcome {
      case .blocked:
        items[index].place = .over
        summary.blocked.append(last?.reason ?? "full precision misses its anchor")
      case .refused: lose(index, last?.reason ?? "refused")
      case .waits, .busy:
        items[index].waits += 1
        items[index].place = .pending
        if items[index].waits > 20 { lose(index, last?.reason ?? "it never could begin") }
      case .failed, .tooLarge, .recorded:
        // A run that took over from another can't tell by the file's time that the record is new.
        if case .record(let record) = try plan.store.entry(of: items[index].cell) {
          accept(record, at: index)
        } else {
          again(index, key, journals)
        }
      case .interrupted, nil:
        if wasCancelled {
          items[index].place = .over
          summary.cancelled += 1
          run.progress.note(
            "\(items[index].entry.shortName): its task was cancelled; the same command runs it")
        } else if wasTaken {
          again(index, key, journals)
        } else {
          items[index].place = .pending
        }
      }
    }
    ledger.change(key.submission) { $0.closed = ($0.closed + [key.task]).sorted() }
  }

  /// The machine's fault: once more, unless that happened too often without coming further.
  private mutating func again(_ index: Int, _ key: TaskKey, _ journals: [TaskJournal]) {
    let log = plan.store.workFolder(of: items[index].cell.id) + "/replay.log"
    let bytes = FileStatus(of: log)?.bytes ?? 0
    items[index].attempts = bytes > items[index].logBytes ? 0 : items[index].attempts + 1
    let name = items[index].entry.shortName
    let stem = TaskJournal.stem(submission: key.submission, task: key.task)
    guard items[index].attempts < run.profile.attempts else {
      let trouble = journals.last?.trouble.map { " (\($0))" } ?? ""
      return lose(
        index,
        "\(counted(items[index].attempts, "task")) ended without a record of it\(trouble); "
          + "the last one's output: \(folder)/\(stem).out")
    }
    items[index].place = .pending
    run.progress.note("\(name): its task ended without a record; once more")
  }

  private mutating func lose(_ index: Int, _ reason: String) {
    items[index].place = .over
    let name = items[index].entry.shortName
    summary.lost.append("\(name): \(reason)")
    run.progress.note("\(name): lost: \(reason)")
  }
}
