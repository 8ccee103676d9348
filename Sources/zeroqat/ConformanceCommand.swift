internal import ArgumentParser
internal import Glibc
internal import Harness
internal import Methods
internal import Records
internal import Reporting
internal import System
internal import Worker

/// `zeroqat conformance PROGRAM`: frozen scenarios that a program must meet to be a method.
struct ConformanceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conformance", abstract: "Hold an external program to the protocol of methods.",
    discussion: """
      Runs frozen scenarios on the committed models and says of each whether the program passed, refused, \
      failed as its manifest expects, or is at fault, or whether the fault is zeroqat's. Exit status: 0 it \
      conforms; 1 it is at fault; 2 wrong use; 3 a scenario failed for a reason of zeroqat's own.
      """)

  @OptionGroup var program: ProgramOptions

  @Option(
    name: .customLong("scenario"), help: "Only this scenario; may be repeated. Default: all.")
  var scenarios: [String] = []

  @Flag(help: "The report as Markdown.")
  var markdown = false

  @OptionGroup var work: WorkOptions

  func validate() throws {
    let known = ConformanceScenario.all.map(\.name)
    for name in scenarios where !known.contains(name) {
      throw ValidationError("unknown scenario '\(name)'; \(suggestion(for: name, among: known))")
    }
  }

  func run() throws {
    let environment = processEnvironment()
    let site = try Site(root: work.root, results: work.results, environment: environment)
    let place: ExternalProgramPlace
    do { place = try program.place() } catch let misfit as ExternalProgramMisfit {
      try report("'\(program.program)'", [ConformanceFinding("manifest", .fault, "\(misfit)")])
      throw ExitCode(1)
    }
    let manifest = place.manifest
    let known = ConformanceScenario.all.map(\.name)
    for name in manifest.expectedFailures.keys.sorted() where !known.contains(name) {
      try report(
        "\(manifest.name) \(manifest.version)",
        [
          ConformanceFinding(
            "manifest", .fault,
            "/expectedFailures: unknown scenario '\(name)'; \(suggestion(for: name, among: known))")
        ])
      throw ExitCode(1)
    }
    let run = ConformanceRun(
      try program.gridProgram, expectedFailures: manifest.expectedFailures,
      catalog: try Catalog(site, architectures: architectureNames),
      tools: SingleEvaluation.Program(work, environment),
      process: CellProcess(
        threads: work.threadCount, environment: environment, commit: builtCommit),
      marks: .external)
    Interruption.install()
    let folder = "\(site.results)/conformance-\(getpid())"
    // What a scenario is compared with comes along.
    let asked = ConformanceScenario.all.filter { scenarios.isEmpty || scenarios.contains($0.name) }
    let twins = asked.compactMap(\.twin)
    let wanted = ConformanceScenario.all.filter { asked.contains($0) || twins.contains($0.name) }
    let outcome = Result {
      try run(wanted, in: folder, began: { say("\($0) …") }, output: { _ in })
    }
    try removeTree(folder)
    let (findings, interruption) = try outcome.get()
    try report("\(manifest.name) \(manifest.version)", findings)
    if let interruption { throw ExitCode(Interruption.exitStatus(of: interruption)) }
    throw ExitCode(ConformanceFinding.exitStatus(of: findings))
  }

  private func report(_ name: String, _ findings: [ConformanceFinding]) throws {
    let report = ConformanceReport(
      program: name, scenarios: ConformanceScenario.version,
      rows: findings.map { ($0.scenario, $0.verdict.rawValue, $0.words) })
    try writeToStandardOutput(markdown ? report.markdown : report.plain)
  }
}
