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
    let manifest = try catalog.model(name)
    let text = try EvaluationText(
      for: scale, forced: protocolID, catalog: catalog, locator: &locator)
    let weights = try manifest.variant.map { try catalog.model($0.of) } ?? manifest
    var files = try locator.files(of: weights)
    var reference: ModelReference?
    if try locator.usesCommittedFiles(of: weights) {
      // Nothing is resolved from a part of the files: the missing one is reported below.
      if files.allSatisfy(\.exists) {
        reference = try ModelReference(
          folder: locator.committedFolder(of: weights), name: name, locator: &locator)
      }
    } else if weights.files.isEmpty || weights.committed == true {
      if let folder = try locator.hubFolder(of: weights) {
        reference = try ModelReference(folder: folder, name: name, locator: &locator)
        files = []
      } else {
        files = [weights.absentFolder(cache: catalog.workspace.cache)]
      }
    } else {
      reference = ModelReference(files: files, name: name)
    }
    reference?.outliers = manifest.variant?.outliers
    self.text = text
    self.reference = reference
    model = manifest
    settings = text.settings(for: scale, bos: manifest.bos)
    assets = files + text.files
    reason = assets.first { !$0.exists && $0.origin == nil }.map { asset in
      let variable = asset.kind == .model ? weights.environment : text.manifest.environment
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

extension ModelManifest {
  /// The asset that stands for a folder which only the user can bring.
  fileprivate func absentFolder(cache: String) -> Asset {
    Asset(
      kind: .model, name: name, file: AssetFile(name: name), origin: nil,
      path: "\(cache)/models/\(name)", state: .missing)
  }
}

extension ModelReference {
  /// A checkpoint in one listed file, which carries its tokenizer.
  fileprivate init?(files: [Asset], name: String) {
    guard files.count == 1, let digest = files[0].digest else { return nil }
    self.init(name: name, path: files[0].path, digest: digest, tokenizerDigest: digest)
  }

  /// A checkpoint in a folder of the hub's layout.
  fileprivate init(folder: String, name: String, locator: inout AssetLocator) throws {
    let tokenizerFiles: Set = [
      "tokenizer.json", "tokenizer.model", "vocab.json", "merges.txt", "tokenizer_config.json",
      "special_tokens_map.json", "added_tokens.json",
    ]
    self.init(
      name: name, path: folder,
      digest: try locator.digest(ofFolder: folder) {
        $0 == "config.json" || $0.hasSuffix(".safetensors")
          || $0.hasSuffix(".safetensors.index.json")
      },
      tokenizerDigest: try locator.digest(ofFolder: folder) { tokenizerFiles.contains($0) })
  }
}
