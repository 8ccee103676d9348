package import Records
internal import System
internal import Vocabulary

/// What a run of a table would do, cell by cell; made without changing anything.
package struct Plan: Sendable {
  /// The grid.
  package let grid: Grid
  /// The scale.
  package let scale: Scale
  /// Model, text and their files.
  package let resolver: CellResolver
  /// Where the records are.
  package let store: ResultStore
  /// Full precision first, then in the grid's order.
  package private(set) var entries: [PlanEntry]
  /// What full precision must say, by panel; nothing where nothing is known.
  package let gates: [GridPanel: AnchorGate]

  /// Plans one scale of a grid.
  ///
  /// - Parameters:
  ///   - grid: The grid, checked.
  ///   - scale: The scale.
  ///   - resolver: Of that scale.
  ///   - store: Of that table and scale.
  ///   - methods: Names in the registry.
  ///   - filter: Only cells whose ``PlanEntry/name`` contains this text; nil means all. The
  ///     full-precision cell comes along when the anchor needs it.
  ///   - force: Run finished cells again.
  ///   - memoryBytes: Memory of this machine: what was too large for it isn't tried again.
  ///   - past: What estimates of time and memory come from; the grid's own figures stand where nothing like a cell ran.
  /// - Throws: ``HarnessError`` for a scale that isn't in the grid or a filter that nothing
  ///   matches or results that can't be listed, `JSONError` for odd options.
  package init(
    _ grid: Grid, at scale: Scale, resolver: CellResolver, store: ResultStore, methods: [String],
    filter: String? = nil, force: Bool = false, memoryBytes: Int = MachineMemory.bytes,
    past: PastRuns? = nil
  ) throws {
    guard let settings = grid.scales[scale] else {
      throw HarnessError.scaleNotInGrid(scale.rawValue, table: grid.table)
    }
    self.grid = grid
    self.scale = scale
    self.resolver = resolver
    self.store = store
    gates = resolver.panels.reduce(into: [:]) { gates, panel in
      gates[panel.panel] = AnchorGate(
        model: panel.files.model, text: panel.files.text, testWindows: settings.testWindows)
    }
    let older = try store.records()
    var all: [PlanEntry] = []
    for point in grid.points(at: scale) {
      let (cell, state) = try Self.state(
        of: point, resolver: resolver, store: store, methods: methods, older: older, force: force,
        memoryBytes: memoryBytes)
      let estimates = grid.estimates(of: point, at: scale)
      all.append(
        PlanEntry(
          point: point, cell: cell, state: state,
          minutes: cell.flatMap { past?.seconds(of: $0) }.map { $0 / 60 } ?? estimates.minutes,
          mebibytes: cell.flatMap { past?.mebibytes(of: $0) } ?? estimates.mebibytes,
          ownFiles: resolver.ownFiles(of: point.method.name)))
    }
    let places = all.map { [$0.point.address.row, $0.point.address.column] }
    for index in all.indices {
      let seeds = all.indices.filter { places[$0] == places[index] }
      all[index].hasSeveralSeeds = Set(seeds.map { all[$0].point.address.seed }).count > 1
    }
    entries = all
    if let filter { try keep(matching: filter) }
    // A stable partition: what everything else is compared with is measured first.
    entries = entries.filter(\.isAnchor) + entries.filter { !$0.isAnchor }
    applyGate()
    markShared()
  }

  private static func state(
    of point: GridPoint, resolver: CellResolver, store: ResultStore, methods: [String],
    older: [RunRecord], force: Bool, memoryBytes: Int
  ) throws -> (Cell?, PlanEntry.State) {
    switch try resolver.resolve(point, methods: methods) {
    case .notRun(let reason): return (nil, .notRun(reason))
    case .cell(let cell):
      switch try store.entry(of: cell) {
      case .corrupt(let reason): return (cell, .run(.corrupt(reason)))
      case .record(let record) where record.status == .failed:
        return (cell, .run(.failedBefore(record.reason ?? "no reason given")))
      case .record(let record) where record.status == .tooLarge && !force:
        // Sound as long as no machine is asked twice for what it hasn't got.
        let bytes = record.measurement?.analyticBytes ?? .max
        return MachineMemory.holds(bytes, on: memoryBytes)
          ? (cell, .run(.tooLargeBefore(record.reason ?? "no reason given")))
          : (cell, .done(record))
      case .record(let record): return (cell, force ? .run(.forced) : .done(record))
      case .none:
        let previous = older.filter { $0.cell.address == cell.address }
        let changes = try previous.map { try cell.differences(from: $0.cell) }
        // The nearest of several older records tells most.
        guard let fewest = changes.min(by: { $0.count < $1.count }) else {
          return (cell, .run(.new))
        }
        return (cell, .run(.changed(fewest)))
      }
    }
  }

  private mutating func keep(matching filter: String) throws {
    let all = entries
    entries = all.filter { $0.name.contains(filter) }
    guard !entries.isEmpty else {
      throw HarnessError.nothingMatches(
        filter: filter, rows: grid.rows.map(\.key), columns: grid.columns.map(\.key))
    }
    for panel in gates.keys {
      let ours = entries.filter { $0.point.panel == panel && $0.cell != nil }
      guard !ours.isEmpty, !ours.contains(where: \.isAnchor) else { continue }
      entries += all.filter { $0.isAnchor && $0.point.panel == panel }
    }
  }

  /// Blocks a panel's quantized cells when its finished full-precision cell misses its anchor.
  private mutating func applyGate() {
    let missed = missedAnchors
    for index in entries.indices where !entries[index].isAnchor {
      guard case .run = entries[index].state, let reason = missed[entries[index].point.panel] else {
        continue
      }
      entries[index].state = .blocked(reason)
    }
  }

  /// Of several places that one cell serves, the first one runs it.
  private mutating func markShared() {
    var first: [String: String] = [:]
    for index in entries.indices {
      guard let cell = entries[index].cell, case .run = entries[index].state else { continue }
      if let name = first[cell.id] {
        entries[index].state = .shared(name)
      } else {
        first[cell.id] = entries[index].name
      }
    }
  }

  /// What the full-precision records that are there already have against their anchors, by panel.
  package var missedAnchors: [GridPanel: String] {
    var missed: [GridPanel: String] = [:]
    for entry in entries where entry.isAnchor {
      if case .done(let record) = entry.state {
        missed[entry.point.panel] = gates[entry.point.panel]?.objection(to: record)
      }
    }
    return missed
  }

  /// How many cells a run would start.
  package var toRun: Int { entries.count { $0.willRun } }

  /// Minutes that a run is expected to take; cells without an estimate count as none.
  package var minutes: Double {
    entries.filter(\.willRun).reduce(0) { $0 + ($1.minutes ?? 0) }
  }

  /// The largest memory that a cell is expected to need, MiB.
  package var mebibytes: Double? { entries.filter(\.willRun).compactMap(\.mebibytes).max() }

  /// Records of the plan's own cells that the store has now, failed ones included.
  package func currentRecords() throws -> [RunRecord] {
    try entries.compactMap(\.cell).compactMap { cell in
      if case .record(let record) = try store.entry(of: cell) { return record }
      return nil
    }
  }
}

/// One cell of a plan, or one point that can't be a cell.
package struct PlanEntry: Sendable, Equatable {
  /// What will happen to it.
  package enum State: Sendable, Equatable {
    /// It runs, because.
    case run(Cause)
    /// It has a record: finished, diverged, or too large for this machine.
    case done(RunRecord)
    /// It can't run, and why.
    case notRun(String)
    /// It could run but mustn't, and why.
    case blocked(String)
    /// Another entry of the plan, by its ``PlanEntry/name``, runs the same cell.
    case shared(String)
  }

  /// Why a cell runs.
  package enum Cause: Sendable, Equatable {
    /// There is no record.
    case new
    /// There is a record of this address with other values at these pointers.
    case changed([String])
    /// It failed last time, and how.
    case failedBefore(String)
    /// It was too large for the machine that its record is of, and how large; for this one it isn't.
    case tooLargeBefore(String)
    /// Its record is damaged, and how.
    case corrupt(String)
    /// The user wants it again.
    case forced
  }

  /// The point of the grid.
  package var point: GridPoint
  /// The cell; nil when the point can't be one.
  package var cell: Cell?
  /// What will happen to it.
  package var state: State
  /// Estimated minutes.
  package var minutes: Double?
  /// Estimated peak memory, MiB.
  package var mebibytes: Double?
  /// Paths of the method's own files below the checkout that the program was built from.
  package var ownFiles: [String] = []
  /// Whether the plan has other seeds of the same row and column.
  package var hasSeveralSeeds = false

  /// Whether a run would start it.
  package var willRun: Bool {
    if case .run = state { return true }
    return false
  }

  /// Whether it is the full-precision perplexity that anchors speak of.
  package var isAnchor: Bool {
    point.method.name == GridRow.fullPrecisionMethod && point.metrics.contains(.perplexity)
  }

  /// What a filter is compared with: `row=zeroqat column=ppl-w4a4 bits=W4A4 seed=1`, with
  /// `task=…` behind it where a column averages over several fine-tunings.
  package var name: String {
    "row=\(point.address.row) column=\(point.address.column) bits=\(point.bits) "
      + "seed=\(point.address.seed)" + (point.address.task.map { " task=\($0)" } ?? "")
  }

  /// A short name for progress: `zeroqat W4A4`, with the metric when it isn't perplexity, and with
  /// model, text, tasks and seed where the plan has several.
  package var shortName: String {
    var words = [point.address.row, point.bits.description]
    words += [point.panel.model, point.panel.text].compactMap(\.self)
    words +=
      point.panel.tasks.isEmpty && point.metrics[0] != .perplexity
      ? [point.metrics[0].rawValue] : [point.panel.tasks.joined(separator: "+")]
    words.removeAll(where: \.isEmpty)
    if hasSeveralSeeds { words.append("seed \(point.address.seed)") }
    return words.joined(separator: " ")
  }
}
