internal import ArgumentParser
internal import Harness
internal import Records
internal import Reporting
internal import System

/// `zeroqat report`: tables, claims, curves and every record as pages that lead to each other.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Build pages to look into: every table, claim, curve and record.",
    discussion: """
      A folder of HTML files that needs no server, no network and no script; open its index.html. Every number leads to the \
      page of its record. The same records give the same bytes; what stands in the worst windows is shown where the text is \
      on this machine. Documentation/guides/Report.md says what is where.

      Exit status: 0 written, also where nothing was measured; 2 wrong use, bad input, or a folder of something else.
      """)

  @Option(help: "The folder. Default: results/report in the checkout.")
  var into: String?

  @Flag(help: "All pages in one file, index.html.")
  var singleFile = false

  @Flag(
    help:
      "This machine's records, with committed ones where it has none. Default: the committed ones.")
  var fresh = false

  @OptionGroup var place: PlaceOptions

  func run() throws {
    let site = try Site(
      root: place.root, results: place.results, environment: processEnvironment())
    let folder =
      try into.map { try absolute(withoutTrailingSlashes($0)) } ?? site.results + "/report"
    let output = ReportFolder(folder)
    try output.refuseOthers()
    let texts = WindowTexts(
      try WorkOptions.parse(["--root", site.root, "--results", site.results]), letters: 300)
    let report = ReportSite(
      try ReportMaterial(site, isFresh: fresh).material, isSingleFile: singleFile,
      text: texts.text(of:window:))
    try output.write(report)
    say("the report: \(site.fromRoot(folder))/index.html, \(report.files.count) files")
  }
}

/// What of a checkout a report shows.
private struct ReportMaterial {
  let material: ReportSite.Material

  init(_ site: Site, isFresh: Bool) throws {
    let catalog = try Catalog(site)
    var material = ReportSite.Material(tables: [], words: [], claims: [], unmeasured: [])
    let claimed = ClaimFiles.tables(of: catalog)
    for table in AllTables.tables(of: catalog) {
      if catalog.textTables.contains(table) {
        let options = try TableOptions.parse(["--root", site.root])
        if let page = try TextPage(table, options)?.page {
          material.words.append(ReportSite.WordsTable(name: table, page: page))
        }
        continue
      }
      let grid = try catalog.grid(of: table, methods: methodRegistry)
      let contents =
        isFresh
        ? try Self.fresh(table, grid, site)
        : try CommittedScales(of: table, scale: nil, root: site.root).contents
      if contents.isEmpty { material.unmeasured.append(grid) }
      material.tables += contents
      if claimed.contains(table) {
        material.claims.append(
          ClaimedTable(try ClaimFiles.sheet(of: table, grid, site), grid: grid, contents))
      }
    }
    self.material = material
  }

  /// What was measured here, and beside it what is committed.
  private static func fresh(_ table: String, _ grid: Grid, _ site: Site) throws -> [TableContents] {
    try Scale.allCases.filter { grid.scales[$0] != nil }.compactMap { scale in
      let options = try TableOptions.parse([
        "--scale", scale.rawValue, "--budget", Budget.full.rawValue, "--root", site.root,
        "--results", site.results,
      ])
      let contents = try PlannedTable(fresh: TableAtScale(table, options), options).contents
      return contents.records.isEmpty ? nil : contents
    }
  }
}

/// The folder that a report is written to.
private struct ReportFolder {
  private let folder: String

  init(_ folder: String) { self.folder = folder }

  /// Refuses a folder that holds something else, which would be lost or mixed with the report.
  func refuseOthers() throws {
    guard FileStatus(of: folder) != nil, try !listFolder(folder).isEmpty else { return }
    let front = "\(folder)/index.html"
    let isReport =
      try FileStatus(of: front) != nil
      && String(decoding: readFile(front), as: UTF8.self).contains(ReportSite.mark)
    if !isReport {
      throw ValidationError(
        "'\(folder)' has files that aren't a report's; name another folder with --into")
    }
  }

  /// Writes the report in the place of an older one.
  func write(_ report: ReportSite) throws {
    for name in ReportSite.topNames { try removeTree("\(folder)/\(name)") }
    var made: Set<String> = []
    for (path, text) in report.files {
      let file = "\(folder)/\(path)"
      if made.insert(parent(of: file)).inserted { try makeFolder(parent(of: file)) }
      try writeDurably(Array(text.utf8), to: file)
    }
  }
}
