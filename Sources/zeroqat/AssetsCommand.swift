internal import ArgumentParser
internal import Harness

/// `zeroqat assets --table table2`: the files that a table needs, for a script that fetches them.
struct AssetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assets", abstract: "Print the files that a table needs, one a line.",
    discussion: """
      Nine fields between tabs, '-' for what there isn't: kind, name, status (present, missing or \
      corrupt), path, package==version, archive as a shell pattern, archive SHA-256, member, \
      member SHA-256.
      """)

  @Option(help: "A folder of tables/, by name or path.")
  var table: String

  @OptionGroup var options: TableOptions

  func run() throws {
    for asset in try TableAtScale(table, options).resolver.assets {
      try writeToStandardOutput(asset.line + "\n")
    }
  }
}
