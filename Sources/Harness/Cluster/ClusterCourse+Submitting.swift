internal import Glibc
internal import JSONText
internal import Records
internal import System

extension ClusterCourse {
  /// Submits what may be, as far as limits and pace allow.
  mutating func submit() throws {
    block()
    // Full precision first; what waits for it can be handed in once it has a job.
    while let group = TaskPacking(run.profile, threads: run.threads, sharing: run.sharing)
      .groups(of: ready()).first
    {
      guard pace.allows(at: wallSeconds()) else { return }
      let queued = ledger.open.reduce(0) { $0 + $1.openTasks.count }
      let room = min(limits.submitted.map { $0 - queued } ?? .max, limits.arraySize ?? .max)
      guard room > 0, try submit(group, most: room) else { return }
    }
  }

  /// Cells whose full precision misses its anchor never run.
  private mutating func block() {
    for index in items.indices where items[index].place == .pending && !items[index].entry.isAnchor
    {
      guard let reason = missed[items[index].entry.point.panel] else { continue }
      items[index].place = .over
      summary.blocked.append(reason)
    }
  }

  /// Cells that can be handed in now, with what they must wait for.
  private func ready() -> [TaskPacking.Item] {
    items.compactMap { item in
      guard item.place == .pending else { return nil }
      var after: Set<Int> = []
      for other in item.entry.isAnchor ? [] : anchors(of: item.entry.point.panel) {
        switch other.place {
        case .over: continue
        case .pending: return nil
        case .live(let submission, _):
          guard batch.hasArrays else { return nil }
          after.insert(submission)
        }
      }
      return TaskPacking.Item(
        entry: item.entry, mebibytes: item.mebibytes, after: after.sorted())
    }
  }

  private func anchors(of panel: GridPanel) -> [Item] {
    items.filter { $0.entry.isAnchor && $0.entry.point.panel == panel }
  }

  /// Hands in the first tasks of a group; false where the scheduler has no room now.
  private mutating func submit(_ group: TaskPacking.Group, most: Int) throws -> Bool {
    let tasks = Array(group.tasks.prefix(most))
    let number = ledger.nextNumber
    let stem = "\(folder)/\(TaskJournal.padded(number))"
    let job = BatchJob(
      run: ledger.run, number: number, title: "\(plan.grid.table) at scale \(plan.scale.rawValue)",
      tasks: tasks.count, request: group.request,
      after: group.after.compactMap { ledger[$0]?.job }, output: stem + "-%a.out")
    let list = run.list(of: tasks, plan, submission: number) { panel in
      anchors(of: panel).filter { $0.place != .over }.map(\.cell.id)
    }
    let script = batch.script(for: job, command: [run.program, "task", "--list", stem + ".json"])
    do {
      try writeDurably(
        Array(try jsonText(of: list, style: .compact).utf8), to: stem + ".json")
      try writeDurably(Array(script.utf8), to: stem + ".sh")
      chmod(stem + ".sh", 0o755)
    } catch let error as FileError { throw HarnessError.results(error) }
    let now = wallSeconds()
    let before = ledger
    ledger.submissions.append(
      Ledger.Submission(
        number: number, job: nil, at: now, request: group.request,
        tasks: tasks.map { $0.entries.compactMap { $0.cell?.id } }))
    // Before the scheduler is asked: a run that is killed in between looks for a job of that number.
    try ledger.write(in: folder)
    pace.note(at: now)
    let answer: BatchAnswer
    do { answer = try batch.submit(job, script: stem + ".sh") } catch {
      ledger = before
      try ledger.write(in: folder)
      throw error
    }
    switch answer {
    case .later(let reason):
      note("the scheduler takes no more now: \(reason)")
      ledger = before
      try ledger.write(in: folder)
      refusals += 1
      // With nothing of ours in the queue, nothing will make room either.
      guard refusals < 20 || !ledger.open.isEmpty else {
        throw HarnessError.scheduler(command: stem + ".sh", words: reason)
      }
      return false
    case .taken(let id):
      refusals = 0
      ledger.change(number) { $0.job = id }
      try ledger.write(in: folder)
      for (task, contents) in tasks.enumerated() {
        for entry in contents.entries {
          guard let id = entry.cell?.id, let index = indices[id] else { continue }
          items[index].place = .live(submission: number, task: task)
          let log = plan.store.workFolder(of: id) + "/replay.log"
          items[index].logBytes = FileStatus(of: log)?.bytes ?? 0
        }
      }
      let cells = tasks.reduce(0) { $0 + $1.entries.count }
      run.progress.note(
        "job \(id): \(counted(cells, "cell")) in \(counted(tasks.count, "task")) of "
          + group.request.words)
      return true
    }
  }
}

extension TaskRequest {
  /// `10 min, 2 GiB, 4 processors`.
  var words: String {
    let memory =
      mebibytes % 1024 == 0 ? "\(mebibytes / 1024) GiB" : "\(mebibytes) MiB"
    return "\(durationInWords(Double(minutes) * 60)), \(memory), \(counted(threads, "processor"))"
      + (isExclusive ? ", alone on its machine" : "")
  }
}
