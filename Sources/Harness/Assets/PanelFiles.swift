package import Records
internal import Vocabulary

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

  /// Where the manifests are that all this was read from.
  let manifests: [String]
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
    let model = try ModelFiles(of: name, catalog: catalog, locator: &locator)
    let text = try EvaluationText(
      among: scale.protocols(for: panel), forced: protocolID, texts: scale.protocols,
      tasks: panel.tasks.compactMap { scale.texts[$0] },
      catalog: catalog, locator: &locator)
    self.text = text
    manifests =
      model.manifests.map { catalog.manifestPath(ofModel: $0) }
      + text.manifests.map { catalog.manifestPath(ofDataset: $0) }
    reference = model.reference
    self.model = model.manifest
    settings = text.settings(for: scale, bos: model.manifest.bos)
    assets = model.assets + text.files
    reason = assets.first { !$0.exists && $0.origin == nil }.map { asset in
      let variable = asset.kind == .model ? model.environment : text.variable(of: asset)
      return "\(asset.kind.rawValue) \(asset.name) isn't on this machine; "
        + "\(variable) can name your copy"
    }
  }
}
