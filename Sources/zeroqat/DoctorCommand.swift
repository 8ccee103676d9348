internal import ArgumentParser
internal import Harness
internal import JSONText
internal import Records
internal import System
internal import Tensors

/// `zeroqat doctor`: what this machine has of what is needed, and the command that brings the rest.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say what this machine has, and the command that brings what is missing.",
    discussion: "Exit status: 0 when nothing that is needed is missing, else 2.")

  @Flag(help: "The report as JSON.")
  var json = false

  @OptionGroup var place: PlaceOptions

  func run() throws {
    let environment = processEnvironment()
    let catalog = try Catalog(
      Site.anywhere(root: place.root, results: place.results, environment: environment))
    let core = BLASCore.auto.name(
      processorFlags: BLASCore.processorFlags, environment: environment)
    let report = MachineExamination(
      catalog, blas: (BLAS.version, core == "inherit" ? BLAS.coreName : core))()
    try writeToStandardOutput(json ? jsonText(of: report, style: .pretty) : "\(report)")
    if !report.isComplete { throw ExitCode(2) }
  }
}
