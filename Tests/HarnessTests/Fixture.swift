import Harness
import JSONText
import Records
import TestSupport
import Testing

/// The harness over a sample checkout, with the sample's shell worker.
struct Fixture {
  let sample: SampleCheckout
  let site: Site
  var blasCore = "Haswell"
  var science = Fixture.science()
  var resolveOptions: OptionResolution = { method, _, _ in method }
  var methods = ["full-precision", "rtn", "odd"]

  init(_ sample: SampleCheckout) {
    self.sample = sample
    site = Site(
      root: sample.root, results: sample.results, cache: sample.cacheHome + "/zeroqat",
      environment: sample.environment)
  }

  /// A science in which each method has a digest made of its name.
  static func science(shared: String = "shared") -> ProgramScience {
    ProgramScience(
      shared: shared,
      methods: Dictionary(
        uniqueKeysWithValues: ["full-precision", "rtn", "odd"].map {
          ($0, ProgramScience.Method(digest: "own \($0)", files: ["Sources/Methods/\($0).swift"]))
        }))
  }

  var registry: MethodRegistry { MethodRegistry(names: methods) { _, _ in } }
  var store: ResultStore {
    ResultStore(results: sample.results, table: "sample", scale: .small)
  }

  func plan(
    filter: String? = nil, force: Bool = false, protocolID: String? = nil, at scale: Scale = .small,
    memoryBytes: Int = 8 << 30
  ) throws -> Plan {
    let catalog = try Catalog(site)
    let grid = try catalog.grid(of: "sample", methods: registry)
    return try Plan(
      grid, at: scale,
      resolver: CellResolver(
        grid, at: scale, catalog: catalog, protocolID: protocolID, blasCore: blasCore,
        science: science, resolveOptions: resolveOptions),
      store: ResultStore(results: sample.results, table: "sample", scale: scale),
      methods: methods, filter: filter, force: force, memoryBytes: memoryBytes)
  }

  var process: CellProcess {
    CellProcess(
      executable: sample.worker, threads: 1,
      environment: sample.environment.merging(["OPENBLAS_L2_SIZE": "512"]) { $1 },
      commit: "c0ffee")
  }

  /// Runs the plan; `lines` gets the progress.
  func run(
    _ plan: Plan, force: Bool = false, lines: Lines = Lines(),
    interruption: @escaping @Sendable () -> (count: Int, number: Int32) = { (0, 0) }
  ) throws -> Runner.Summary {
    let progress = Progress(hasColour: false) { lines.append($0) }
    return try Runner(process: process, progress: progress)
      .run(plan, force: force, interruption: interruption, output: { _ in })
  }

  /// The cell of a row and column.
  func cell(_ row: String, _ column: String = "ppl-w4a4") throws -> Cell {
    try #require(
      try plan().entries.first {
        $0.point.address.row == row && $0.point.columns.contains(column) && $0.cell != nil
      }?.cell)
  }

  /// The stored record of a row and column.
  func record(_ row: String, _ column: String = "ppl-w4a4") throws -> RunRecord? {
    if case .record(let record) = store.entry(try cell(row, column).id) { return record }
    return nil
  }
}
