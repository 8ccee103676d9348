internal import ArgumentParser
internal import Harness
internal import JSONText
internal import Records
internal import Reporting
internal import System
internal import Vocabulary
internal import Worker

/// `zeroqat eval MODEL --text FILE`: perplexity of a model that nobody prepared, quantized or not.
struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Measure a model's perplexity on a text, quantized or as it is.",
    discussion: """
      Of a file the whole text is scored, of a text in datasets/ its test part, in windows that don't overlap. \
      A method that looks at text needs another one: --calibration, or the train part of a text in \
      datasets/. Standard output has the result, standard error the progress. The record is kept, and \
      found when the same is asked again.
      """)

  @Argument(
    help: """
      A folder with config.json, weights and a tokenizer, a .gguf file, a name in models/, or an id in the \
      hub's cache.
      """)
  var model: String

  @Option(
    help: ArgumentHelp(
      "A UTF-8 file, or a text in datasets/ such as wikitext2.", valueName: "file|name"))
  var text: String

  @Option(help: "Bits, such as W4A16g128 or W6A6; FP for none.")
  var bits = "FP"

  @Option(help: "The method, see 'zeroqat list methods'. Default: full-precision for FP, else rtn.")
  var method: String?

  @Option(
    help: ArgumentHelp(
      "An external program that is the method: a path, or a name on PATH.", valueName: "program"))
  var program: String?

  @Option(
    name: .customLong("option"),
    help: ArgumentHelp("An option of the method; may be repeated.", valueName: "name=value"))
  var options: [String] = []

  @Option(
    help: ArgumentHelp(
      "What the method may look at; of a file the last tenth is for choosing.",
      valueName: "file|name"))
  var calibration: String?

  @Option(help: "Tokens per window. Default: 2048, or the model's positions if they are fewer.")
  var window: Int?

  @Option(help: "How many windows are scored. Default: all.")
  var windows: Int?

  @Option(
    help: """
      Whether a beginning of sequence opens the text: none or once. Default: as the manifest or the \
      tokenizer's files have it, else none.
      """)
  var bos: String?

  @Option(help: "Seed of all randomness.")
  var seed: UInt64 = 1

  @Flag(help: "Measure full precision as well, where it has no record yet.")
  var compare = false

  @Flag(help: "Measure again what has a record.")
  var force = false

  @Flag(help: "The result as JSON.")
  var json = false

  @OptionGroup var work: WorkOptions

  func validate() throws {
    if program != nil, method != nil {
      throw ValidationError("a program is a method; leave --method or --program out")
    }
    if let window, !(2...65_536).contains(window) {
      throw ValidationError("expected 2 to 65536 tokens per window, found \(window)")
    }
    if let windows, windows < 1 {
      throw ValidationError("expected at least 1 window, found \(windows)")
    }
  }

  func run() throws {
    let environment = processEnvironment()
    let site = try Site.anywhere(
      root: work.root, results: work.results, environment: environment)
    let catalog = try Catalog(site, architectures: architectureNames)
    let program = SingleEvaluation.Program(
      blasCore: work.blasCore.name(
        processorFlags: BLASCore.processorFlags, environment: environment),
      science: builtScience, methods: methodRegistry, facts: { try ModelFacts(path: $0) })
    let store = ResultStore(evaluationsIn: site.results)
    let run = EvaluationRun(
      store: store,
      process: CellProcess(
        threads: work.threadCount, environment: environment, commit: builtCommit),
      force: force)
    let base = try absolute(".")
    var locator = AssetLocator(site)
    let evaluation = try evaluation()
    let planned = try evaluation.planned(catalog, from: base, program, locator: &locator)
    Interruption.install()
    let record = try measure(planned, run, &locator)
    var plain: RunRecord?
    if evaluation.methodName != GridRow.fullPrecisionMethod {
      let other = try evaluation.inFullPrecision.planned(
        catalog, from: base, program, locator: &locator)
      plain = try compare ? measure(other, run, &locator) : run.known(other.cell)
    }
    let report = EvaluationReport(
      record, path: site.fromRoot(store.path(of: record.cell.id)),
      fullPrecision: plain.flatMap { $0.status == .finished ? $0 : nil },
      beginning: planned.beginning, lineEnds: planned.lineEnds)
    try writeToStandardOutput(
      json ? jsonText(of: report, style: .pretty) : "\(report)")
  }

  /// What is asked for, as far as its words can be read.
  private func evaluation() throws -> SingleEvaluation {
    let own = try options.map(optionMember)
    return SingleEvaluation(
      model: model, text: text, calibration: calibration,
      method: program == nil ? method : GridProgram.method,
      options: program.map { GridProgram($0, options: .object(own)).members } ?? own,
      bits: try BitsLabel(bits), windowTokens: window,
      testWindows: windows,
      bos: try bos.map { try BeginningOfSequencePolicy(named: $0) }, seed: seed)
  }

  /// The record of a cell, measured unless it is there; of a cell that failed there is none.
  private func measure(
    _ planned: SingleEvaluation.Planned, _ run: EvaluationRun, _ locator: inout AssetLocator
  ) throws -> RunRecord {
    let cell = planned.cell
    let name =
      cell.bits.isFullPrecision && cell.method.name == GridRow.fullPrecisionMethod
      ? "\(cell.model.name) in full precision"
      : "\(cell.model.name), \(cell.bits) by \(cell.method.name)"
    let outcome = try run(planned, inputs: locator.digestedFiles, began: { say("\(name) …") })
    switch outcome {
    case .interrupted(let signal):
      say("interrupted; the same command goes on from there")
      throw ExitCode(Interruption.exitStatus(of: signal))
    case .found(let record):
      say("\(name): measured before\(record.measurement?.startedAt.map { ", \($0)" } ?? "")")
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
}

extension BeginningOfSequencePolicy {
  /// The policy of that name.
  init(named name: String) throws {
    guard let policy = BeginningOfSequencePolicy(rawValue: name) else {
      let known = BeginningOfSequencePolicy.allCases.map(\.rawValue)
      throw ValidationError("unknown --bos '\(name)'; \(suggestion(for: name, among: known))")
    }
    self = policy
  }
}
