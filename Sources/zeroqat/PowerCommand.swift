internal import ArgumentParser
internal import Records
internal import Reporting
internal import System

/// `zeroqat power table2`: how small a difference the committed records can show.
struct PowerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "power",
    abstract: "How small a difference a table's committed records can show, column by column.",
    discussion: """
      The smallest true difference that each paired test shows with a chance of 80 % at the two-sided 5 % level, and \
      what it takes to halve it; with --margin, how many windows of each cell decide a rise by that share, as \
      'zeroqat gate' asks it. Exit status: 0 printed, 2 wrong use or bad input, 4 nothing is tested.
      """)

  @Argument(help: "A folder of tables/, by name or path.")
  var table: String

  @Option(help: "tiny, small, shape or paper. Default: every scale that has committed records.")
  var scale: String?

  @Option(
    help: ArgumentHelp(
      "Say of each cell how many windows decide whether its perplexity rose by this share, such as 0.005.",
      valueName: "share"))
  var margin: Double?

  @OptionGroup var checkout: CheckoutOption

  func validate() throws {
    guard let margin else { return }
    guard margin > 0, margin < 1 else {
      throw ValidationError("expected a share above 0 and below 1, found --margin \(margin)")
    }
  }

  func run() throws {
    let committed = try CommittedScales(of: table, scale: scale, root: checkout.root)
    let pages = committed.contents.compactMap { contents in
      margin.map { contents.marginPowerPage($0) } ?? contents.powerPage
    }
    guard !pages.isEmpty else {
      writeToStandardError(
        Array("\(committed.grid.table): no committed records of scores to test\n".utf8))
      throw ExitCode(4)
    }
    try writeToStandardOutput(pages.joined(separator: "\n"))
  }
}
