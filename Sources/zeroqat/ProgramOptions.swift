internal import ArgumentParser
internal import Harness
internal import JSONText
internal import Methods
internal import Records
internal import System
internal import Worker

/// An external program as the commands take it that try one.
struct ProgramOptions: ParsableArguments {
  @Argument(help: "The program: a path, or a name on PATH.")
  var program: String

  @Option(help: "Its manifest. Default: the file beside it, with .json behind its name.")
  var manifest: String?

  @Option(
    name: .customLong("option"),
    help: ArgumentHelp("An option of the program; may be repeated.", valueName: "name=value"))
  var options: [String] = []

  @Option(help: "Minutes that it may take.")
  var minutes = 5.0

  @Option(help: "Memory that it may hold with all its children, MiB.")
  var mebibytes = 4096

  /// The program as a grid would have it; a path is seen from the working folder.
  var gridProgram: GridProgram {
    get throws {
      GridProgram(
        program.contains("/") ? try absolute(program) : program,
        manifest: try manifest.map { try absolute($0) },
        options: .object(try options.map(optionMember)), minutes: minutes, mebibytes: mebibytes)
    }
  }

  /// The program, found, and what it says of itself.
  func place() throws -> ExternalProgramPlace {
    try ExternalProgramPlace(program, manifest: manifest)
  }
}

extension ConformanceRun.Marks {
  /// The names that the method gives its facts.
  static let external = ConformanceRun.Marks(
    fault: ExternalProgramFault.factName, refusal: ExternalProgramFault.refusalName,
    memory: ExternalProgramFault.memoryName, time: ExternalProgramFault.timeName)
}

extension SingleEvaluation.Program {
  /// This program, with the kernels that `work` asks for.
  init(_ work: WorkOptions, _ environment: [String: String]) {
    self.init(
      blasCore: work.blasCore.name(
        processorFlags: BLASCore.processorFlags, environment: environment),
      science: builtScience, methods: methodRegistry, facts: { try ModelFacts(path: $0) })
  }
}
