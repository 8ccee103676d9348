internal import Glibc
internal import JSONText
internal import Records
internal import System

/// Carries out a plan on a cluster: hands its cells to a scheduler, and follows them to their records.
///
/// Everything about a cell happens in the task that runs it (``TaskRun``). A run that is ended at any moment leaves
/// its jobs at work; the same command follows them again.
package struct ClusterRun: Sendable {
  /// What the cluster takes.
  package var profile: ClusterProfile
  /// Threads inside a cell, and processors of a task.
  package var threads: Int
  /// Methods whose cells may share one training.
  package var sharing: Set<String>
  /// The program that understands `task --list FILE --index N`, from the root: on every machine of the cluster.
  package var program: String
  /// The program that runs a cell; nil for the same.
  package var worker: String?
  /// Tells the user.
  package var progress: Progress

  /// A way to run cells on a cluster.
  package init(
    profile: ClusterProfile, threads: Int, sharing: Set<String>,
    program: String, worker: String?, progress: Progress
  ) {
    self.profile = profile
    self.threads = threads
    self.sharing = sharing
    self.program = program
    self.worker = worker
    self.progress = progress
  }

  /// Where a run of this table keeps its ledger, lists, scripts and outputs.
  package static func folder(of plan: Plan) -> String {
    "\(plan.store.results)/cluster/\(plan.grid.table)-\(plan.scale.rawValue)"
  }

  /// Runs what the plan says.
  ///
  /// - Parameters:
  ///   - plan: What to run.
  ///   - batch: Who starts tasks.
  ///   - interruption: How many signals came so far, and the last one's number; one ends the following, not the jobs.
  /// - Returns: What it came to.
  /// - Throws: ``HarnessError`` for missing files, a results folder that is in use, a scheduler that refuses.
  package func callAsFunction(
    _ plan: Plan, on batch: any BatchSystem,
    interruption: () -> (count: Int, number: Int32) = { Interruption.current }
  ) throws -> Runner.Summary {
    let folder = Self.folder(of: plan)
    let run = Ledger.run(of: plan.store)
    guard plan.toRun > 0 else { return Runner.Summary(before: plan) }
    try plan.requireFiles()
    do {
      try makeFolder(plan.store.folder)
      try makeFolder(folder + "/tasks")
    } catch { throw HarnessError.results(error) }
    let lock = try StoreLock(folder: plan.store.results)
    defer { _ = lock.isHeld }
    let limits = try batch.limits().and(profile.limits)
    var course = ClusterCourse(
      self, plan, on: batch, folder: folder, ledger: try Ledger.read(in: folder, run: run),
      limits: limits)
    try course.adopt()
    while true {
      try course.look()
      try course.submit()
      if course.isAtItsEnd { break }
      let end = monotonicSeconds() + profile.pollSeconds
      while monotonicSeconds() < end, interruption().count == 0 { usleep(50_000) }
      if interruption().count > 0 {
        course.summary.interruption = interruption().number
        let how = batch.cancelling(run).map { ", '\($0)' or --cancel takes them back" } ?? ""
        progress.note("no longer followed; jobs go on, the same command follows them\(how)")
        return course.summary
      }
    }
    let report = try EfficiencyReport(course.followed, plan.store, folder: folder).description
    if !report.isEmpty { progress.note(report) }
    return course.summary
  }

  /// Takes back all jobs of a run.
  ///
  /// - Parameters:
  ///   - plan: The table's.
  ///   - batch: Who started them.
  /// - Returns: How many tasks they had left.
  /// - Throws: As ``callAsFunction(_:on:interruption:)``.
  package func cancel(_ plan: Plan, on batch: any BatchSystem) throws -> Int {
    let folder = Self.folder(of: plan)
    guard FileStatus(of: folder + "/ledger.json") != nil else { return 0 }
    let lock = try StoreLock(folder: plan.store.results)
    defer { _ = lock.isHeld }
    let run = Ledger.run(of: plan.store)
    var ledger = try Ledger.read(in: folder, run: run)
    // A job that was being handed in when its run was killed has no name here yet.
    let known = try batch.states(of: run, open: ledger.open) ?? []
    for task in known { ledger.change(task.submission) { $0.job = $0.job ?? task.job } }
    let alive = ledger.open.filter { submission in
      known.contains { task in
        guard task.submission == submission.number else { return false }
        switch task.state {
        case .waiting, .running: return true
        case .ended, .cancelled: return false
        }
      }
    }
    try batch.cancel(alive)
    let count = alive.reduce(0) { $0 + $1.openTasks.count }
    for submission in ledger.open {
      ledger.change(submission.number) { $0.closed = Array($0.tasks.indices) }
    }
    try ledger.write(in: folder)
    return count
  }
}
