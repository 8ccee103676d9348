package import Records
internal import Vocabulary

/// The three texts of a dataset as parts of files.
package struct DatasetTexts: Sendable, Equatable {
  /// What is known of the dataset.
  package let manifest: DatasetManifest
  /// The first way to split it.
  package let split: DatasetSplit
  /// The files of the split.
  package let assets: [Asset]

  /// Looks for the files of a dataset.
  ///
  /// - Throws: ``HarnessError/unknownDataset(_:suggestion:)``, `JSONError` for a bad manifest, or what the
  ///   locator throws.
  package init(of name: String, catalog: Catalog, locator: inout AssetLocator) throws {
    guard catalog.datasets.contains(name) else {
      throw HarnessError.unknownDataset(
        name, suggestion: suggestion(for: name, among: catalog.datasets))
    }
    manifest = try catalog.dataset(name)
    guard let split = manifest.splits.first else {
      throw HarnessError.noTexts(dataset: name)
    }
    self.split = split
    assets = try locator.files(of: manifest).filter { split.fileNames.contains($0.file.name) }
    try locator.refuseGaps(in: assets, variable: manifest.environment)
  }

  /// The texts of the split by name: `train`, `development`, `test`.
  ///
  /// - Throws: ``HarnessError`` for a file that isn't there or has the wrong bytes.
  package func sources() throws(HarnessError) -> [(name: String, source: TextSource)] {
    for asset in assets {
      if case .corrupt(let error) = asset.state { throw error }
    }
    let missing = assets.filter { !$0.exists }.map(\.path)
    guard missing.isEmpty else { throw .missingTexts(missing, dataset: manifest.name) }
    var sources: [(name: String, source: TextSource)] = []
    for (name, parts) in [
      ("train", split.train), ("development", split.development), ("test", split.test),
    ] {
      guard let source = TextSource(parts, join: manifest.join ?? .plain, files: assets) else {
        continue
      }
      sources.append((name, source))
    }
    return sources
  }
}

extension TextSource {
  /// Parts of a manifest with the files behind them; nil while a file's digest isn't known.
  init?(_ parts: [DatasetPart], join: TextJoin, files: [Asset]) {
    var resolved: [TextPart] = []
    for part in parts {
      guard let asset = files.first(where: { $0.file.name == part.file }),
        let digest = asset.digest
      else { return nil }
      resolved.append(
        TextPart(
          path: asset.path, digest: digest, form: part.form, from: part.from, to: part.to))
    }
    self.init(parts: resolved, join: join)
  }
}
