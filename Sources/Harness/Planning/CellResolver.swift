package import Digests
package import Records
internal import System
internal import Vocabulary

/// Turns the points of a grid into cells: names become files with digests.
package struct CellResolver: Sendable {
  /// What a resolver makes of one point.
  package enum Outcome: Sendable, Equatable {
    /// Everything is known; files may still have to be fetched.
    case cell(Cell)
    /// The point can't run here, and why.
    case notRun(String)
  }

  /// The models and texts of the scale, panel by panel, in the grid's order.
  package let panels: [(panel: GridPanel, files: PanelFiles)]

  private var digested: [String: DigestedFile] = [:]
  private let blasCore: String
  private let science: ProgramScience
  private let resolveOptions: OptionResolution

  /// Looks for the models and texts of a grid at one scale.
  ///
  /// - Parameters:
  ///   - grid: The grid, checked.
  ///   - scale: The scale.
  ///   - catalog: Where manifests are.
  ///   - protocolID: The protocol from the command line, if any.
  ///   - blasCore: The kernel set's name, see ``BLASCore/name(processorFlags:environment:)``.
  ///   - science: What the program was built from.
  ///   - resolveOptions: Writes out what the grid leaves to the methods' defaults, so that a cell's id covers it.
  /// - Throws: ``HarnessError/severalTexts(table:)`` for a protocol where columns name their texts,
  ///   `JSONError` for a bad manifest, ``HarnessError`` and ``FileError`` from looking.
  package init(
    _ grid: Grid, at scale: Scale, catalog: Catalog, protocolID: String?, blasCore: String,
    science: ProgramScience,
    resolveOptions: @escaping OptionResolution = { method, _, _ in method }
  ) throws {
    self.blasCore = blasCore
    self.resolveOptions = resolveOptions
    self.science = science
    var panels: [(panel: GridPanel, files: PanelFiles)] = []
    if protocolID != nil, grid.columns.contains(where: { $0.text != nil }) {
      throw HarnessError.severalTexts(table: grid.table)
    }
    if let settings = grid.scales[scale] {
      var locator = AssetLocator(catalog.site)
      for point in grid.points(at: scale) where point.notRun == nil {
        guard !panels.contains(where: { $0.panel == point.panel }) else { continue }
        let files = try PanelFiles(
          of: point.panel, settings, catalog: catalog, protocolID: protocolID, locator: &locator)
        if let files { panels.append((point.panel, files)) }
      }
      digested = locator.digested
    }
    self.panels = panels
  }

  /// The files of a panel; nil when nothing of it runs at this scale.
  package subscript(_ panel: GridPanel) -> PanelFiles? {
    panels.first { $0.panel == panel }?.files
  }

  /// Paths of a method's own files below the checkout that the program was built from.
  package func ownFiles(of method: String) -> [String] { science.methods[method]?.files ?? [] }

  /// What it takes to run anything at this scale, each file once.
  package var assets: [Asset] {
    panels.flatMap(\.files.assets).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// Files that a fetch can bring and that aren't there.
  package var missing: [String] {
    assets.filter { !$0.exists && $0.origin != nil }.map(\.path)
  }

  /// The first file with wrong bytes, as an error.
  package var corruption: HarnessError? {
    for asset in assets {
      if case .corrupt(let error) = asset.state { return error }
    }
    return nil
  }

  /// The files that a cell of `panel` stands on, as they were when the table was planned: those that
  /// `cell` names, and the manifests that describe them; sorted by path.
  package func inputs(of cell: Cell, in panel: GridPanel) -> [DigestedFile] {
    let texts = cell.protocolSettings
    let tasks = texts.tasks ?? []
    let parts =
      [texts.train, texts.development, texts.test].flatMap(\.parts)
      + tasks.flatMap(\.parts)
    let named = Set(parts.map(\.path) + [cell.model.path] + (self[panel]?.manifests ?? []))
    return digested.values.filter { file in
      named.contains(file.path) || parent(of: file.path) == cell.model.path
    }.sorted { $0.path < $1.path }
  }

  /// The cell of `point`, with its id, or why there is none.
  ///
  /// - Throws: `JSONError` for an option that can't be written as JSON.
  package func resolve(_ point: GridPoint, methods: [String]) throws -> Outcome {
    let files = self[point.panel]
    if let reason = point.notRun ?? files?.reason { return .notRun(reason) }
    guard methods.contains(point.method.name),
      let digests = science.digests(of: point.method.name)
    else { return .notRun("method not built yet") }
    guard let reference = files?.reference, let settings = files?.settings else {
      return .notRun("its files have no known digest")
    }
    let method: MethodReference
    do {
      method = try resolveOptions(point.method, point.bits, files?.model.architecture)
    } catch let absence as MethodNotHere { return .notRun(absence.description) }
    var cell = Cell(
      id: "", address: point.address, model: reference, method: method, bits: point.bits,
      protocolSettings: settings, seed: point.address.seed, blasCore: blasCore,
      science: digests,
      diagnostics: point.diagnostics.isEmpty ? nil : point.diagnostics)
    cell.id = try cell.computedID
    return .cell(cell)
  }
}
