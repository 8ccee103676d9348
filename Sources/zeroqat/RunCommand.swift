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

  func validate() throws { try options.validate(table: table, all: all) }

  func run() throws {
    guard let table else {
      let tables = AllTables(options: options, jobs: jobs, force: force, worker: worker)
      if dryRun { return try tables.plan() }
      throw ExitCode(try tables.run())
    }
    if let page = try TextPage(table, options) {
      guard dryRun else { return try page.render() }
      try writeToStandardOutput("\(page.table): a table of words, nothing to run\n")
      return
    }
    let run = TableRun(
      place: try TableAtScale(table, options), options: options, jobs: jobs, force: force,
      worker: worker)
    if dryRun {
      try writeToStandardOutput("\(try run.plan())\n")
      return
    }
    let summary = try run()
    if render, summary.interruption == nil { try run.render() }
    throw ExitCode(summary.exitStatus)
  }
}
