internal import ArgumentParser
internal import Harness
internal import JSONText
internal import Records
internal import Reporting
internal import System

/// What is committed of one table, scale by scale.
struct CommittedScales {
  /// The table's grid.
  let grid: Grid
  /// The table at each scale that has committed records, the smallest first.
  let contents: [TableContents]

  /// Reads the committed records of a table, by its name or its folder's path, at one scale or at all.
  init(of table: String, scale: String?, root: String?) throws {
    let (name, found) = try TableOptions.place(of: table, root: root)
    let site = try Site(root: found, results: nil, environment: processEnvironment())
    grid = try Catalog(site).grid(of: name, methods: methodRegistry)
    var contents: [TableContents] = []
    for known in try scale.map({ [try Scale(named: $0)] }) ?? Scale.allCases {
      guard grid.scales[known] != nil else {
        if scale == nil { continue }
        throw HarnessError.scaleNotInGrid(known.rawValue, table: name)
      }
      let folder = "\(site.root)/tables/\(name)/records/\(known.rawValue)"
      guard FileStatus(of: folder) != nil else { continue }
      let options = try TableOptions.parse([
        "--scale", known.rawValue, "--budget", Budget.full.rawValue, "--root", site.root,
      ])
      let place = try TableAtScale(name, options)
      let records = try CommittedRecords(place).read()
      guard !records.isEmpty else { continue }
      contents.append(
        try PlannedTable(records, place.grid, at: known, catalog: place.catalog).contents)
    }
    self.contents = contents
  }
}

/// The claims that are committed beside tables: `tables/<table>/claims.json`.
enum ClaimFiles {
  /// Where a table's claims are.
  static func path(of table: String, _ site: Site) -> String {
    "\(site.root)/tables/\(table)/claims.json"
  }

  /// Tables that have claims, in the order in which all tables are listed.
  static func tables(of catalog: Catalog) -> [String] {
    AllTables.tables(of: catalog).filter {
      catalog.tables.contains($0) && FileStatus(of: path(of: $0, catalog.site)) != nil
    }
  }

  /// The claims of a table, held to its grid.
  static func sheet(of table: String, _ grid: Grid, _ site: Site) throws -> ClaimSheet {
    try ClaimSheet(document: JSONDocument(contentsOf: path(of: table, site)), grid: grid)
  }
}
