internal import ArgumentParser
internal import Harness
internal import JSONText
internal import Records
internal import System
internal import Worker

/// `zeroqat list`: what there is to choose from.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List tables, methods, models, datasets or scales.")

  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case tables, methods, models, datasets, scales
  }

  @Argument(help: "tables, methods, models, datasets or scales. Default: all.")
  var kind: Kind?

  @Flag(help: "Methods as their cards describe them, in JSON.")
  var json = false

  @Option(help: "The checkout. Default: found from the working folder or the program.")
  var root: String?

  func validate() throws {
    if json, kind != .methods { throw ValidationError("--json is for 'list methods'") }
  }

  func run() throws {
    if json {
      try writeToStandardOutput(jsonText(of: methodSummaries, style: .pretty))
      return
    }
    let catalog = try Catalog(
      Workspace(root: root, results: nil, environment: processEnvironment()))
    for kind in self.kind.map({ [$0] }) ?? Kind.allCases {
      if self.kind == nil { try writeToStandardOutput("\(kind.rawValue):\n") }
      for line in try lines(of: kind, in: catalog) {
        try writeToStandardOutput((self.kind == nil ? "  " + line : line) + "\n")
      }
    }
  }

  private func lines(of kind: Kind, in catalog: Catalog) throws -> [String] {
    switch kind {
    case .tables:
      try
        (catalog.tables.map { ($0, try catalog.grid(of: $0, methods: methodRegistry).title) }
        + catalog.textTables.map { ($0, try catalog.textTable($0).title) })
        .sorted { $0.0 < $1.0 }.map { "\($0.0)  \($0.1)" }
    case .methods: methodRegistry.names
    case .models: try catalog.models.map { "\($0)  \(try catalog.model($0).label)" }
    case .datasets: try catalog.datasets.map { "\($0)  \(try catalog.dataset($0).label)" }
    case .scales: Scale.allCases.map(\.rawValue)
    }
  }
}
