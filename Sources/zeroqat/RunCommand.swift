internal import ArgumentParser
internal import Harness
internal import System

/// `zeroqat run table2`: every cell that has no record yet.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run the cells of a table that have no record yet.",
    discussion: "A table of words has no cells; it is rendered.")

  @Argument(help: "A folder of tables/, by name or path.")
  var table: String?

  @Flag(help: "Every table and figure that has the scale, each rendered; ends with a summary.")
  var all = false

  @OptionGroup var options: TableOptions

  @OptionGroup var jobs: JobsOption

  @OptionGroup var executor: ExecutorOptions

  @Flag(help: "Only print what would run.")
  var dryRun = false

  @Flag(help: "Run finished cells again, and resume nothing.")
  var force = false

  @Flag(help: "Render the table beside its records when the run ends.")
  var render = false

  @Option(
    help: ArgumentHelp(
      "The program that runs a cell, called as 'cell' of this one.", visibility: .hidden))
  var worker = TableRun.ownProgram

  func validate() throws {
    try options.validate(table: table, all: all)
    try executor.validate()
    if executor.isCluster || executor.writeTasks != nil {
      if force {
        throw ValidationError(
          "--force is for runs on this machine: a task takes a record that is there for its own; "
            + "move the records away that you don't want")
      }
      if jobs.jobs != nil {
        throw ValidationError(
          "--jobs is for runs on this machine; a profile's 'atATime' is for a cluster")
      }
    }
    if executor.writeTasks != nil || executor.cancel, table == nil {
      throw ValidationError("\(executor.cancel ? "--cancel" : "--write-tasks") is for one table")
    }
  }

  func run() throws {
    guard let table else {
      let tables = AllTables(
        options: options, jobs: jobs, executor: executor, force: force, worker: worker)
      if dryRun { return try tables.plan() }
      throw ExitCode(try tables.run())
    }
    if let page = try TextPage(table, options) {
      guard dryRun else { return try page.render() }
      try writeToStandardOutput("\(page.table): a table of words, nothing to run\n")
      return
    }
    let run = TableRun(
      place: try TableAtScale(table, options), options: options, jobs: jobs, executor: executor,
      force: force,
      worker: worker)
    if dryRun {
      try writeToStandardOutput("\(try run.plan())\n")
      return
    }
    if executor.cancel { return try run.cancel() }
    if let path = executor.writeTasks { return try run.writeTasks(to: path) }
    let summary = try run()
    if render, summary.interruption == nil { try run.render() }
    throw ExitCode(summary.exitStatus)
  }
}
