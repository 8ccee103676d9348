internal import ArgumentParser
internal import Harness
internal import Methods
internal import Records
internal import Reporting
internal import System
internal import Vocabulary
internal import Worker

/// `zeroqat try PROGRAM`: an external program's perplexity beside full precision and round to nearest, in seconds.
struct TryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "try",
    abstract: "Run an external program on a tiny model, beside full precision and round to nearest."
  )

  /// Nobody chooses on them here; one is what a cell must have.
  private static let developmentWindows = 1

  @OptionGroup var program: ProgramOptions

  @Option(help: "Bits, such as W4A16g128 or W6A6.")
  var bits = "W4A16"

  @Option(help: "The model, as for 'eval'.")
  var model = "tiny-llama"

  @Option(help: ArgumentHelp("The text, as for 'eval'.", valueName: "file|name"))
  var text = "classics"

  @Option(
    help: ArgumentHelp("What the program may look at, as for 'eval'.", valueName: "file|name"))
  var calibration: String?

  @Option(help: "Tokens per window.")
  var window = 256

  @Option(help: "How many windows are scored.")
  var windows = 16

  @Option(help: "Seed of all randomness.")
  var seed: UInt64 = 1

  @OptionGroup var work: WorkOptions

  func validate() throws {
    guard (2...65_536).contains(window) else {
      throw ValidationError("expected 2 to 65536 tokens per window, found \(window)")
    }
    guard windows >= 1 else {
      throw ValidationError("expected at least 1 window, found \(windows)")
    }
  }

  func run() throws {
    let environment = processEnvironment()
    let site = try Site.anywhere(root: work.root, results: work.results, environment: environment)
    let catalog = try Catalog(site, architectures: architectureNames)
    let manifest = try program.place().manifest
    let tools = SingleEvaluation.Program(work, environment)
    let run = EvaluationRun(
      store: ResultStore(evaluationsIn: site.results),
      process: CellProcess(
        threads: work.threadCount, environment: environment, commit: builtCommit))
    Interruption.install()
    let width = try BitsLabel(bits)
    var locator = AssetLocator(site)
    func record(_ name: String, _ evaluation: SingleEvaluation) throws -> RunRecord {
      let planned = try evaluation.planned(
        catalog, from: absolute("."), tools, locator: &locator)
      switch try run(planned, inputs: locator.digestedFiles, began: { say("\(name) …") }) {
      case .interrupted(let signal): throw ExitCode(Interruption.exitStatus(of: signal))
      case .found(let record):
        if let pending = planned.pending { locator.keep(try pending.digests.files()) }
        return record
      case .measured(let record):
        guard record.status != .failed else {
          say("error: \(record.reason ?? "the worker gave no reason")")
          throw ExitCode(3)
        }
        if let pending = planned.pending { locator.keep(try pending.digests.files()) }
        return record
      }
    }
    let ours = SingleEvaluation(
      model: model, text: text, calibration: calibration, method: GridProgram.method,
      options: try program.gridProgram.members, bits: width, windowTokens: window,
      testWindows: windows, developmentWindows: Self.developmentWindows, seed: seed)
    let made = try record(manifest.name, ours)
    let plain = try record("full precision", ours.inFullPrecision)
    var rounding = ours.inFullPrecision
    rounding.method = SingleEvaluation.plainMethod
    rounding.bits = width
    let rounded = try record("rtn", rounding)
    let report = TrialReport(
      made, named: manifest.name,
      beside: [("full precision", plain), ("rtn \(width)", rounded)])
    try writeToStandardOutput(report.description)
  }
}
