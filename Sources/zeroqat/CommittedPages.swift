internal import Harness
internal import JSONText
internal import Records
internal import Reporting
internal import System

/// The pages of a checkout that are made and not typed: rendered tables, and what READMEs quote of them.
struct CommittedPages {
  private let catalog: Catalog
  private let options: TableOptions

  init(_ catalog: Catalog, _ options: TableOptions) {
    self.catalog = catalog
    self.options = options
  }

  private var root: String { catalog.site.root }

  /// A file and what should be in it.
  struct Page {
    let path: String
    let text: String
  }

  /// What READMEs quote of a table, from its rendered pages as they are now.
  func quotes(of table: String) throws -> [Page] {
    let folder = "\(root)/tables/\(table)"
    let pages = try Scale.allCases.compactMap { scale -> (scale: Scale, markdown: String)? in
      try text(of: "\(folder)/table-\(scale.rawValue).md").map { (scale, $0) }
    }
    var quotes: [Page] = []
    if let page = try filled("\(folder)/README.md", .held, with: PageExcerpt.held(of: pages)) {
      quotes.append(page)
    }
    // The repository's README shows the smallest scale that is rendered.
    if table == MarkedSection.table2.name, let smallest = pages.first {
      let path = "tables/\(table)/table-\(smallest.scale.rawValue).md"
      let excerpt = PageExcerpt.perplexities(of: smallest.markdown, at: path)
      if let page = try filled("\(root)/README.md", .table2, with: excerpt) { quotes.append(page) }
    }
    return quotes
  }

  /// Writes what READMEs quote of a table.
  func writeQuotes(of table: String) throws {
    for page in try quotes(of: table) { try write(page) }
  }

  /// Renders every committed page again that isn't what the records beside it say.
  func rewrite() throws {
    let tables = try rendered()
    for (place, rendered) in tables where try !isCurrent(place, rendered) {
      try rendered.write(to: place.committedPage)
    }
    for page in try wordPages() { try write(page) }
    for table in catalog.tables { try writeQuotes(of: table) }
    for page in try claimPages(tables) { try write(page) }
  }

  /// Pages that aren't what they would be if they were written now, each with the first line that differs.
  func stale() throws -> [String] {
    var wanted = try wordPages()
    let tables = try rendered()
    for (place, rendered) in tables { wanted += pages(place, rendered) }
    for table in catalog.tables { wanted += try quotes(of: table) }
    wanted += try claimPages(tables)
    return try wanted.compactMap { try difference(of: $0) }
  }

  /// The first line of a page that isn't what it would be if it were written now; nil where all are.
  private func difference(of page: Page) throws -> String? {
    let found = lines(try text(of: page.path) ?? "")
    let expected = lines(page.text)
    guard found != expected else { return nil }
    let index = zip(found, expected).prefix { $0 == $1 }.count
    let path = page.path.dropFirst(root.count + 1)
    return index < expected.count
      ? "\(path): no line '\(expected[index].prefix(80))' where it should be"
      : "\(path): it goes on with '\(found[index].prefix(80))' where it should end"
  }

  /// What ``stale()`` finds, and what can't be rendered; nothing stops at the first.
  func faults() -> (pages: Int, faults: [String]) {
    var (count, faults): (Int, [String]) = (0, [])
    func hold(_ place: String, _ pages: () throws -> [Page]) {
      do {
        for page in try pages() {
          count += 1
          if let words = try difference(of: page) { faults.append(words) }
        }
      } catch { faults.append("\(place): can't be rendered: \(error)") }
    }
    var sound: [(TableAtScale, PlannedTable)] = []
    for table in catalog.tables {
      hold("tables/\(table)") {
        let own = try rendered([table])
        sound += own
        return own.flatMap { pages($0, $1) }
      }
      hold("tables/\(table)") { try quotes(of: table) }
    }
    hold("tables") { try wordPages() }
    // Without one of its tables the page of claims would be another one, and say nothing new.
    if faults.allSatisfy({ !$0.contains(": can't be rendered: ") }) {
      hold("CLAIMS.md") { try claimPages(sound) }
    }
    return (count, faults)
  }

  /// The page of all claims, and what the README quotes of it; none where no table has claims.
  private func claimPages(_ tables: [(TableAtScale, PlannedTable)]) throws -> [Page] {
    let claimed = try ClaimFiles.tables(of: catalog).map { table in
      let grid = try catalog.grid(of: table, methods: methodRegistry)
      return ClaimedTable(
        try ClaimFiles.sheet(of: table, grid, catalog.site), grid: grid,
        tables.filter { $0.0.grid.table == table }.map(\.1.contents))
    }
    guard !claimed.isEmpty else { return [] }
    var pages = [Page(path: "\(root)/CLAIMS.md", text: ClaimsPage.markdown(claimed))]
    let readme = "\(root)/README.md"
    // Table 2 has its own section there, which is filled first.
    if let page = try filled(readme, .claims, with: ClaimsPage.mainLines(claimed)) {
      pages.append(page)
    }
    return pages
  }

  private func pages(_ place: TableAtScale, _ rendered: PlannedTable) -> [Page] {
    let stem = place.committedPage.dropLast(3)
    return [
      Page(path: place.committedPage, text: rendered.contents.markdown()),
      Page(path: stem + ".csv", text: rendered.contents.csv),
    ]
  }

  private func isCurrent(_ place: TableAtScale, _ rendered: PlannedTable) throws -> Bool {
    try pages(place, rendered).allSatisfy { try lines(text(of: $0.path) ?? "") == lines($0.text) }
  }

  private func write(_ page: Page) throws {
    guard try text(of: page.path) != page.text else { return }
    try writeDurably(Array(page.text.utf8), to: page.path)
  }

  /// Writes the page of all claims, and what the README quotes of it, if a table's claims are on it.
  func writeClaims(of table: String) throws {
    let claimed = ClaimFiles.tables(of: catalog)
    guard claimed.contains(table) else { return }
    for page in try claimPages(rendered(claimed)) { try write(page) }
  }

  /// Tables at scales that have committed records, from them; all tables, or those named.
  private func rendered(_ names: [String]? = nil) throws -> [(TableAtScale, PlannedTable)] {
    var tables: [(TableAtScale, PlannedTable)] = []
    for table in names ?? catalog.tables {
      let scales = try catalog.grid(of: table, methods: methodRegistry).scales
      let folder = "\(root)/tables/\(table)/records"
      for scale in Scale.allCases
      where scales[scale] != nil && FileStatus(of: "\(folder)/\(scale.rawValue)") != nil {
        var options = options
        options.scale = scale.rawValue
        let place = try TableAtScale(table, options)
        let records = try CommittedRecords(place).read()
        guard !records.isEmpty else { continue }
        tables.append(
          (place, try PlannedTable(records, place.grid, at: scale, catalog: place.catalog)))
      }
    }
    return tables
  }

  private func wordPages() throws -> [Page] {
    try catalog.textTables.compactMap { table in
      try TextPage(table, options).map { Page(path: "\($0.folder)/table.md", text: $0.markdown) }
    }
  }

  private func filled(_ path: String, _ section: MarkedSection, with text: String) throws -> Page? {
    guard let page = try self.text(of: path) else { return nil }
    do { return try section.filled(page, with: text).map { Page(path: path, text: $0) } } catch {
      throw PageProblem(path: path, error: error)
    }
  }

  private func text(of path: String) throws -> String? {
    guard FileStatus(of: path) != nil else { return nil }
    return String(decoding: try readFile(path), as: UTF8.self)
  }

  /// Lines that don't depend on whether gnuplot was there: pictures and what keeps them apart are left out.
  private func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n").filter { !$0.hasPrefix("![") }
  }
}

/// A page's section that can't be written, and the page.
struct PageProblem: Error, CustomStringConvertible {
  let path: String
  let error: PageError

  var description: String { "\(path): \(error)" }
}

extension TableAtScale {
  /// Where the rendered table is committed.
  var committedPage: String {
    "\(site.root)/tables/\(grid.table)/table-\(scale.rawValue).md"
  }
}
