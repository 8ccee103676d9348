internal import ArgumentParser
internal import Harness

/// `zeroqat run table2`: every cell that has no record yet.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run the cells of a table that have no record yet.")

  @Argument(help: "A folder of tables/, by name or path.")
  var table: String

  @OptionGroup var options: TableOptions

  @Flag(help: "Only print what would run.")
  var dryRun = false

  @Flag(help: "Run finished cells again, and resume nothing.")
  var force = false

  @Option(
    help: ArgumentHelp(
      "The program that runs a cell, called as 'cell' of this one.", visibility: .hidden))
  var worker = Self.ownProgram

  private static let ownProgram = "/proc/self/exe"

  func run() throws {
    let place = try TableAtScale(table, options)
    let plan = try place.plan(options, force: force)
    if dryRun {
      try writeToStandardOutput("\(plan)\n")
      return
    }
    writeToStandardError(Array("\(plan)\n".utf8))
    Interruption.install()
    let environment = place.workspace.environment
    // Nothing can be measured on a model that can't be opened: better said before than in each row.
    if worker == Self.ownProgram {
      try plan.inspectModels(executable: worker, environment: environment)
    }
    let runner = Runner(
      process: CellProcess(
        executable: worker, threads: options.threads ?? onlineProcessors(),
        environment: environment, commit: builtCommit),
      progress: .standardError(environment: environment))
    let summary = try runner.run(plan, force: force)
    writeToStandardError(Array("\(summary)\n".utf8))
    throw ExitCode(summary.exitStatus)
  }
}
