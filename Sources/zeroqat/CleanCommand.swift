internal import ArgumentParser
internal import Harness
internal import Records
internal import System

/// `zeroqat clean`: what interrupted and failed runs left.
struct CleanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clean",
    abstract: "Remove work folders, partial and damaged files from the results; keep records.")

  @Option(help: "The folder of records. Default: results in the checkout.")
  var results: String?

  @Option(help: "The checkout. Default: found from the working folder or the program.")
  var root: String?

  func run() throws {
    let workspace = try Workspace(
      root: root, results: results, environment: processEnvironment())
    guard FileStatus(of: workspace.results) != nil else { return }
    let lock = try StoreLock(folder: workspace.results)
    defer { _ = lock.isHeld }
    let stores = try Catalog(workspace).tables.flatMap { table in
      Scale.allCases.map { ResultStore(results: workspace.results, table: table, scale: $0) }
    }
    for store in stores + [ResultStore(evaluationsIn: workspace.results)] {
      for path in try store.removeLeftovers() {
        try writeToStandardOutput("removed \(path)\n")
      }
    }
  }
}
