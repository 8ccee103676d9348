internal import ArgumentParser
internal import Glibc
internal import Harness
internal import JSONText
internal import System

/// The program: wiring only, every decision is made in a room.
@main
struct Zeroqat: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zeroqat", abstract: "Reproduces and measures the tables of ZeroQAT.",
    discussion: """
      Exit status: 0 good, also where a cell diverged: that is a result; 1 a regression or a missed \
      anchor; 2 wrong use or bad input; 3 a cell failed, a pretraining diverged or a fetch broke off; 4 nothing was \
      measured; 5 a gate can't tell yet; 129, 130 or 143 interrupted by SIGHUP, SIGINT or SIGTERM.
      """,
    version: programDescription,
    subcommands: [
      FetchCommand.self, EvalCommand.self, RunCommand.self, PlanCommand.self, ListCommand.self,
      AssetsCommand.self,
      InspectCommand.self, GenerateCommand.self, DoctorCommand.self,
      CellCommand.self, TaskCommand.self, RenderCommand.self, PowerCommand.self, ClaimsCommand.self,
      CheckCommand.self, GateCommand.self, AcceptCommand.self, CompareCommand.self,
      RecordsCommand.self, ExportCommand.self, PublishCommand.self, ReportCommand.self,
      CertifyCommand.self, AuditCommand.self, VerifyCommand.self,
      CleanCommand.self, PretrainCommand.self, TextsCommand.self,
      MigrateCommand.self, TryCommand.self, ConformanceCommand.self, ManualCommand.self,
      KeepCommand.self,
    ])

  static func main() {
    openStandardStreams()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let code as ExitCode {
      Self.exit(withError: code)
    } catch {
      Self.leave(because: error)
    }
  }

  /// Help goes to standard output with status 0; every error to standard error with status 2.
  private static func leave(because error: any Error) -> Never {
    if exitCode(for: error) == .success { exit(withError: error) }
    writeToStandardError(Array(words(of: error).utf8))
    exit(withError: ExitCode(2))
  }

  /// What is said of an error: lines with a newline at the end.
  static func words(of error: any Error) -> String {
    let text =
      switch error {
      case is JSONError: "\(error)"
      case is HarnessError, is FileError: "error: \(error)"
      default:
        // The argument parser's own errors come with usage; all others describe themselves.
        exitCode(for: error) == .validationFailure ? fullMessage(for: error) : marked("\(error)")
      }
    return text + "\n"
  }

  /// The words with `error: ` before them, unless they have it behind a place: `path: error: reason`.
  private static func marked(_ words: String) -> String {
    let head = words.prefix { $0 != "\n" }
    return head.contains(": error: ") ? words : "error: " + words
  }
}
