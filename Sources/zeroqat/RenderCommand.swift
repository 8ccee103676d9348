internal import ArgumentParser
internal import Harness
internal import Records
internal import Reporting
internal import System
internal import Worker

/// `zeroqat render table2`: Markdown from records.
struct RenderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render", abstract: "Render a table from its records.")

  @Argument(help: "A folder of tables/, by name or path.")
  var table: String

  @OptionGroup var options: TableOptions

  @Option(
    help: "The Markdown file; CSV and pictures go beside it. Default: standard output, text alone.")
  var output: String?

  @Flag(help: "Render the committed records instead of this machine's.")
  var committed = false

  func run() throws {
    if let page = try TextPage(table, options) {
      if let output {
        try page.write(to: try absolute(output))
      } else {
        try writeToStandardOutput(page.markdown)
      }
      return
    }
    let place = try TableAtScale(table, committed ? options.whole() : options)
    let rendered =
      committed
      ? try PlannedTable(
        CommittedRecords(place).read(), place.grid, at: place.scale, catalog: place.catalog)
      : try PlannedTable(fresh: place, options)
    if let output {
      try rendered.write(to: try absolute(output))
    } else {
      try writeToStandardOutput(rendered.contents.markdown())
    }
  }
}

/// A table of words, which takes no records: see ``Records/TextTable``.
struct TextPage {
  /// Where the checkout and its results are.
  let site: Site
  /// The table's name.
  let table: String
  /// The page.
  let markdown: String

  /// Finds the table by its name or by its folder's path; nil when it isn't one of words.
  init?(_ table: String, _ options: TableOptions) throws {
    let (name, root) = try TableOptions.place(of: table, root: options.root)
    site = try Site(
      root: root, results: options.results, environment: processEnvironment())
    self.table = name
    let catalog = try Catalog(site)
    guard catalog.textTables.contains(name) else { return nil }
    markdown =
      TextTablePage(
        table: try catalog.textTable(name), methods: builtInSummaries,
        hyperparameters: try catalog.hyperparameters(methodRegistry)
      ).markdown
  }

  /// The table's folder.
  var folder: String { "\(site.root)/tables/\(table)" }

  /// Writes the page to the results, and says where.
  func render() throws {
    let path = "\(site.results)/\(table)/table.md"
    try write(to: path)
    say("the table: \(site.fromRoot(path))")
  }

  /// Writes the page.
  func write(to path: String) throws {
    try makeFolder(parent(of: path))
    try writeDurably(Array(markdown.utf8), to: path)
  }
}
