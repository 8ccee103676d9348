package import Records

/// Turns the points of a grid into cells: names become files with digests.
package struct CellResolver: Sendable {
  /// What a resolver makes of one point.
  package enum Outcome: Sendable, Equatable {
    /// Everything is known; files may still have to be fetched.
    case cell(Cell)
    /// The point can't run here, and why.
    case notRun(String)
  }

  /// What it takes to run anything at this scale.
  package let assets: [Asset]
  /// The text; nil when the scale doesn't run.
  package let text: EvaluationText?
  /// The model; nil when the scale doesn't run.
  package let model: ModelManifest?

  private let reference: ModelReference?
  private let settings: EvaluationProtocol?
  private let reason: String?
  private let blasCore: String
  private let scienceDigest: String

  /// Looks for the scale's model and text.
  ///
  /// - Parameters:
  ///   - scale: The scale's settings.
  ///   - catalog: Where manifests are.
  ///   - protocolID: The protocol from the command line, if any.
  ///   - blasCore: The kernel set's name, see ``BLASCore/name(processorFlags:environment:)``.
  ///   - scienceDigest: Digest of the science rooms' sources.
  /// - Throws: `JSONError` for a bad manifest, ``HarnessError`` and ``FileError`` from looking.
  package init(
    _ scale: GridScale, catalog: Catalog, protocolID: String?, blasCore: String,
    scienceDigest: String
  ) throws {
    self.blasCore = blasCore
    self.scienceDigest = scienceDigest
    guard scale.notRun == nil, let name = scale.model else {
      assets = []
      text = nil
      model = nil
      reference = nil
      settings = nil
      reason = scale.notRun ?? "the grid names no model for this scale"
      return
    }
    var locator = AssetLocator(catalog.workspace)
    let model = try ModelFiles(of: name, catalog: catalog, locator: &locator)
    let text = try EvaluationText(
      for: scale, forced: protocolID, catalog: catalog, locator: &locator)
    self.text = text
    reference = model.reference
    self.model = model.manifest
    settings = text.settings(for: scale, bos: model.manifest.bos)
    assets = model.assets + text.files
    reason = assets.first { !$0.exists && $0.origin == nil }.map { asset in
      let variable = asset.kind == .model ? model.environment : text.manifest.environment
      if let own = catalog.workspace.environment[variable], !own.isEmpty {
        return "\(asset.kind.rawValue) \(asset.name) isn't complete: \(variable) is set to "
          + "'\(own)', and there is no '\(asset.path)'"
      }
      return "\(asset.kind.rawValue) \(asset.name) isn't on this machine; "
        + "\(variable) can name your copy"
    }
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

  /// The cell of `point`, with its id, or why there is none.
  ///
  /// - Throws: `JSONError` for an option that can't be written as JSON.
  package func resolve(_ point: GridPoint, methods: [String]) throws -> Outcome {
    if let reason = point.notRun ?? reason { return .notRun(reason) }
    guard methods.contains(point.method.name) else { return .notRun("method not built yet") }
    guard let reference, let settings else { return .notRun("its files have no known digest") }
    var cell = Cell(
      id: "", address: point.address, model: reference, method: point.method, bits: point.bits,
      protocolSettings: settings, seed: point.address.seed, blasCore: blasCore,
      scienceDigest: scienceDigest)
    cell.id = try cell.computedID
    return .cell(cell)
  }
}
