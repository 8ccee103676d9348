internal import Harness
internal import JSONText
internal import Records
internal import Reporting
internal import System
internal import Vocabulary

/// What a renderer needs: records, and why the others aren't there.
struct PlannedTable {
  private(set) var contents: TableContents

  /// The table of what was measured on this machine, by today's grid, files and code.
  ///
  /// Where nothing was, the `committed` record stands, marked, if it is of the same cell: with the same files
  /// and options, though perhaps by an earlier program or another set of kernels.
  init(_ plan: Plan, catalog: Catalog, committed: [RunRecord] = []) throws {
    var reasons: [CellAddress: String] = [:]
    for entry in plan.entries {
      switch entry.state {
      case .notRun(let reason), .blocked(let reason): reasons[entry.point.address] = reason
      case .run(.corrupt):
        reasons[entry.point.address] = "its record is damaged; run the cell again"
      case .run, .shared: reasons[entry.point.address] = "no record yet"
      case .done: break
      }
    }
    var contents = try TableContents(
      grid: plan.grid, scale: plan.scale,
      panels: plan.resolver.panels.reduce(into: [:]) {
        $0[$1.panel] = PanelManifests(model: $1.files.model, text: $1.files.text.manifest)
      }, paper: Self.paper(plan.grid, catalog), records: try plan.currentRecords(),
      committed: try Self.records(of: plan, among: committed), notRun: reasons,
      options: { point in
        Self.options(of: point, architecture: plan.resolver[point.panel]?.model.architecture)
      })
    contents.certificates = try CertificateFile(catalog.site).read()
    self.contents = contents
  }

  /// The table of this machine's records, committed ones beside them.
  ///
  /// After a quick run it is the table of all that is declared, with what ran here shown apart: numbers of few
  /// updates and windows aren't printed beside those of many.
  init(fresh place: TableAtScale, _ options: TableOptions) throws {
    let committed = try CommittedRecords(place).read()
    guard place.isShortened else {
      try self.init(place.plan(options), catalog: place.catalog, committed: committed)
      return
    }
    var whole = options
    whole.budget = Budget.full.rawValue
    let all = try TableAtScale("\(place.site.root)/tables/\(place.grid.table)", whole)
    try self.init(all.plan(whole), catalog: all.catalog, committed: committed)
    contents.quick = try TableCheck(place, options).report
  }

  /// The options of a point with every default written out; as the grid has them where that fails, which no
  /// record then has.
  private static func options(of point: GridPoint, architecture: Architecture?) -> JSON {
    let method = try? methodRegistry.resolve(point.method, point.bits, architecture)
    return (method ?? point.method).options
  }

  /// The records that are of cells which the plan has still to run.
  private static func records(of plan: Plan, among committed: [RunRecord]) throws -> [RunRecord] {
    let byAddress = Dictionary(committed.map { ($0.cell.address, $0) }) { $1 }
    return try plan.entries.compactMap { entry in
      guard case .run = entry.state, let cell = entry.cell, let record = byAddress[cell.address]
      else { return nil }
      let isSame = try cell.differences(from: record.cell).allSatisfy {
        $0.hasPrefix("/science") || $0 == "/blasCore"
      }
      return isSame ? record : nil
    }
  }

  /// The table of committed records, whatever lies on this machine.
  init(_ records: [RunRecord], _ grid: Grid, at scale: Scale, catalog: Catalog) throws {
    var reasons: [CellAddress: String] = [:]
    var panels: [GridPanel: PanelManifests] = [:]
    let points = grid.points(at: scale)
    for point in points {
      reasons[point.address] =
        methodRegistry.names.contains(point.method.name) ? "no record yet" : "method not built yet"
    }
    for panel in Set(points.map(\.panel)) {
      guard let settings = grid.scales[scale], let name = settings.model(for: panel) else {
        continue
      }
      let ours = Set(points.filter { $0.panel == panel }.map(\.address))
      let record = records.first { ours.contains($0.cell.address) }
      let id =
        try (record?.cell.protocolSettings.id ?? settings.protocols(for: panel).first)
        .flatMap { try ProtocolRequest($0, datasets: catalog.datasets).text }
      panels[panel] = PanelManifests(
        model: try catalog.model(name), text: try id.map { try catalog.dataset($0.dataset) })
    }
    var contents = try TableContents(
      grid: grid, scale: scale, panels: panels, paper: Self.paper(grid, catalog),
      records: records, notRun: reasons,
      options: { Self.options(of: $0, architecture: panels[$0.panel]?.model?.architecture) })
    contents.certificates = try CertificateFile(catalog.site).read()
    self.contents = contents
  }

  /// The paper's numbers, where the table has any.
  private static func paper(_ grid: Grid, _ catalog: Catalog) throws -> PaperTable? {
    let path = "\(catalog.site.root)/tables/\(grid.table)/paper.json"
    guard FileStatus(of: path) != nil else { return nil }
    return try PaperTable(document: JSONDocument(contentsOf: path))
  }

  /// Writes the table, its numbers as CSV, and a picture of each trajectory beside it.
  ///
  /// Without gnuplot there are no pictures; the table says nothing of them then.
  func write(to path: String) throws {
    let folder = parent(of: path)
    try makeFolder(folder)
    var plots: [String] = []
    if let figure = contents.figurePlot {
      do {
        let picture = try Gnuplot.svg(of: figure)
        try writeDurably(Array(picture.utf8), to: "\(folder)/\(figure.fileName)")
        plots.append(figure.fileName)
      } catch let error as GnuplotError {
        writeToStandardError(Array("no picture \(figure.fileName): \(error)\n".utf8))
      }
    }
    if let plot = contents.trajectoryPlot {
      do {
        let picture = try Gnuplot.svg(of: plot)
        try writeDurably(Array(picture.utf8), to: "\(folder)/\(plot.fileName)")
        plots.append(plot.fileName)
      } catch let error as GnuplotError {
        writeToStandardError(Array("no picture \(plot.fileName): \(error)\n".utf8))
      }
    }
    try writeDurably(Array(contents.markdown(plots: plots).utf8), to: path)
    let stem = path.hasSuffix(".md") ? String(path.dropLast(3)) : path
    try writeDurably(Array(contents.csv.utf8), to: stem + ".csv")
  }
}

extension CommittedRecords {
  /// The records that are committed with a table.
  init(_ table: TableAtScale) {
    self.init(root: table.site.root, table: table.grid.table, scale: table.scale)
  }
}
