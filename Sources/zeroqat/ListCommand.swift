internal import ArgumentParser
internal import Harness
internal import JSONText
internal import Records
internal import System
internal import Worker

/// `zeroqat list`: what there is to choose from.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List tables, methods, models, datasets or scales, a line each.")

  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case tables, methods, models, datasets, scales
  }

  @Argument(help: "tables, methods, models, datasets or scales. Default: all.")
  var kind: Kind?

  @Flag(help: "Methods as their cards describe them, in JSON.")
  var json = false

  @Option(help: "Only tables that have this scale.")
  var scale: String?

  @OptionGroup var checkout: CheckoutOption

  func validate() throws {
    if json, kind != .methods { throw ValidationError("--json is for 'list methods'") }
    if scale != nil, kind != .tables { throw ValidationError("--scale is for 'list tables'") }
  }

  func run() throws {
    if json {
      try writeToStandardOutput(jsonText(of: methodSummaries, style: .pretty))
      return
    }
    let catalog = try Catalog(
      Site(root: checkout.root, results: nil, environment: processEnvironment()),
      architectures: architectureNames)
    for kind in self.kind.map({ [$0] }) ?? Kind.allCases {
      if self.kind == nil { try writeToStandardOutput("\(kind.rawValue):\n") }
      let entries = try entries(of: kind, in: catalog)
      let width = entries.map(\.name.count).max() ?? 0
      for (name, summary) in entries {
        let padding = String(repeating: " ", count: width - name.count + 2)
        let line = summary.isEmpty ? name : name + padding + summary
        try writeToStandardOutput((self.kind == nil ? "  " + line : line) + "\n")
      }
    }
  }

  private func entries(of kind: Kind, in catalog: Catalog) throws -> [(
    name: String, summary: String
  )] {
    switch kind {
    case .tables: try tables(in: catalog)
    case .methods: methodSummaries.map { ($0.name, $0.summary) }
    case .models: try catalog.models.map { ($0, try catalog.model($0).label) }
    case .datasets: try catalog.datasets.map { ($0, try catalog.dataset($0).label) }
    case .scales: Scale.allCases.map { ($0.rawValue, $0.summary) }
    }
  }

  private func tables(in catalog: Catalog) throws -> [(name: String, summary: String)] {
    let wanted = try scale.map { try Scale(named: $0) }
    return try AllTables.tables(of: catalog).compactMap { table in
      if catalog.textTables.contains(table) {
        return wanted == nil ? (table, "\(try catalog.textTable(table).title) (words)") : nil
      }
      let grid = try catalog.grid(of: table, methods: methodRegistry)
      let scales = Scale.allCases.filter { grid.scales[$0].map { $0.notRun == nil } ?? false }
      if let wanted, !scales.contains(wanted) { return nil }
      return (table, "\(grid.title) (\(scales.map(\.rawValue).joined(separator: ", ")))")
    }
  }
}

extension Scale {
  /// What the scale is for, in one line.
  fileprivate var summary: String {
    switch self {
    case .tiny: "two models trained by this project, a few million parameters: minutes"
    case .small: "SmolLM2-135M-Instruct, dequantized Q4_1: hours"
    case .shape: "the paper's shapes with drawn weights: memory and time only"
    case .paper: "the paper's own checkpoints, where the user has them: days"
    }
  }
}
