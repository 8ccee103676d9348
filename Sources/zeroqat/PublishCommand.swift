internal import ArgumentParser
internal import Audit
internal import Harness
internal import Records
internal import Reporting
internal import System

/// `zeroqat publish table2`: what is to be committed with a table.
struct PublishCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "publish",
    abstract: "Copy this machine's records to the table's folder and render them there.",
    discussion: """
      What READMEs quote of the table is written as well, CLAIMS.md if claims are about it, and the digests of all that \
      in tables/SHA256SUMS. Where this \
      machine has no record and the table \
      has committed ones, its page is rendered again from those. Exit status: 0 published, 1 with --check \
      a page isn't what its records render to, 2 publishing would lose a record, 4 there is none.
      """)

  @Argument(help: "A folder of tables/, by name or path.")
  var table: String?

  @Flag(
    help: "Every table with the scale that has records on this machine, and all tables of words.")
  var all = false

  @Flag(help: "Copy nothing: render every committed page again from the records beside it.")
  var pages = false

  @Flag(help: "With --pages: write nothing, and name the pages that would change.")
  var check = false

  @Flag(
    help:
      "Only records whose numbers differ from the committed ones, and new ones; the others stay.")
  var differing = false

  @OptionGroup var options: TableOptions

  func validate() throws {
    if differing, pages {
      throw ValidationError("--differing is for records, --pages publishes none")
    }
    if check, !pages { throw ValidationError("--check is for --pages") }
    if !pages { return try options.validate(table: table, all: all) }
    guard table == nil, !all else { throw ValidationError("--pages are those of all tables") }
  }

  mutating func run() throws {
    options = try options.whole()
    if let table { return try publish(table) }
    let catalog = try Catalog(
      Site(root: options.root, results: options.results, environment: processEnvironment()))
    guard pages else { return try publishAll(catalog) }
    let committed = CommittedPages(catalog, options)
    guard check else {
      try committed.rewrite()
      return try DigestList(root: catalog.site.root).renew { path in
        [".md", ".csv", ".svg"].contains { path.hasSuffix($0) }
      }
    }
    let stale = try committed.stale()
    for line in stale { say("stale: \(line)") }
    if !stale.isEmpty {
      say("'zeroqat publish --pages' writes them")
      throw ExitCode(1)
    }
  }

  private func publish(_ table: String) throws {
    if let page = try TextPage(table, options) {
      try page.write(to: "\(page.folder)/table.md")
      return try DigestList(root: page.site.root).renew { $0 == "tables/\(page.table)/table.md" }
    }
    guard try publish(TableAtScale(table, options)) else {
      say("error: there is no record to publish")
      throw ExitCode(4)
    }
  }

  private func publishAll(_ catalog: Catalog) throws {
    var (published, failed) = (0, false)
    for table in catalog.textTables { try publish(table) }
    for place in try TableAtScale.all(options) {
      do {
        guard try !place.plan(options).currentRecords().isEmpty else {
          say("\(place.grid.table): no record on this machine")
          continue
        }
        if try publish(place) { published += 1 }
      } catch {
        writeToStandardError(Array(Zeroqat.words(of: error).utf8))
        failed = true
      }
    }
    if failed { throw ExitCode(2) }
    if published == 0 { throw ExitCode(4) }
  }

  /// The committed records, with those in place of them that a later run gives other numbers for.
  private static func differing(
    _ fresh: [RunRecord], from committed: [RunRecord], in place: TableAtScale
  ) throws -> [RunRecord] {
    // One cell may serve several places, and have its record at another of them here.
    var kept: [RunRecord] = []
    var known: Set<String> = []
    for old in committed {
      let partner =
        try fresh.first { $0.cell.address == old.cell.address }
        ?? fresh.first { try Witness(old, architecture: "").isOfSameCell(as: $0.cell) }
      if let partner {
        guard partner.firstDifference(from: old) == nil else { continue }
        known.insert(partner.cell.id)
      }
      kept.append(old)
    }
    let new = fresh.filter { !known.contains($0.cell.id) }
    say(
      "\(place.grid.table) at scale \(place.scale.rawValue): \(new.count) of \(fresh.count) fresh records "
        + "differ from the committed ones or are new")
    return kept + new
  }

  /// Publishes a table's records, or renders the committed ones again; false when there are neither.
  private func publish(_ place: TableAtScale) throws -> Bool {
    let committed = CommittedRecords(place)
    var records = try place.plan(options).currentRecords()
    if differing, !records.isEmpty {
      records = try Self.differing(records, from: committed.read(), in: place)
    }
    // What can't be rendered isn't published: the old records stay.
    let rendered = try PlannedTable(
      records.isEmpty ? committed.read() : records.map(\.withoutFolders), place.grid,
      at: place.scale, catalog: place.catalog)
    guard !rendered.contents.records.isEmpty else { return false }
    if records.isEmpty {
      say(
        "\(place.grid.table) at scale \(place.scale.rawValue): no record on this machine; its page is "
          + "rendered again from the \(rendered.contents.records.count) committed ones")
    } else {
      let lost = try committed.addresses().subtracting(records.map(\.cell.address))
        .intersection(place.grid.points(at: place.scale).map(\.address))
      guard lost.isEmpty else {
        throw HarnessError.wouldLose(
          lost.map { "row '\($0.row)' column '\($0.column)'" }.sorted(), table: place.grid.table)
      }
      try committed.replace(by: records)
      let unlogged = try ReplayFolder(
        root: place.site.root, table: place.grid.table, scale: place.scale
      )
      .replace(by: records, logs: place.store.replayLog(of:))
      if unlogged > 0 {
        say(
          "\(place.grid.table): \(unlogged) trainings have no log, so that 'audit' can't prove them"
        )
      }
      say("\(place.grid.table) at scale \(place.scale.rawValue): \(records.count) records")
    }
    try rendered.write(to: place.committedPage)
    let pages = CommittedPages(place.catalog, options)
    try pages.writeQuotes(of: place.grid.table)
    try pages.writeClaims(of: place.grid.table)
    try DigestList(root: place.site.root).renew { path in
      path.hasPrefix("tables/\(place.grid.table)/") || path.hasPrefix("tables/protocols/")
        || path == "CLAIMS.md"
    }
    return true
  }
}
