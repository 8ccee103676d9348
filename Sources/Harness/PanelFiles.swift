package import Records

/// The model and the text that one panel of a grid stands on here, with their files.
package struct PanelFiles: Sendable {
  /// What it takes to run anything of the panel.
  package let assets: [Asset]
  /// The text.
  package let text: EvaluationText
  /// The model.
  package let model: ModelManifest
  /// Why nothing of the panel can run on this machine; nil when it can, once files are fetched.
  package let reason: String?

  /// The checkpoint as cells name it; nil while a digest isn't known.
  let reference: ModelReference?
  /// The text as cells name it; nil while a digest isn't known.
  let settings: EvaluationProtocol?

  /// Looks for what stands for the panel's model and text at a scale; nil when no model does.
  init?(
    of panel: GridPanel, _ scale: GridScale, catalog: Catalog, protocolID: String?,
    locator: inout AssetLocator
  ) throws {
    guard let name = scale.model(for: panel) else { return nil }
    let manifest = try catalog.model(name)
    let text = try EvaluationText(
      among: scale.protocols(for: panel), forced: protocolID, texts: scale.protocols,
      tasks: panel.tasks.compactMap { scale.texts[$0] },
      catalog: catalog, locator: &locator)
    var files = try locator.files(of: manifest)
    var reference: ModelReference?
    if manifest.files.isEmpty {
      if let folder = try locator.hubFolder(of: manifest) {
        reference = try ModelReference(folder: folder, name: name, locator: &locator)
      } else {
        files = [manifest.absentFolder(cache: catalog.workspace.cache)]
      }
    } else {
      reference = ModelReference(files: files, name: name)
    }
    self.text = text
    self.reference = reference
    model = manifest
    settings = text.settings(for: scale, bos: manifest.bos)
    assets = files + text.files
    reason = assets.first { !$0.exists && $0.origin == nil }.map { asset in
      let variable = asset.kind == .model ? manifest.environment : text.variable(of: asset)
      if let own = catalog.workspace.environment[variable], !own.isEmpty {
        return "\(asset.kind.rawValue) \(asset.name) isn't complete: \(variable) is set to "
          + "'\(own)', and there is no '\(asset.path)'"
      }
      return "\(asset.kind.rawValue) \(asset.name) isn't on this machine; "
        + "\(variable) can name your copy"
    }
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
