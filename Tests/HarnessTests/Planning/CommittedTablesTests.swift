import Harness
import JSONText
import Records
import System
import Testing

/// The tables of this checkout, held to the harness's own rules; methods are only known by name here.
@Suite struct CommittedTablesTests {
  static let root = #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }

  @Test func gridsPass() throws {
    let catalog = try Catalog(
      Site(root: Self.root, results: "/r", cache: "/nowhere", environment: [:]))
    #expect(catalog.tables.count > 10)
    let common = try JSONDocument(contentsOf: Self.root + "/tables/hyperparameters.json")
      .decode(Hyperparameters.self)
    let trained = common.scales.values.flatMap { $0.map(\.method) }
    for table in catalog.tables {
      let grid = try JSONDocument(contentsOf: catalog.site.gridPath(of: table))
        .decode(Grid.self)
      let rows = grid.rows.flatMap { [$0.method, $0.finetuning?.method].compactMap(\.self) }
      let registry = MethodRegistry(
        names: rows + trained, unquantized: ["full-precision", "mezo"]
      ) { _, _ in }
      #expect(throws: Never.self) { try catalog.grid(of: table, methods: registry) }
    }
  }

  /// Rounding of another machine must not make an edited record of an honest one.
  @Test func recordsAreSound() throws {
    let protocols = ProtocolFolder(root: Self.root)
    let files = try CommittedRecords.files(root: Self.root)
    for file in files {
      #expect(throws: Never.self, "\(file)") {
        try CommittedFile.read(file, protocols: protocols)
      }
    }
    #expect(!files.isEmpty)
  }
}
