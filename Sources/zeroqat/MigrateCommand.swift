internal import ArgumentParser
internal import Harness
internal import System

/// `zeroqat migrate`: committed records of an older schema in today's form.
struct MigrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Rewrite committed records of an older schema.",
    shouldDisplay: false)

  @Option(help: "The checkout. Default: found from the working folder or the program.")
  var root: String?

  func run() throws {
    let workspace = try Workspace(root: root, results: nil, environment: processEnvironment())
    let moves = try RecordMigration(Catalog(workspace), resolve: methodRegistry.resolve).run()
    for move in moves { try writeToStandardOutput("\(move.from) -> \(move.to)\n") }
    writeToStandardError(Array("\(moves.count) records rewritten\n".utf8))
  }
}
