internal import ArgumentParser
internal import Audit
internal import Reporting
internal import System

/// `zeroqat inspect log FILE`: what a training's probes tell without its model.
struct InspectLogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Say what a zeroth-order training's log tells: losses, clipping, signal, drift.",
    discussion: """
      A committed replay file (tables/TABLE/replay/SCALE/*.replay), or the replay.log of a run, at work or done. The \
      log is read only.
      """)

  @Argument(help: "The log.")
  var path: String

  @Option(help: "How it is written.")
  var format = InspectionFormat.table

  func run() throws {
    let log = try InspectedLog(path)
    try format.write(
      LogInspection(
        path: path, origin: log.origin, directions: log.directions,
        probes: log.probes.map {
          LogInspection.Probe(
            plus: $0.plus, minus: $0.minus, gradient: $0.gradient, isClipped: $0.isClipped)
        }))
  }
}
