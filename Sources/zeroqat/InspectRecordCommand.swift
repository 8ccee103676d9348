internal import ArgumentParser
internal import Harness
internal import Records
internal import Reporting
internal import System

/// `zeroqat inspect record FILE`: what a record says, on one page.
struct InspectRecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Say what a record holds: options as resolved, bits, scores with errors, conditions.")

  @Argument(help: "A record's file, of results or of tables/TABLE/records.")
  var path: String

  @Option(help: "How it is written.")
  var format = InspectionFormat.table

  func run() throws {
    guard let status = FileStatus(of: path) else {
      throw ValidationError("there is no file '\(path)'")
    }
    guard !status.isFolder else {
      throw ValidationError("'\(path)' is a folder; name one record's file in it")
    }
    try format.write(RecordInspection(RecordFile.read(path), path: path))
  }
}
