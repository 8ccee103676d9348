internal import ArgumentParser
internal import Harness
internal import JSONText
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

  @Option(
    help: ArgumentHelp(
      "A results file of lm-evaluation-harness: its model's tasks stand beside the table's, in a section of their own.",
      valueName: "results.json"))
  var external: String?

  @Option(
    help: ArgumentHelp(
      "Which task of the file is which of the table's; may be repeated.", valueName: "here=there"))
  var externalTask: [String] = []

  func validate() throws {
    guard external != nil || externalTask.isEmpty else {
      throw ValidationError("--external-task says which task of --external is which")
    }
    var here: Set<Substring> = []
    for pair in externalTask {
      let sides = pair.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2, !sides.contains("") else {
        throw ValidationError("expected --external-task here=there, found '\(pair)'")
      }
      guard here.insert(sides[0]).inserted else {
        throw ValidationError("--external-task says twice which task '\(sides[0])' is")
      }
    }
  }

  func run() throws {
    let numbers = output.map { ($0.hasSuffix(".md") ? String($0.dropLast(3)) : $0) + ".csv" }
    let outputs = try OutputFiles(
      ["--output": output, "the CSV beside --output": numbers],
      sparing: external.map { [$0] } ?? [])
    if let page = try TextPage(table, options) {
      guard external == nil else {
        throw ValidationError("\(page.table) is a table of words: no task stands in it")
      }
      if let path = outputs.path("--output") {
        try page.write(to: path)
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
    var beside: String?
    if let external {
      var tasks: [String: String] = [:]
      for pair in externalTask {
        let sides = pair.split(separator: "=").map(String.init)
        tasks[sides[0]] = sides[1]
      }
      let results = try LMEvalResults(document: JSONDocument(contentsOf: external))
      beside = try rendered.contents.externalSection(results, tasks: tasks)
    }
    if let path = outputs.path("--output") {
      try rendered.write(to: path)
      if let beside {
        try writeDurably(try readFile(path) + Array("\n\(beside)".utf8), to: path)
      }
    } else {
      try writeToStandardOutput(rendered.contents.markdown() + (beside.map { "\n\($0)" } ?? ""))
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
  let page: TextTablePage
  /// The page as it is written.
  var markdown: String { page.markdown }

  /// Finds the table by its name or by its folder's path; nil when it isn't one of words.
  init?(_ table: String, _ options: TableOptions) throws {
    let (name, root) = try TableOptions.place(of: table, root: options.root)
    site = try Site(
      root: root, results: options.results, environment: processEnvironment())
    self.table = name
    let catalog = try Catalog(site)
    guard catalog.textTables.contains(name) else { return nil }
    page = TextTablePage(
      table: try catalog.textTable(name), methods: builtInSummaries,
      hyperparameters: try catalog.hyperparameters(methodRegistry))
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
