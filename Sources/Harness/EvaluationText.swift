package import Records

/// A protocol with the files behind it, chosen among what a scale permits.
package struct EvaluationText: Sendable, Equatable {
  /// The protocol.
  package var id: ProtocolID
  /// What is known of the text.
  package var manifest: DatasetManifest
  /// How the text is cut.
  package var split: DatasetSplit
  /// The files that the split uses.
  package var files: [Asset]

  /// Takes the first protocol whose text is on this machine; else the first that can be fetched,
  /// else the first.
  ///
  /// A file with wrong bytes counts as being there: the user should hear of it, not get another
  /// text silently.
  ///
  /// - Parameters:
  ///   - scale: What the grid permits.
  ///   - forced: A protocol id from the command line; nothing else is looked at then.
  ///   - catalog: Where manifests are.
  ///   - locator: Finds the files.
  /// - Throws: ``ProtocolIDError``, `JSONError` for a bad manifest, or what the locator throws.
  package init(
    for scale: GridScale, forced: String?, catalog: Catalog, locator: inout AssetLocator
  ) throws {
    var fetchable: EvaluationText?
    var first: EvaluationText?
    for text in forced.map({ [$0] }) ?? scale.protocols {
      let id = try ProtocolID(text, datasets: catalog.datasets)
      let manifest = try catalog.dataset(id.dataset)
      let files = try locator.files(of: manifest)
      let there = Set(files.filter(\.exists).map(\.file.name))
      let complete = manifest.splits.first { $0.fileNames.isSubset(of: there) }
      let split = complete ?? manifest.splits[0]
      let found = EvaluationText(
        id: id, manifest: manifest, split: split,
        files: files.filter { split.fileNames.contains($0.file.name) })
      if complete != nil {
        self = found
        return
      }
      first = first ?? found
      if found.files.allSatisfy({ $0.exists || $0.origin != nil }) {
        fetchable = fetchable ?? found
      }
    }
    guard let chosen = fetchable ?? first else {
      throw ProtocolIDError(id: forced ?? "", reason: "the scale lists no protocol")
    }
    self = chosen
  }

  private init(id: ProtocolID, manifest: DatasetManifest, split: DatasetSplit, files: [Asset]) {
    self.id = id
    self.manifest = manifest
    self.split = split
    self.files = files
  }

  /// The settings for a cell, or nil while a file's digest isn't known.
  package func settings(for scale: GridScale, bos: String) -> EvaluationProtocol? {
    guard let train = source(split.train), let development = source(split.development),
      let test = source(split.test)
    else { return nil }
    return EvaluationProtocol(
      id: id.description, train: train, development: development, test: test,
      windowTokens: id.windowTokens, testWindows: scale.testWindows,
      developmentWindows: scale.developmentWindows, bos: bos)
  }

  private func source(_ parts: [DatasetPart]) -> TextSource? {
    TextSource(parts, join: manifest.join, files: files)
  }
}

extension DatasetSplit {
  /// Names of all files that the split uses.
  package var fileNames: Set<String> { Set((train + development + test).map(\.file)) }
}
