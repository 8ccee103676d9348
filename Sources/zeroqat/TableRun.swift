internal import Harness
internal import JSONText
internal import Records
internal import Reporting
internal import System

/// One table run and rendered beside its records.
struct TableRun {
  let place: TableAtScale
  let options: TableOptions
  let jobs: JobsOption
  let executor: ExecutorOptions
  let force: Bool
  let worker: String

  /// This very program.
  static let ownProgram = "/proc/self/exe"

  /// What would run; a cell that is too large for this machine may fit into one of a cluster's.
  func plan() throws -> Plan {
    guard executor.isCluster else { return try place.plan(options, force: force) }
    let mebibytes = try executor.clusterProfile().limits.mebibytes
    return try place.plan(
      options, memoryBytes: mebibytes.map { Int($0) << 20 } ?? MachineMemory.bytes)
  }

  /// Runs every cell that has no record yet.
  func callAsFunction() throws -> Runner.Summary {
    let plan = try plan()
    writeToStandardError(Array("\(plan)\n".utf8))
    Interruption.install()
    let environment = place.site.environment
    // Nothing can be measured on a model that can't be opened: better said before than in each row.
    if worker == Self.ownProgram {
      try plan.inspectModels(executable: worker, environment: environment)
    }
    if executor.isCluster {
      let profile = try executor.clusterProfile()
      let summary = try executor.cluster(
        profile, options.work, worker: worker, environment: environment
      )(plan, on: executor.batch(profile, environment: environment))
      writeToStandardError(Array("\(summary)\n".utf8))
      return summary
    }
    let settings = jobs.settings(options.work, timesMatter: !place.isShortened)
    let runner = Runner(
      process: CellProcess(
        executable: worker, threads: settings.threads,
        environment: environment, commit: builtCommit),
      progress: .standardError(environment: environment), jobs: settings.jobs)
    let summary = try runner.run(plan, force: force)
    writeToStandardError(Array("\(summary)\n".utf8))
    return summary
  }

  /// Takes back what is in a cluster's queue, and says how much that was.
  func cancel() throws {
    let profile = try executor.clusterProfile()
    let environment = place.site.environment
    let count = try executor.cluster(
      profile, options.work, worker: worker, environment: environment
    ).cancel(plan(), on: executor.batch(profile, environment: environment))
    say(
      count == 0 ? "nothing was in the queue" : "taken back: \(count) task\(count == 1 ? "" : "s")")
  }

  /// Writes the list of tasks for somebody else's array, and says what it needs.
  func writeTasks(to path: String) throws {
    let environment = place.site.environment
    let plan = try plan()
    let written = try executor.cluster(
      executor.clusterProfile(), options.work, worker: worker, environment: environment
    ).write(plan, to: absolute(path))
    guard let (list, needs) = written else { return say("nothing to run") }
    try writeToStandardOutput(
      """
      {"list": \(try jsonText(of: absolute(path), style: .compact)), "tasks": \(list.tasks.count), \
      "minutes": \(needs.minutes), "mebibytes": \(needs.mebibytes), "threads": \(needs.threads)}

      """)
  }

  /// Renders the whole table from what was measured, whatever part was run, and says where.
  func render() throws {
    var options = options
    options.filter = nil
    let suffix = options.protocolID.map { "-\($0)" } ?? ""
    let path = "\(place.store.folder)/table\(suffix).md"
    // A failed cell doesn't keep the others from being shown: the table names its reason.
    try PlannedTable(fresh: place, options).write(to: path)
    say("the table: \(place.site.fromRoot(path))")
  }

  /// How many cells came to what: what is measured, what isn't and why not, as far as the plan knows.
  func outcome() throws -> String {
    let entries = try place.plan(options).entries
    var (measured, tooLarge, failed) = (0, 0, 0)
    for record in try place.plan(options).currentRecords() {
      switch record.status {
      case .finished, .diverged: measured += 1
      case .tooLarge: tooLarge += 1
      case .failed: failed += 1
      }
    }
    let idle = entries.count - measured - tooLarge - failed
    return "\(measured) measured, \(idle) not run, \(failed) failed"
      + (tooLarge > 0 ? ", \(tooLarge) too large" : "")
  }
}

/// A line for whoever watches.
func say(_ line: String) { writeToStandardError(Array("\(line)\n".utf8)) }

extension Site {
  /// A path as seen from the checkout, where it is in there.
  func fromRoot(_ path: String) -> String {
    path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : path
  }
}
