internal import ArgumentParser
internal import Harness
internal import Records
internal import Reporting
internal import System

/// `zeroqat check table2`: this machine's records against the committed ones.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Compare this machine's records with the committed ones.",
    discussion: """
      Perplexities are compared window by window, scores of tasks example by example, memory and times by \
      limits of their own: Documentation/decisions says how. Exit status: 0 all good, 1 a regression, 4 \
      something missing or nothing measured; with --all the worst of all tables that have committed records.
      """)

  @Argument(help: "A folder of tables/, by name or path.")
  var table: String?

  @Flag(help: "Every table whose grid has the scale.")
  var all = false

  @OptionGroup var options: TableOptions

  @Option(help: "Also write JUnit XML to this file.")
  var junit: String?

  func validate() throws { try options.validate(table: table, all: all) }

  func run() throws {
    var reports: [CheckReport] = []
    for place in try places() {
      let report = try TableCheck(place, options).report
      reports.append(report)
      // Of many tables, those are shown whole that have something to say.
      if !all || !report.hasNothingCommitted && report.outcome != .allGood {
        try writeToStandardOutput(report.markdown + (all ? "\n" : ""))
      }
    }
    if all { try writeToStandardOutput(reports.summary) }
    if let junit { try writeDurably(Array(reports.junit.utf8), to: try absolute(junit)) }
    switch all ? reports.outcome : reports[0].outcome {
    case .allGood: return
    case .regression: throw ExitCode(1)
    case .nothingMeasured: throw ExitCode(4)
    }
  }

  private func places() throws -> [TableAtScale] {
    if let table { return [try TableAtScale(table, options)] }
    return try TableAtScale.all(options)
  }
}
