internal import ArgumentParser
internal import Harness
internal import Records
internal import System

/// `zeroqat plan table2`: the same as `run --dry-run`.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Print what a run would do; changes nothing.")

  @Argument(help: "A folder of tables/, by name or path.")
  var table: String?

  @Flag(
    help: "A line for every table at every scale that it has, or at the one that --scale names.")
  var all = false

  @OptionGroup var options: TableOptions

  func validate() throws { try options.validate(table: table, all: all) }

  func run() throws {
    if let table {
      try writeToStandardOutput("\(try TableAtScale(table, options).plan(options))\n")
      return
    }
    let catalog = try Catalog(
      Site(root: options.root, results: options.results, environment: processEnvironment()))
    let wanted = try options.scale.map { [try Scale(named: $0)] } ?? Scale.allCases
    var isSound = true
    for table in AllTables.tables(of: catalog) {
      do {
        for line in try lines(of: table, at: wanted, catalog) {
          try writeToStandardOutput(line + "\n")
        }
      } catch {
        writeToStandardError(Array(Zeroqat.words(of: error).utf8))
        isSound = false
      }
    }
    if !isSound { throw ExitCode(2) }
  }

  private func lines(of table: String, at wanted: [Scale], _ catalog: Catalog) throws -> [String] {
    if try TextPage(table, options) != nil { return ["\(table): a table of words, nothing to run"] }
    let scales = try catalog.grid(of: table, methods: methodRegistry).scales
    return try wanted.filter { scales[$0] != nil }.map { scale in
      var options = options
      options.scale = scale.rawValue
      let plan = try TableAtScale(table, options).plan(options)
      return "\(table) at scale \(scale.rawValue): \(plan.summary)"
    }
  }
}
