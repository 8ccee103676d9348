internal import Harness
internal import Records
internal import Reporting
internal import Vocabulary

/// This machine's records of a table held against the committed ones.
struct TableCheck {
  let report: CheckReport

  /// Checks what the options pick, in the grid's order.
  init(_ place: TableAtScale, _ options: TableOptions) throws {
    let plan = try place.plan(options)
    let points = place.grid.points(at: place.scale)
    let order = Dictionary(
      points.enumerated().map { ($1.address, $0) }, uniquingKeysWith: { first, _ in first })
    // The plan brings full precision along for its anchor; it is checked when the filter names it.
    let cells = plan.entries
      .filter { entry in options.filter.map { entry.name.contains($0) } ?? true }
      .sorted { (order[$0.point.address] ?? .max) < (order[$1.point.address] ?? .max) }
      .map { entry in
        CheckedCell(
          entry.point.address, metrics: entry.point.metrics, currentID: entry.cell?.id,
          obstacle: entry.obstacle,
          lacksProgram: entry.point.method.name == GridProgram.method && entry.cell == nil)
      }
    report = checkRecords(
      table: place.grid.table, scale: place.scale, cells: cells,
      fresh: try plan.currentRecords(), committed: try CommittedRecords(place).read(),
      strangers: options.filter == nil && !place.isShortened, beginnings: place.isShortened)
  }
}

extension PlanEntry {
  /// Why there may be no current record; nil when it just hasn't run.
  var obstacle: String? {
    switch state {
    case .notRun(let reason), .blocked(let reason): reason
    case .run(.changed(let pointers)):
      "that of an earlier run differs in \(pointers.prefix(3).map(words(of:)).joined(separator: ", "))"
    case .run(.corrupt(let reason)): "its record is damaged: \(reason)"
    case .run, .done, .shared: nil
    }
  }
}
