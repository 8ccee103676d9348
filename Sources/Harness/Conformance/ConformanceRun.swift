internal import JSONText
package import Records
internal import System
internal import Vocabulary

/// Runs the scenarios on one program, each as a cell of its own.
package struct ConformanceRun: Sendable {
  /// Names of the facts by which a failed cell's record says whose fault it was.
  package struct Marks: Sendable {
    /// The program's.
    package let fault: String
    /// The program refused by itself.
    package let refusal: String
    /// The most memory that the program held.
    package let memory: String
    /// The time that it took.
    package let time: String

    /// Marks from their names.
    package init(fault: String, refusal: String, memory: String, time: String) {
      self.fault = fault
      self.refusal = refusal
      self.memory = memory
      self.time = time
    }
  }

  /// The program, its options and limits.
  package let program: GridProgram
  /// Scenarios that its manifest expects it to fail, and why.
  package let expectedFailures: [String: String]
  private let catalog: Catalog
  private let tools: SingleEvaluation.Program
  private let process: CellProcess
  private let marks: Marks

  /// Tokens of a window of the scenarios' text.
  private static let windowTokens = 64

  /// A run from its parts.
  package init(
    _ program: GridProgram, expectedFailures: [String: String], catalog: Catalog,
    tools: SingleEvaluation.Program, process: CellProcess, marks: Marks
  ) {
    self.program = program
    self.expectedFailures = expectedFailures
    self.catalog = catalog
    self.tools = tools
    self.process = process
    self.marks = marks
  }

  /// Runs scenarios below `folder`, which is left to the caller.
  ///
  /// - Parameters:
  ///   - scenarios: Which.
  ///   - folder: Where texts and records go.
  ///   - began: Called with each scenario's name before it runs.
  ///   - output: Gets the workers' output as it comes.
  /// - Returns: A finding for each, in order; a signal ends them, and is the second value.
  /// - Throws: ``HarnessError`` and `FileError` for what can't be written, what planning throws.
  package func callAsFunction(
    _ scenarios: [ConformanceScenario] = ConformanceScenario.all, in folder: String,
    began: (String) -> Void, output: (ArraySlice<UInt8>) -> Void
  ) throws -> (findings: [ConformanceFinding], interruption: Int32?) {
    let texts = (scored: folder + "/scored.txt", calibration: folder + "/calibration.txt")
    try makeFolder(folder)
    try writeDurably(Array(ConformanceText.lines(120, seed: 1).utf8), to: texts.scored)
    try writeDurably(Array(ConformanceText.lines(600, seed: 2).utf8), to: texts.calibration)
    var findings: [ConformanceFinding] = []
    var digests: [String: String] = [:]
    for scenario in scenarios {
      began(scenario.name)
      let evaluation = try SingleEvaluation(
        model: scenario.model, text: texts.scored, calibration: texts.calibration,
        method: GridProgram.method, options: program.members, bits: BitsLabel(scenario.bits),
        windowTokens: Self.windowTokens, testWindows: 4, developmentWindows: 4, seed: scenario.seed)
      var locator = AssetLocator(catalog.site)
      let planned = try evaluation.planned(catalog, from: folder, tools, locator: &locator)
      // Each has a folder of its own: no record of one stands for another.
      let run = EvaluationRun(
        store: ResultStore(evaluationsIn: "\(folder)/\(scenario.name)"), process: process)
      switch try run(planned, inputs: locator.digestedFiles, began: {}, output: output) {
      case .interrupted(let signal): return (findings, signal)
      case .found(let record), .measured(let record):
        digests[scenario.name] = record.digests.first { $0.name == "weights.final" }?.text
        let finding = finding(scenario, record, twin: scenario.twin.flatMap { digests[$0] })
        findings.append(finding.expecting(expectedFailures[scenario.name]))
      }
    }
    return (findings, nil)
  }

  private func finding(
    _ scenario: ConformanceScenario, _ record: RunRecord, twin: String?
  ) -> ConformanceFinding {
    func fact(_ name: String) -> Double? { record.facts.first { $0.name == name }?.value }
    guard record.status == .finished else {
      let reason = record.reason ?? "no reason was given"
      if record.status == .diverged {
        return ConformanceFinding(
          scenario.name, .fault, "its weights give no finite loss: \(reason)")
      }
      let verdict: ConformanceFinding.Verdict =
        fact(marks.refusal) != nil ? .refused : fact(marks.fault) != nil ? .fault : .ours
      return ConformanceFinding(scenario.name, verdict, reason)
    }
    let digest = record.digests.first { $0.name == "weights.final" }?.text
    if let twin, digest != twin {
      return ConformanceFinding(
        scenario.name, .fault,
        "other weights than '\(scenario.twin ?? "")' from the same input and seed")
    }
    let seconds = fact(marks.time).map { "\(($0 * 10).rounded() / 10) s" } ?? "no time"
    let mebibytes =
      fact(marks.memory).map { "\(Int(($0 / 1_048_576).rounded())) MiB" } ?? "no memory"
    return ConformanceFinding(scenario.name, .passed, "\(seconds), \(mebibytes)")
  }
}
