internal import ArgumentParser
internal import Harness
internal import Records
internal import Reporting
internal import System

/// `zeroqat compare A B`: what two records, two folders of them or two commits differ in.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Say what differs between two records, two folders of records, or two commits.",
    discussion: """
      Conditions, scores window by window and example by example, the worst of these with their text, and where \
      curves part. Of a commit, the committed records of its tables are meant. Exit status: 0 every number is equal, \
      1 some differ, 2 wrong use or bad input, 4 nothing to compare.
      """)

  /// How the comparison is written.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case md, json, html
  }

  @Argument(help: "The earlier side: a record's file, a folder of records, or a commit.")
  var a: String

  @Argument(help: "The later side.")
  var b: String

  @Option(help: "md, json, or html: one file that needs no other.")
  var format = Format.md

  @Option(help: "Write to this file. Default: standard output.")
  var output: String?

  @OptionGroup var work: WorkOptions

  func run() throws {
    let outputs = try OutputFiles(["--output": output], sparing: [a, b])
    let root = try work.root ?? absolute(".")
    let (first, second) = (try RecordPlace(a, root: root), try RecordPlace(b, root: root))
    let (left, unread) = try first.records(except: second)
    let (right, _) = try second.records(except: first)
    guard !left.isEmpty || !right.isEmpty || unread > 0 else {
      say("error: there is no record in '\(a)' and none in '\(b)'")
      throw ExitCode(4)
    }
    let report = try ComparisonReport(
      ComparisonReport.Side(name: a, records: left),
      ComparisonReport.Side(name: b, records: right), unread: unread)
    let texts = WindowTexts(work)
    let records = left.merging(right) { _, later in later }
    func words(_ cell: String, _ window: Int) -> String? {
      // Two single records may have two names.
      (records[cell] ?? right.first?.value).flatMap { texts.text(of: $0, window: window) }
    }
    let text =
      switch format {
      case .md: report.markdown(text: words)
      case .html: report.html(text: words)
      case .json: try report.json
      }
    if output != nil {
      try outputs.write(text, to: "--output")
    } else {
      try writeToStandardOutput(text)
    }
    if report.identical == 0, report.differing.isEmpty { throw ExitCode(4) }
    if !report.isAllIdentical { throw ExitCode(1) }
  }
}
