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
      something missing or nothing measured; with --all the worst of all tables that have committed records. With \
      --margin the tiers of 'zeroqat gate' decide instead, and 5 is inconclusive.
      """)

  @Argument(help: "A folder of tables/, by name or path.")
  var table: String?

  @Flag(help: "Every table whose grid has the scale.")
  var all = false

  @OptionGroup var options: TableOptions

  @Option(help: "Also write JUnit XML to this file.")
  var junit: String?

  @Option(
    help: ArgumentHelp(
      "Rule out that a perplexity rose by this share, such as 0.005, or say that it can't be told; whole runs of one table.",
      valueName: "share"))
  var margin: Double?

  func validate() throws {
    try options.validate(table: table, all: all)
    guard let margin else { return }
    guard margin > 0, margin < 1 else {
      throw ValidationError("expected a share above 0 and below 1, found --margin \(margin)")
    }
    guard !all, options.protocolID == nil else {
      throw ValidationError("--margin is for one table, as its grid has it")
    }
  }

  func run() throws {
    let outputs = try OutputFiles(["--junit": junit])
    if let margin, let table { return try gate(table, margin, outputs) }
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
    try outputs.write(reports.junit, to: "--junit")
    switch all ? reports.outcome : reports[0].outcome {
    case .allGood: return
    case .regression: throw ExitCode(1)
    case .nothingMeasured: throw ExitCode(4)
    }
  }

  /// The table by the rules of a gate whose baselines are the committed records.
  private func gate(_ table: String, _ margin: Double, _ outputs: OutputFiles) throws {
    let run = try GateRun(table: table, margin: margin, options.whole())
    if let warning = run.warning { say(warning) }
    let report = run.report
    let texts = WindowTexts(options.work)
    try writeToStandardOutput(report.markdown { texts.text(of: $0, window: $1) })
    try outputs.write(report.junit, to: "--junit")
    if report.exitCode != 0 { throw ExitCode(report.exitCode) }
  }

  private func places() throws -> [TableAtScale] {
    if let table { return [try TableAtScale(table, options)] }
    return try TableAtScale.all(options)
  }
}
