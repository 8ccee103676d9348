package import Records
package import Vocabulary

/// A protocol with the files behind it, chosen among what a grid permits.
package struct EvaluationText: Sendable, Equatable {
  /// The text's part of the protocol.
  package var id: ProtocolID
  /// What is known of the text.
  package var manifest: DatasetManifest
  /// How the text is cut.
  package var split: DatasetSplit
  /// The files that the text's split uses.
  package var textFiles: [Asset]
  /// The tasks; empty for text alone.
  package var tasks: [EvaluationTask]

  /// The files of text and tasks.
  package var files: [Asset] { textFiles + tasks.flatMap(\.files) }

  /// Names of the datasets whose manifests say all this.
  package var manifests: [String] { [manifest.name] + tasks.map(\.manifest.name) }

  /// The whole protocol's id, such as `books-512+sst2`.
  package var name: String {
    ([id.description] + tasks.map(\.name)).joined(separator: "+")
  }

  /// Takes the first protocol whose files are on this machine; else the first that can be fetched,
  /// else the first.
  ///
  /// A file with wrong bytes counts as being there: the user should hear of it, not get another
  /// text silently.
  ///
  /// - Parameters:
  ///   - protocols: What the grid permits, the best first.
  ///   - forced: A protocol id from the command line; nothing else is looked at then.
  ///   - texts: Protocols among which the text is chosen for tasks that name none.
  ///   - tasks: Lists of protocols of tasks that go with the text, the best of each list first. Of
  ///     several lists, those of which no file is here are left out, unless none is.
  ///   - catalog: Where manifests are.
  ///   - locator: Finds the files.
  /// - Throws: ``ProtocolIDError``, `JSONError` for a bad manifest, or what the locator throws.
  package init(
    among protocols: [String], forced: String?, texts: [String] = [], tasks: [[String]] = [],
    catalog: Catalog, locator: inout AssetLocator
  ) throws {
    try self.init(
      among: protocols, forced: forced, texts: texts, catalog: catalog, locator: &locator)
    guard !tasks.isEmpty else { return }
    let found = try tasks.map { list in
      try Self.tasks(among: list, catalog: catalog, locator: &locator)
    }
    let complete = found.filter { !$0.isEmpty && $0.allSatisfy(\.isComplete) }
    self.tasks += (complete.isEmpty ? found : complete).flatMap(\.self)
  }

  private init(
    among protocols: [String], forced: String?, texts: [String], catalog: Catalog,
    locator: inout AssetLocator
  ) throws {
    var fetchable: EvaluationText?
    var first: EvaluationText?
    for text in forced.map({ [$0] }) ?? protocols {
      let found = try EvaluationText(text, texts: texts, catalog: catalog, locator: &locator)
      let absent = found.files.filter { !$0.exists }
      if absent.isEmpty {
        self = found
        return
      }
      first = first ?? found
      if absent.allSatisfy({ $0.origin != nil }) { fetchable = fetchable ?? found }
    }
    guard let chosen = fetchable ?? first else {
      throw ProtocolIDError(id: forced ?? "", reason: "the scale lists no protocol")
    }
    self = chosen
  }

  /// The tasks of the first protocol whose files are on this machine.
  ///
  /// Else of the first that can be fetched, else of the first. A text that a protocol names isn't taken:
  /// the panel has one.
  private static func tasks(
    among protocols: [String], catalog: Catalog, locator: inout AssetLocator
  ) throws -> [EvaluationTask] {
    let found = try protocols.map { id in
      try ProtocolRequest(id, datasets: catalog.datasets).tasks.flatMap {
        try EvaluationTask.named($0, in: id, catalog: catalog, locator: &locator)
      }
    }
    let fetchable = found.first { tasks in
      tasks.flatMap(\.files).allSatisfy { $0.exists || $0.origin != nil }
    }
    return found.first { $0.allSatisfy(\.isComplete) } ?? fetchable ?? found.first ?? []
  }

  /// The files of one protocol.
  private init(
    _ protocolID: String, texts: [String], catalog: Catalog, locator: inout AssetLocator
  ) throws {
    let request = try ProtocolRequest(protocolID, datasets: catalog.datasets)
    let tasks = try request.tasks.flatMap {
      try EvaluationTask.named($0, in: protocolID, catalog: catalog, locator: &locator)
    }
    if let id = request.text {
      try self.init(text: id, catalog: catalog, locator: &locator)
    } else {
      let own = try texts.filter {
        try ProtocolRequest($0, datasets: catalog.datasets).tasks.isEmpty
      }
      guard !own.isEmpty else {
        throw ProtocolIDError(
          id: protocolID,
          reason: "the scale's 'protocols' name no text to calibrate on; "
            + "name one, as in 'books-512+\(protocolID)'")
      }
      try self.init(among: own, forced: nil, texts: [], catalog: catalog, locator: &locator)
    }
    self.tasks = tasks
  }

  private init(text id: ProtocolID, catalog: Catalog, locator: inout AssetLocator) throws {
    let manifest = try locator.manifest(ofDataset: id.dataset, catalog)
    let any = try manifest.firstSplit(for: id)
    let files = try locator.files(of: manifest)
    let there = Set(files.filter(\.exists).map(\.file.name))
    let split = manifest.splits.first { $0.fileNames.isSubset(of: there) } ?? any
    self.id = id
    self.manifest = manifest
    self.split = split
    textFiles = files.filter { split.fileNames.contains($0.file.name) }
    tasks = []
    try locator.refuseGaps(in: textFiles, variable: manifest.environment)
  }

  /// The variable that names the user's copy of a file.
  package func variable(of asset: Asset) -> String {
    tasks.first { $0.files.contains(asset) }?.manifest.environment ?? manifest.environment
  }

  /// The settings for a cell, or nil while a file's digest isn't known.
  package func settings(for scale: GridScale, bos: BeginningOfSequencePolicy) -> EvaluationProtocol?
  {
    let sources = tasks.compactMap { $0.source(scale.examples) }
    guard let train = source(split.train), let development = source(split.development),
      let test = source(split.test), sources.count == tasks.count
    else { return nil }
    return EvaluationProtocol(
      id: name, train: train, development: development, test: test,
      windowTokens: id.windowTokens, testWindows: scale.testWindows,
      developmentWindows: scale.developmentWindows, bos: bos,
      tasks: sources.isEmpty ? nil : sources)
  }

  private func source(_ parts: [DatasetPart]) -> TextSource? {
    TextSource(parts, join: manifest.join ?? .plain, files: textFiles)
  }
}

extension DatasetSplit {
  /// Names of all files that the split uses.
  package var fileNames: Set<String> { Set((train + development + test).map(\.file)) }
}
