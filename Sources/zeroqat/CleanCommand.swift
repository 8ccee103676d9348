internal import ArgumentParser
internal import Harness
internal import Records
internal import System

/// `zeroqat clean`: what interrupted and failed runs left.
struct CleanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clean",
    abstract: "Remove work folders, partial and damaged files from the results; keep records.")

  @OptionGroup var place: PlaceOptions

  func run() throws {
    let site = try Site(
      root: place.root, results: place.results, environment: processEnvironment())
    guard FileStatus(of: site.results) != nil else { return }
    let lock = try StoreLock(folder: site.results)
    defer { _ = lock.isHeld }
    let stores = try Catalog(site).tables.flatMap { table in
      Scale.allCases.map { ResultStore(results: site.results, table: table, scale: $0) }
    }
    for store in stores + [ResultStore(evaluationsIn: site.results)] {
      for path in try store.removeLeftovers() {
        try writeToStandardOutput("removed \(path)\n")
      }
    }
  }
}
