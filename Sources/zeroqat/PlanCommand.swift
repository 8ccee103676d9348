internal import ArgumentParser
internal import Harness
internal import System

/// `zeroqat plan table2`: the same as `run --dry-run`.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Print what a run would do; changes nothing.")

  @Argument(help: "A folder of tables/, by name or path.")
  var table: String

  @OptionGroup var options: TableOptions

  func run() throws {
    try writeToStandardOutput("\(try TableAtScale(table, options).plan(options))\n")
  }
}
