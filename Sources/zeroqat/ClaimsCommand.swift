internal import ArgumentParser
internal import Harness
internal import Records
internal import Reporting
internal import System

/// `zeroqat claims table2`: what the committed records say to the paper's sentences.
struct ClaimsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "claims",
    abstract: "Which of the paper's claims the committed records bear out, and how surely.",
    discussion: """
      A claim is a relation of cells in tables/<table>/claims.json; CLAIMS.md is the same for all tables. Exit status: 0 \
      printed, whatever the verdicts, 2 wrong use or bad input, 4 nothing was measured.
      """)

  @Argument(help: "A folder of tables/, by name or path. Default: every table that has claims.")
  var table: String?

  @Option(help: "tiny, small, shape or paper. Default: every scale that the claims name.")
  var scale: String?

  @OptionGroup var checkout: CheckoutOption

  func run() throws {
    var site = try Site(root: checkout.root, results: nil, environment: processEnvironment())
    var tables: [String]
    if let table {
      let (name, root) = try TableOptions.place(of: table, root: checkout.root)
      site = try Site(root: root, results: nil, environment: processEnvironment())
      tables = [name]
    } else {
      tables = ClaimFiles.tables(of: try Catalog(site))
    }
    var isMeasured = false
    for table in tables {
      let claimed = try claimed(table, site)
      isMeasured = isMeasured || claimed.isMeasured
      try writeToStandardOutput(
        (tables.count > 1 ? "\(table)\n\n" : "") + claimed.findingsTable(folder: "tables/\(table)")
          + "\n" + (table == tables.last ? "" : "\n"))
    }
    if !isMeasured { throw ExitCode(4) }
  }

  private func claimed(_ table: String, _ site: Site) throws -> ClaimedTable {
    let grid = try Catalog(site).grid(of: table, methods: methodRegistry)
    guard FileStatus(of: ClaimFiles.path(of: table, site)) != nil else {
      throw ClaimsProblem.none(table: table, known: ClaimFiles.tables(of: try Catalog(site)))
    }
    var sheet = try ClaimFiles.sheet(of: table, grid, site)
    if let scale {
      let wanted = try Scale(named: scale)
      guard grid.scales[wanted] != nil else {
        throw HarnessError.scaleNotInGrid(scale, table: table)
      }
      sheet.keepOnly(wanted)
    }
    let committed = try CommittedScales(of: table, scale: scale, root: site.root)
    return ClaimedTable(sheet, grid: grid, committed.contents)
  }
}

/// Why there are no claims to judge.
enum ClaimsProblem: Error, Equatable {
  /// The table has no file of claims.
  case none(table: String, known: [String])
}

extension ClaimsProblem: CustomStringConvertible {
  var description: String {
    switch self {
    case .none(let table, let known):
      "there is no tables/\(table)/claims.json; "
        + (known.isEmpty
          ? "no table has one" : "there are those of \(known.joined(separator: ", "))")
    }
  }
}
