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
    let place = try TableAtScale(table, options)
    let rendered =
      committed
      ? try PlannedTable(
        CommittedRecords(place).read(), place.grid, at: place.scale, catalog: place.catalog)
      : try PlannedTable(place.plan(options), catalog: place.catalog)
    if let output {
      try rendered.write(to: try absolute(output))
    } else {
      try writeToStandardOutput(rendered.contents.markdown())
    }
  }
}

/// `zeroqat publish table2`: what is to be committed with a table.
struct PublishCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "publish",
    abstract: "Copy this machine's records to the table's folder and render them there.")

  @Argument(help: "A folder of tables/, by name or path.")
  var table: String

  @OptionGroup var options: TableOptions

  func run() throws {
    if let page = try TextPage(table, options) {
      try page.write(to: "\(page.folder)/table.md")
      return
    }
    let place = try TableAtScale(table, options)
    let records = try place.plan(options).currentRecords()
    guard !records.isEmpty else {
      writeToStandardError(Array("error: there is no record to publish\n".utf8))
      throw ExitCode(4)
    }
    // What can't be rendered isn't published: the old records stay.
    let rendered = try PlannedTable(
      records.map(\.withoutFolders), place.grid, at: place.scale, catalog: place.catalog)
    let committed = CommittedRecords(place)
    let lost = try committed.addresses().subtracting(records.map(\.cell.address))
      .intersection(place.grid.points(at: place.scale).map(\.address))
    guard lost.isEmpty else {
      throw HarnessError.wouldLose(
        lost.map { "row '\($0.row)' column '\($0.column)'" }.sorted(), table: place.grid.table)
    }
    try committed.replace(by: records)
    try rendered.write(
      to: "\(place.workspace.root)/tables/\(place.grid.table)/table-\(place.scale.rawValue).md")
  }
}

/// A table of words, which takes no records: see ``Records/TextTable``.
struct TextPage {
  /// The table's folder.
  let folder: String
  /// The page.
  let markdown: String

  /// Finds the table by its name or by its folder's path; nil when it isn't one of words.
  init?(_ table: String, _ options: TableOptions) throws {
    let (name, root) = try TableOptions.place(of: table, root: options.root)
    let catalog = try Catalog(
      Workspace(root: root, results: options.results, environment: processEnvironment()))
    guard catalog.textTables.contains(name) else { return nil }
    folder = "\(catalog.workspace.root)/tables/\(name)"
    markdown =
      TextTablePage(
        table: try catalog.textTable(name), methods: methodSummaries,
        hyperparameters: try catalog.hyperparameters(methodRegistry)
      ).markdown
  }

  /// Writes the page.
  func write(to path: String) throws {
    try makeFolder(parent(of: path))
    try writeDurably(Array(markdown.utf8), to: path)
  }
}
