package import JSONText
package import Records
package import Vocabulary

/// Everything that a table at one scale shows, checked and put in its place.
///
/// All renderings (Markdown, CSV, plots) start here, so that none can mix what another refuses.
package struct TableContents: Sendable {
  /// The grid.
  package let grid: Grid
  /// The scale of every number.
  package let scale: Scale
  /// What is known of each panel's model and text.
  package let panels: [GridPanel: PanelManifests]
  /// The paper's numbers, where there are any.
  package let paper: PaperTable?
  /// Records in the grid's order.
  package let records: [RunRecord]
  /// One entry per row and column, rows first.
  package let entries: [TableEntry]
  /// Whether each panel's full-precision cell meets its anchor.
  package let anchors: [GridPanel: AnchorState]
  /// Where the record shown is the committed one, because this run has none.
  let committed: Set<CellAddress>
  /// The orders that a test judges, each corrected for their number.
  var orderSteps: [OrderPlace: HolmCorrection.Step] = [:]
  /// The panel of every point, by address.
  let panelOfAddress: [CellAddress: GridPanel]
  /// What was proven of records that an older program made.
  package var certificates = Certificates()
  /// What a quick run did here, held to the committed records; nil where all that is declared ran.
  package var quick: CheckReport?

  /// Places records in the grid.
  ///
  /// `notRun` says why a point has no record, by address; what the grid itself says goes first. Two
  /// points that one cell serves may share its record; `options` are those of a point with every default
  /// written out, as records have them. `committed` records stand, marked, where `records` has none.
  ///
  /// - Throws: ``ReportingError`` when a record has no place or two claim one, when records of
  ///   different protocols, texts, models or tokenizers meet in a panel, or when a record contradicts
  ///   itself.
  package init(
    grid: Grid, scale: Scale, panels: [GridPanel: PanelManifests], paper: PaperTable? = nil,
    records: [RunRecord], committed: [RunRecord] = [], notRun: [CellAddress: String] = [:],
    options: (GridPoint) -> JSON = { $0.method.options }
  ) throws(ReportingError) {
    let fresh = Set(records.map(\.cell.address))
    let beside = committed.filter { !fresh.contains($0.cell.address) }
    let records = records + beside
    let grid = grid.withoutAbsentTasks(at: scale, records)
    guard let settings = grid.scales[scale] else {
      throw .noSuchScale(table: grid.table, scale: scale)
    }
    try paper?.checkKeys(against: grid)
    let points = grid.points(at: scale)
    var byAddress = try placed(records, at: points)
    shareRecords(of: records, among: points, settings, options, &byAddress)
    let panelOfAddress = Dictionary(
      points.map { ($0.address, $0.panel) }, uniquingKeysWith: { first, _ in first })
    let ordered = points.compactMap { byAddress[$0.address] }
    for panel in points.map(\.panel).reduce(
      into: [GridPanel](),
      { panels, panel in
        if !panels.contains(panel) { panels.append(panel) }
      })
    {
      try checkUniformity(of: ordered.filter { panelOfAddress[$0.cell.address] == panel })
    }

    var states: [EntryPlace: EntryState] = [:]
    for (place, points) in seedGroups(of: points) {
      for column in points.first?.columns.compactMap(grid.column) ?? [] {
        states[EntryPlace(row: place.row, column: column.key)] = try entryState(
          of: points, column, settings, records: byAddress, notRun: notRun)
      }
    }
    var anchors: [GridPanel: AnchorState] = [:]
    for panel in Set(grid.columns.flatMap { grid.panels(of: $0) }) {
      anchors[panel] = AnchorState(
        grid: grid, panel: panel, model: panels[panel]?.model, states: states,
        reference: ordered.first { panelOfAddress[$0.cell.address] == panel })
    }
    let shown = grid.withRows(of: scale)
    self.entries = shown.rows.flatMap { row in
      grid.columns.map { column in
        let state = states[EntryPlace(row: row.key, column: column.key)]
        return TableEntry(
          row: row, column: column, paper: paper?.cell(row: row.key, column: column.key),
          state: grid.panels(of: column).reduce(state ?? .notRun(reason: "not in the grid")) {
            // What a process takes doesn't hang on whether full precision was met, or fitted.
            column.metric.isOfProcess ? $0 : anchors[$1]?.gate($0, row: row) ?? $0
          })
      }
    }
    self.grid = shown
    self.scale = scale
    self.panels = panels
    self.paper = paper
    self.records = ordered
    self.anchors = anchors
    self.committed = Set(beside.map(\.cell.address))
    self.panelOfAddress = panelOfAddress
    orderSteps = correctedOrders()
  }

  /// Places records in a grid that is about one model and one text.
  ///
  /// - Throws: As above.
  package init(
    grid: Grid, scale: Scale, model: ModelManifest? = nil, text: DatasetManifest? = nil,
    paper: PaperTable? = nil, records: [RunRecord], notRun: [CellAddress: String] = [:]
  ) throws(ReportingError) {
    try self.init(
      grid: grid, scale: scale,
      panels: [GridPanel(): PanelManifests(model: model, text: text)], paper: paper,
      records: records, notRun: notRun)
  }

  /// The entry at a row and a column of the grid.
  package func entry(row: String, column: String) -> TableEntry? {
    entries.first { $0.row.key == row && $0.column.key == column }
  }

  /// Whether a row that the table has was left out: it isn't there yet, and the grid doesn't say why not.
  func isMissing(_ entry: TableEntry) -> Bool {
    guard case .notRun = entry.state else { return false }
    return grid.points(at: scale).contains { point in
      point.address.row == entry.row.key && point.columns.contains(entry.column.key)
        && point.notRun == nil
    }
  }

  /// The entries of one column, in the grid's order of rows.
  package func entries(inColumn column: String) -> [TableEntry] {
    entries.filter { $0.column.key == column }
  }

  /// Records whose scores may be shown: all but the withheld ones.
  package var shownRecords: [RunRecord] {
    let withheld = entries.flatMap { entry -> [CellAddress] in
      guard case .withheld(_, let records) = entry.state else { return [] }
      return records.map(\.cell.address)
    }
    return records.filter { !withheld.contains($0.cell.address) }
  }

  /// Metrics of the grid in printed order.
  package var metrics: [Metric] {
    grid.columns.reduce(into: []) { if !$0.contains($1.metric) { $0.append($1.metric) } }
  }
}

/// A row and a column.
struct EntryPlace: Hashable {
  var row: String
  var column: String
}

extension Grid {
  /// The same grid without the tasks that nothing was fine-tuned on, where the column has other tasks that
  /// something was.
  ///
  /// A mean over tasks is then over those that are there, for all rows alike; whoever lacks one of
  /// those has no number.
  fileprivate func withoutAbsentTasks(at scale: Scale, _ records: [RunRecord]) -> Grid {
    let present = Set(records.compactMap(\.cell.address.task))
    var result = self
    for column in columns where column.stage == .finetuning {
      guard !present.isDisjoint(with: column.tasks) else { continue }
      for task in column.tasks where !present.contains(task) {
        result.scales[scale]?.texts[task] = nil
      }
    }
    return result
  }
}

/// Records by address; every one must belong to a point, and alone.
private func placed(
  _ records: [RunRecord], at points: [GridPoint]
) throws(ReportingError) -> [CellAddress: RunRecord] {
  let known = Dictionary(points.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
  var byAddress: [CellAddress: RunRecord] = [:]
  for record in records {
    let address = record.cell.address
    guard let point = known[address] else { throw .unknownAddress(address, id: record.cell.id) }
    let expected = "\(point.method.name) at \(point.bits)"
    let found = "\(record.cell.method.name) at \(record.cell.bits)"
    guard found == expected else {
      throw .otherCell(address, id: record.cell.id, expected: expected, found: found)
    }
    if let other = byAddress[address] {
      throw .repeatedAddress(address, ids: [other.cell.id, record.cell.id].sorted())
    }
    byAddress[address] = record
  }
  return byAddress
}

/// Gives a point without a record that of another point which the same cell serves.
private func shareRecords(
  of records: [RunRecord], among points: [GridPoint], _ settings: GridScale,
  _ options: (GridPoint) -> JSON, _ byAddress: inout [CellAddress: RunRecord]
) {
  for point in points where byAddress[point.address] == nil && point.notRun == nil {
    let twin = records.first { record in
      let cell = record.cell
      return cell.method.name == point.method.name && cell.bits == point.bits
        && cell.seed == point.address.seed && cell.model.name == settings.model(for: point.panel)
        && settings.permits(cell.protocolSettings.id, in: point.panel)
        && (cell.diagnostics ?? []) == point.diagnostics
        && cell.method.options.isSameObject(as: options(point))
    }
    guard var record = twin else { continue }
    record.cell.address = point.address
    byAddress[point.address] = record
  }
}

extension JSON {
  /// Whether both hold equal members, in whatever order.
  fileprivate func isSameObject(as other: JSON) -> Bool {
    guard case .object(let a) = self, case .object(let b) = other else { return self == other }
    return a.count == b.count && a.allSatisfy { other[$0.name] == $0.value }
  }
}

/// Points that differ in their seed or text alone, in the grid's order.
private func seedGroups(of points: [GridPoint]) -> [(EntryPlace, [GridPoint])] {
  var groups: [(EntryPlace, [GridPoint])] = []
  for point in points {
    let place = EntryPlace(row: point.address.row, column: point.address.column)
    if let index = groups.firstIndex(where: { $0.0 == place }) {
      groups[index].1.append(point)
    } else {
      groups.append((place, [point]))
    }
  }
  return groups
}

/// The state of the entry that `points` (one per seed and text) make together.
///
/// One diverged or failed seed decides for the entry: an average over the others would hide it.
private func entryState(
  of points: [GridPoint], _ column: GridColumn, _ settings: GridScale,
  records: [CellAddress: RunRecord], notRun: [CellAddress: String]
) throws(ReportingError) -> EntryState {
  let groups = points.map(\.panel).reduce(into: [GridPanel]()) {
    if !$0.contains($1) { $0.append($1) }
  }.map { panel in
    points.filter { $0.panel == panel }.compactMap { records[$0.address] }.sorted {
      $0.cell.address.seed < $1.cell.address.seed
    }
  }
  let found = groups.flatMap(\.self)
  func reasons(_ records: [RunRecord], unknown: String) -> String {
    records.map { record in
      let reason = record.reason ?? unknown
      return points.count > 1 ? "\(record.cell.address.part): \(reason)" : reason
    }.joined(separator: "; ")
  }
  if let missing = points.first(where: { records[$0.address] == nil }) {
    let reason = missing.notRun ?? notRun[missing.address] ?? "no record"
    if found.isEmpty { return .notRun(reason: reason) }
    let parts = missing.address.task == nil ? "seeds" : "cells"
    return .notRun(
      reason: "\(found.count) of \(points.count) \(parts); \(missing.address.part): \(reason)")
  }
  let failed = found.filter { $0.status == .failed }
  if !failed.isEmpty {
    return .failed(reason: reasons(failed, unknown: "no reason given"), records: found)
  }
  let tooLarge = found.filter { $0.status == .tooLarge }
  if !tooLarge.isEmpty {
    return .tooLarge(reason: reasons(tooLarge, unknown: "no reason given"), records: found)
  }
  let diverged = found.filter { $0.status == .diverged }
  if !diverged.isEmpty {
    return .diverged(reason: reasons(diverged, unknown: "place unknown"), records: found)
  }
  // Each task of a model that answers several is a part of its own, as is each fine-tuned model.
  var parts: [MeasuredScore.Source] = []
  for task in column.tasks.isEmpty ? [nil] : settings.tasks(of: column).map(Optional.some) {
    let names = task.map { settings.texts[$0] ?? [] }
    let group = groups.count == 1 ? groups[0] : groups[parts.count]
    if let names, column.metric.isOfTasks,
      let lacking = group.first(where: { record in
        !record.scoredTasks.contains(where: names.contains)
      })
    {
      return .notRun(
        reason: "the examples of \(names.first ?? column.key) weren't there when record "
          + "\(NumberText.digest(lacking.cell.id)) was made")
    }
    parts.append(MeasuredScore.Source(records: group, tasks: names))
  }
  if column.metric.aggregation == .times,
    let untimed = found.first(where: { $0.measurement?.updates == nil })
  {
    return .notRun(
      reason: untimed.measurement?.resumes ?? 0 > 0
        ? "its run was interrupted and resumed, so that not every update was timed"
        : "the method has no updates of the whole model that could be timed")
  }
  guard let score = try MeasuredScore(parts, metric: column.metric) else {
    return .diverged(reason: "a test score is missing or not finite", records: found)
  }
  return .measured(score)
}

extension CellAddress {
  /// What tells apart the cells of one entry: `seed 2`, or `sst2, seed 2`.
  fileprivate var part: String { (task.map { "\($0), " } ?? "") + "seed \(seed)" }
}

/// Refuses records that were measured under different conditions.
private func checkUniformity(of records: [RunRecord]) throws(ReportingError) {
  func check(
    _ condition: MixedCondition, _ value: (RunRecord) -> String?
  ) throws(ReportingError) {
    var first: CellValue?
    for record in records {
      guard let value = value(record) else { continue }
      let found = CellValue(address: record.cell.address, value: value)
      guard let known = first else {
        first = found
        continue
      }
      guard known.value == value else { throw .mixed(condition, first: known, second: found) }
    }
  }
  for record in records where record.status == .finished && record.digest("tokens.test") == nil {
    throw .missingTokenDigest(record.cell.address, id: record.cell.id)
  }
  try check(.protocolID) { $0.cell.protocolSettings.id }
  try check(.windows) { record in
    let settings = record.cell.protocolSettings
    return "\(settings.windowTokens) tokens × \(settings.testWindows.map(String.init) ?? "all"), "
      + "BOS \(settings.bos.rawValue)"
  }
  try check(.testTokens) { $0.digest("tokens.test") }
  try check(.model) { $0.cell.model.digest }
  try check(.tokenizer) { $0.cell.model.tokenizerDigest }
  try check(.scoredWindows) { record in
    record.testScore(.perplexity).map { String($0.windowNLL.count) }
  }
}

extension PaperTable {
  /// Refuses a paper's file that isn't for `grid`.
  fileprivate func checkKeys(against grid: Grid) throws(ReportingError) {
    guard table == grid.table else { throw .otherPaperTable(expected: grid.table, found: table) }
    let rows = grid.rows.map(\.key)
    let columns = grid.columns.map(\.key)
    for cell in cells {
      if !rows.contains(cell.row) {
        throw .unknownPaperKey(
          kind: "row", key: cell.row, suggestion: suggestion(for: cell.row, among: rows))
      }
      if !columns.contains(cell.column) {
        throw .unknownPaperKey(
          kind: "column", key: cell.column, suggestion: suggestion(for: cell.column, among: columns)
        )
      }
    }
  }
}
