internal import ArgumentParser
internal import Harness
internal import Records
internal import Reporting
internal import System

/// `zeroqat records PLACE --to csv`: records in the forms of other programs.
struct RecordsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "records",
    abstract: "Write records as CSV, JSON Lines, lm-evaluation-harness results or Every Eval Ever.",
    discussion: """
      PLACE is a record's file, a folder of records, or a commit, of which the committed records are meant. CSV and JSON \
      Lines are one text; of the other two each record is a file, and --output names their folder. In CSV a text that \
      begins with =, +, -, @, a tab or ' has ' before it, so that no spreadsheet computes it. Exit status: 0 written, \
      2 wrong use or bad input, 4 no record that can be written so.
      """)

  @Argument(help: "A record's file, a folder of records, or a commit.")
  var place: String

  @Option(help: "csv, jsonl, lm-eval or every-eval-ever.")
  var to: RecordFormat

  @Option(help: "The file, or the folder. Default: standard output, for one text or one record.")
  var output: String?

  @Option(help: "For every-eval-ever: who provides the data.")
  var organization = "not stated"

  @OptionGroup var checkout: CheckoutOption

  func run() throws {
    let root = try checkout.root ?? absolute(".")
    let (found, _) = try RecordPlace(place, root: root).records()
    let records = found.sorted { $0.key < $1.key }.map { NamedRecord($0.key, $0.value) }
    guard !records.isEmpty else {
      say("error: there is no record in '\(place)'")
      throw ExitCode(4)
    }
    if to.isOneText { return try write(to == .csv ? try records.csv : try records.jsonLines) }
    var texts: [(name: String, text: String)] = []
    for item in records {
      do {
        texts.append(
          (
            item.record.cell.fileName,
            to == .lmEval
              ? try item.lmEvalResults()
              : try EveryEvalEver(item, organization: organization).text()
          ))
      } catch let error as ExchangeError {
        say("left out: \(error)")
      }
    }
    guard let first = texts.first else {
      say("error: no record in '\(place)' can be written as \(to.rawValue)")
      throw ExitCode(4)
    }
    guard let output else {
      guard records.count == 1 else {
        throw ValidationError(
          "\(records.count) records are \(records.count) files of \(to.rawValue); name their folder with --output"
        )
      }
      return try writeToStandardOutput(first.text)
    }
    for (index, item) in texts.enumerated()
    where texts[..<index].contains(where: { $0.name == item.name }) {
      throw ValidationError(
        "two records would be '\(item.name)'; name a folder that has one of them")
    }
    let folder = try absolute(output)
    if FileStatus(of: folder)?.isFolder == false {
      throw OutputFileError(
        option: "--output", name: output, reason: "\(to.rawValue) takes a folder, and it is a file")
    }
    // All of them are looked at before the first is written.
    let files = try texts.map {
      (try OutputFiles(["--output": "\(folder)/\($0.name)"], sparing: [place]), $0.text)
    }
    for (file, text) in files { try file.write(text, to: "--output") }
    say("\(texts.count) files in \(output)")
  }

  private func write(_ text: String) throws {
    let outputs = try OutputFiles(["--output": output], sparing: [place])
    guard output != nil else { return try writeToStandardOutput(text) }
    try outputs.write(text, to: "--output")
  }
}

extension RecordFormat: ExpressibleByArgument {}
