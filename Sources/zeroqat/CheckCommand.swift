internal import ArgumentParser
internal import Harness
internal import Records
internal import Reporting

/// `zeroqat check table2`: this machine's records against the committed ones.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Compare this machine's records with the committed ones.",
    discussion: "Exit status: 0 all good, 1 a regression, 4 something missing or nothing measured.")

  @Argument(help: "A folder of tables/, by name or path.")
  var table: String

  @OptionGroup var options: TableOptions

  @Option(help: "Also write JUnit XML to this file.")
  var junit: String?

  func run() throws {
    let place = try TableAtScale(table, options)
    let plan = try place.plan(options)
    var ids: [CellAddress: String] = [:]
    for entry in plan.entries { ids[entry.point.address] = entry.cell?.id }
    let report = checkRecords(
      table: place.grid.table, scale: place.scale, fresh: try plan.currentRecords(),
      committed: try CommittedRecords(place).read(), currentIDs: ids)
    try writeToStandardOutput(report.markdown)
    if let junit { try writeDurably(Array(report.junit.utf8), to: try absolute(junit)) }
    switch report.outcome {
    case .allGood: return
    case .regression: throw ExitCode(1)
    case .nothingMeasured: throw ExitCode(4)
    }
  }
}
