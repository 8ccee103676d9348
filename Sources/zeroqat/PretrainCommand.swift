internal import ArgumentParser
internal import Glibc
internal import Harness
internal import Pretraining
internal import System
internal import Tensors

/// `zeroqat pretrain`: a small model from a recipe and text.
struct PretrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain", abstract: "Train a small model from nothing, as its recipe says.",
    discussion: """
      The folder gets dev-loss.jsonl, state.safetensors and, at the end, the model in the hub's \
      layout. Run again after an interruption, it goes on from the last state. The same recipe and \
      text give the same bytes.
      """)

  @Option(help: "The recipe, JSON.")
  var recipe: String

  @Option(name: .customLong("out"), help: "The folder for the model and the state.")
  var output: String

  @Option(help: "Where texts are looked for before the recipe's own folder.")
  var data: String?

  @Option(help: "Threads; all processors by default. No result depends on it.")
  var threads: Int?

  @Option(help: "Stop after this many steps of the recipe's schedule.")
  var steps: Int?

  @Flag(
    help: ArgumentHelp(
      "Train in this very process, on whatever kernels OpenBLAS has chosen.", visibility: .hidden))
  var inProcess = false

  func validate() throws {
    if let threads, threads < 1 {
      throw ValidationError("--threads: expected at least 1, found \(threads)")
    }
    if let steps, steps < 1 {
      throw ValidationError("--steps: expected at least 1, found \(steps)")
    }
  }

  func run() throws {
    if inProcess {
      ParentWatch.arm()
      Threads.count = threads ?? onlineProcessors()
      var training = try Pretraining(recipe: recipe, to: output, dataFolder: data) { line in
        writeToStandardError(Array((line + "\n").utf8))
      }
      do {
        try training.run(steps: steps)
      } catch let error as PretrainingError where error.isDivergence {
        writeToStandardError(Array("error: \(error)\n".utf8))
        throw ExitCode(3)
      }
      return
    }
    // OpenBLAS chooses its kernels when it is loaded, so the choice is made in a child's environment.
    Interruption.install()
    let environment = processEnvironment()
    let core = BLASCore.auto.name(
      processorFlags: BLASCore.processorFlags, environment: environment)
    let ending = try ChildProcess(
      executable: "/proc/self/exe",
      arguments: CommandLine.arguments.dropFirst() + ["--in-process"],
      environment: BLASCore.environment(for: core, parent: environment)
    ).run { writeToStandardError(Array($0)) }
    if let number = ending.interruption {
      throw ExitCode(Interruption.exitStatus(of: number))
    }
    switch ending.exit {
    case .status(let status): throw ExitCode(status)
    case .signal(let number):
      writeToStandardError(Array("error: training was ended by signal \(number)\n".utf8))
      throw ExitCode(3)
    }
  }
}
