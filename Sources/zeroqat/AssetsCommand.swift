internal import ArgumentParser
internal import Harness
internal import System

/// `zeroqat assets --table table2`: the files that a table needs, for a script that fetches them.
struct AssetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assets", abstract: "Print the files that a table or a dataset needs, one a line.",
    discussion: """
      Nine fields between tabs, '-' for what there isn't: kind, name, status (present, missing or \
      corrupt), path, package==version, archive as a shell pattern, archive SHA-256, member, \
      member SHA-256.
      """)

  @Option(help: "A folder of tables/, by name or path.")
  var table: String?

  @Option(help: "A folder of datasets/ by name, instead of a table.")
  var dataset: String?

  @Flag(help: "Every table that has the scale, instead of one.")
  var all = false

  @OptionGroup var options: TableOptions

  func validate() throws {
    guard [table != nil, dataset != nil, all].count(where: { $0 }) == 1 else {
      throw ValidationError("expected either --table, --dataset or --all")
    }
  }

  func run() throws {
    for asset in try assets() { try writeToStandardOutput(asset.line + "\n") }
  }

  private func assets() throws -> [Asset] {
    if all {
      return try TableAtScale.all(options).flatMap(\.resolver.assets).reduce(into: []) {
        if !$0.contains($1) { $0.append($1) }
      }
    }
    if let table { return try TableAtScale(table, options).resolver.assets }
    let catalog = try Catalog(
      Site(root: options.root, results: nil, environment: processEnvironment()))
    var locator = AssetLocator(catalog.site)
    return try DatasetTexts(of: dataset ?? "", catalog: catalog, locator: &locator).assets
  }
}
