internal import ArgumentParser
internal import Harness
internal import System
internal import Worker

/// `zeroqat cell`: one cell in this very process; what `run` starts for each.
struct CellCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cell", abstract: "Run one cell in this process; started by 'run'.")

  @Option(name: .customLong("spec"), help: "The cell, JSON.")
  var specification: String

  @Option(name: .customLong("out"), help: "Where the record goes.")
  var output: String

  @Option(help: "Threads inside the cell.")
  var threads: Int

  @Option(name: .customLong("work"), help: "The folder for what a resumed cell goes on from.")
  var workFolder: String

  @Option(
    help: ArgumentHelp(
      "The cell's files as they were when it was planned, JSON; those that are unchanged aren't "
        + "digested again."))
  var files: String?

  @Option(help: "The folder of trainings that cells share. Default: each cell does its own.")
  var stages: String?

  func run() throws {
    ParentWatch.arm()
    try runCell(
      specification: specification, output: output, threads: threads, workFolder: workFolder,
      stages: stages, plannedFiles: files)
  }
}
