internal import ArgumentParser
internal import Harness
internal import Records
internal import Reporting

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
    // One file per scale; `small` is the one that a reader is shown first.
    let name = place.scale == .small ? "table.md" : "table-\(place.scale.rawValue).md"
    try rendered.write(to: "\(place.workspace.root)/tables/\(place.grid.table)/\(name)")
  }
}
