internal import ArgumentParser
internal import Glibc
internal import System

/// `zeroqat keep`: one program behind fences; what a cell of an external method starts.
struct KeepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keep", abstract: "Run one external program behind fences; started by 'cell'.",
    shouldDisplay: false)

  @Option(help: "Its working folder, the only one that it may write below.")
  var folder: String

  @Option(help: "Seconds that it may take.")
  var seconds: Double

  @Option(help: "Memory that it may hold with all its children, bytes.")
  var bytes: Int

  @Option(help: "Bytes that a file may have.")
  var fileBytes: Int

  @Option(help: "Processes that it may have at a time.")
  var processes: Int

  @Option(help: "The process that asks for it.")
  var parent: Int32

  @Option(help: "The folder that is removed where that process is gone at the end.")
  var leavings: String?

  @Argument(help: "The program's path.")
  var program: String

  func run() throws {
    let keeper = ProgramKeeper(
      program: program, folder: folder,
      limits: KeptLimits(
        seconds: seconds, bytes: bytes, fileBytes: fileBytes, processes: processes),
      parent: parent, leavings: leavings)
    let text: String
    do throws(FileError) { text = try keeper.run().text } catch { text = "error \(error.reason)\n" }
    let bytes = Array(text.utf8)
    guard write(ProgramKeeper.reportDescriptor, bytes, bytes.count) == bytes.count else {
      throw ExitCode(3)
    }
  }
}
