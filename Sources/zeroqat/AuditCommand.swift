internal import ArgumentParser
internal import Audit
internal import Harness
internal import Records
internal import System

/// `zeroqat audit table2`: whether hours of committed training are what their logs say, in minutes.
struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Replay the committed training of a table, and take some of its steps again.",
    discussion: """
      A zeroth-order update follows from a seed and two losses, and the losses of every step are committed. So the \
      final weights are rebuilt without a forward pass, and compared and scored again; and of random steps both \
      losses are evaluated anew at the weights of that step. Documentation/guides/Audit.md says what that proves.

      Exit status: 0 everything is what it was; 1 something isn't, or a log is damaged or of another run; 3 a cell \
      failed; 4 nothing to audit.
      """)

  @Argument(help: "A folder of tables/, by name.")
  var table: String

  @Option(help: "tiny, small, shape or paper. Default: every scale that has committed records.")
  var scale: String?

  @Option(
    help: ArgumentHelp(
      "Only cells whose place contains this text: 'zeroqat.ppl-w4a4.seed1'.", valueName: "substring"
    ))
  var filter: String?

  @Option(help: "Steps of each training that are evaluated again.")
  var steps = 20

  @Option(help: "What the choice of steps follows from. Default: a new random number.")
  var seed: UInt64?

  @OptionGroup var work: WorkOptions

  @OptionGroup var jobs: JobsOption

  @Option(
    help: ArgumentHelp(
      "The program that runs a cell, called as 'cell' of this one.", visibility: .hidden))
  var worker = "/proc/self/exe"

  func validate() throws {
    if steps < 1 { throw ValidationError("expected 1 step or more, found \(steps)") }
  }

  func run() throws {
    Interruption.install()
    var audit = try TableAudit(self, seed: seed ?? UInt64.random(in: 0...UInt64.max))
    try audit.run()
    try audit.report()
  }
}
