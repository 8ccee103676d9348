internal import ArgumentParser
internal import Harness
internal import Records
internal import Reporting
internal import System

/// `zeroqat gate gate.json`: whether fresh results may be merged.
struct GateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gate",
    abstract: "Hold fresh results to accepted baselines, and fail on a regression.",
    discussion: """
      The policy names tables or folders of records, a margin (0.5 % of perplexity) and a folder of baselines, which \
      'zeroqat accept' keeps. Nothing is measured. In GitHub Actions the report also becomes the job's summary, \
      and each finding an annotation. Exit status: 0 pass, 1 a regression, 2 wrong use or bad input, 3 the gate missed a \
      regression that it planted itself, 4 something missing or stale or nothing compared, 5 inconclusive.
      """)

  @Argument(help: "The policy, such as gate.json.")
  var policy: String

  @Option(help: "Also write JUnit XML to this file.")
  var junit: String?

  @Option(help: "Also write GitLab's code quality report to this file.")
  var gitlab: String?

  @OptionGroup var work: WorkOptions

  func run() throws {
    let run = try GateRun(policy, work)
    let outputs = try OutputFiles(
      ["--junit": junit, "--gitlab": gitlab], sparing: [policy], below: [run.baselines.folder])
    if let warning = run.warning { say(warning) }
    let report = run.report
    let texts = WindowTexts(work)
    let text = report.markdown { texts.text(of: $0, window: $1) }
    try writeToStandardOutput(text)
    try outputs.write(report.junit, to: "--junit")
    try outputs.write(
      report.gitlab(fingerprint: { digest(of: Array($0.utf8)) }), to: "--gitlab")
    let environment = processEnvironment()
    if environment["GITHUB_ACTIONS"] == "true" {
      for line in report.annotations { try writeToStandardOutput(line + "\n") }
      if let summary = environment["GITHUB_STEP_SUMMARY"], !summary.isEmpty {
        // The runner's file collects what all steps say.
        let before = FileStatus(of: summary) == nil ? [] : try readFile(summary)
        try writeDurably(before + Array(text.utf8), to: summary)
      }
    }
    if report.exitCode != 0 { throw ExitCode(report.exitCode) }
  }
}
