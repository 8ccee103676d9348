internal import ArgumentParser
internal import Harness
internal import System

/// `zeroqat migrate`: committed records of an older schema, or without a later option, in today's form.
struct MigrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Rewrite committed records of an older form.",
    shouldDisplay: false)

  @OptionGroup var checkout: CheckoutOption

  func run() throws {
    let site = try Site(root: checkout.root, results: nil, environment: processEnvironment())
    let moves = try RecordMigration(Catalog(site), resolve: methodRegistry.resolve).run()
    if !moves.isEmpty { try DigestList(root: site.root).renew { $0.hasPrefix("tables/") } }
    for move in moves { try writeToStandardOutput("\(move.from) -> \(move.to)\n") }
    writeToStandardError(Array("\(moves.count) records rewritten\n".utf8))
  }
}
