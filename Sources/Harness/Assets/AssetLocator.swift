package import Digests
package import Records
package import System
internal import Vocabulary

/// Finds the files of models and datasets: the user's own copy first, then the cache.
package struct AssetLocator {
  private let site: Site
  private let hub: HubCache
  private var memory: DigestMemory

  /// A locator for one site.
  package init(_ site: Site) {
    self.site = site
    hub = HubCache(site.environment)
    memory = DigestMemory(cache: site.cache)
  }

  /// What was digested so far, each with the facts that it was digested under.
  package var digested: [String: DigestedFile] { memory.answered }

  /// The same, sorted by path.
  package var digestedFiles: [DigestedFile] { digested.values.sorted { $0.path < $1.path } }

  /// The manifest of a model that the catalog lists, checked; digested before it is read, so that a
  /// change since then shows.
  package mutating func manifest(ofModel name: String, _ catalog: Catalog) throws -> ModelManifest {
    _ = try? memory.digest(ofFile: catalog.manifestPath(ofModel: name))
    return try catalog.model(name)
  }

  /// The manifest of a dataset that the catalog lists, as that of a model.
  package mutating func manifest(ofDataset name: String, _ catalog: Catalog) throws
    -> DatasetManifest
  {
    _ = try? memory.digest(ofFile: catalog.manifestPath(ofDataset: name))
    return try catalog.dataset(name)
  }

  /// The files that the manifest lists, each where it is or would be.
  ///
  /// A folder that a variable names is looked at alone: what it lacks is missing, whatever the cache
  /// holds, and nothing is fetched into it.
  ///
  /// - Throws: ``HarnessError/variableNamesNothing(variable:path:)`` when the model's variable is
  ///   set to a path that doesn't exist, ``HarnessError/variableNamesOneFile(variable:path:count:)`` for
  ///   a file where there are several; ``FileError`` when a file can't be read.
  package mutating func files(of model: ModelManifest) throws -> [Asset] {
    let own = try ownCopy(model.environment)
    try refuseOneFile(own, model.environment, of: model.committed == true ? 0 : model.files.count)
    return try model.files.map { file in
      guard model.committed != true else {
        let path = "\(committedFolder(of: model))/\(file.name)"
        return Asset(
          kind: .model, name: model.name, file: file, origin: nil, path: path,
          state: try state(of: file, at: path, holder: .repository))
      }
      return try asset(
        .model, model.name, file, model.origin, own: own, variable: model.environment,
        folder: "models")
    }
  }

  /// The files that the manifest lists, each where it is or would be.
  ///
  /// - Throws: As for a model.
  package mutating func files(of dataset: DatasetManifest) throws -> [Asset] {
    let named = try ownCopy(dataset.environment)
    try refuseOneFile(named, dataset.environment, of: dataset.files.count)
    let own = named ?? dataset.hub.flatMap { hub.snapshot(of: $0, .datasets) }
    return try dataset.files.map { file in
      try asset(
        .dataset, dataset.name, file, dataset.origin(of: file), own: own,
        variable: named == nil ? nil : dataset.environment, folder: "datasets")
    }
  }

  /// The folder that holds a committed model's files.
  package func committedFolder(of model: ModelManifest) -> String {
    "\(site.root)/models/\(model.name)"
  }

  /// Whether a model's files are those in the repository; not when the user names a copy, such as one
  /// that was trained again.
  ///
  /// - Throws: As for a model's files.
  package func usesCommittedFiles(of model: ModelManifest) throws -> Bool {
    try model.committed == true && ownCopy(model.environment) == nil
  }

  /// A folder in the hub's layout: the user's own, one in the cache, or one in the hub's cache.
  ///
  /// - Throws: As for a model's files.
  package func hubFolder(of model: ModelManifest) throws -> String? {
    if let own = try ownCopy(model.environment) {
      guard FileStatus(of: own + "/config.json") != nil else {
        throw HarnessError.variableNamesNoModel(variable: model.environment, path: own)
      }
      return own
    }
    let cached = "\(site.cache)/models/\(model.name)"
    if FileStatus(of: cached + "/config.json") != nil { return cached }
    guard let found = model.hub.flatMap({ hub.snapshot(of: $0, .models) }) else { return nil }
    return FileStatus(of: found + "/config.json") == nil ? nil : found
  }

  /// Refuses a folder of the user's that lacks some of the files that are wanted together.
  ///
  /// - Throws: ``HarnessError/variableNamesIncomplete(variable:path:missing:)``.
  package func refuseGaps(in assets: [Asset], variable: String) throws {
    guard let own = try ownCopy(variable) else { return }
    let missing = assets.filter { !$0.exists }.map(\.file.name)
    guard missing.isEmpty else {
      throw HarnessError.variableNamesIncomplete(variable: variable, path: own, missing: missing)
    }
  }

  private func refuseOneFile(_ own: String?, _ variable: String, of count: Int) throws(HarnessError)
  {
    guard let own, count > 1, FileStatus(of: own)?.isFolder != true else { return }
    throw .variableNamesOneFile(variable: variable, path: own, count: count)
  }

  /// SHA-256 over the sorted list of `digest  name` of the files in `folder` that `isWanted` picks.
  package mutating func digest(ofFolder folder: String, where isWanted: (String) -> Bool)
    throws(FileError) -> String
  {
    var files: [(name: String, digest: String)] = []
    for name in try listFolder(folder) where isWanted(name) {
      files.append((name, try memory.digest(ofFile: folder + "/" + name)))
    }
    return ModelReference.digest(of: files)
  }

  /// SHA-256 of a checkpoint in one file, or over the list of the parts of a split one.
  package mutating func digest(ofModel path: String) throws(FileError) -> String {
    var files: [(name: String, digest: String)] = []
    for part in GGUFPartName.files(of: path) {
      let name = part.split(separator: "/").last.map { String($0) } ?? part
      files.append((name, try memory.digest(ofFile: part)))
    }
    return ModelReference.digest(ofParts: files)
  }

  /// Whether the digest of a file is known without reading it.
  package func remembers(_ path: String) -> Bool { memory.remembers(path) }

  /// Takes in what was digested elsewhere.
  package mutating func keep(_ files: [DigestedFile]) { memory.keep(files) }

  /// SHA-256 of a file.
  package mutating func digest(ofFile path: String) throws(FileError) -> String {
    try memory.digest(ofFile: path)
  }

  /// What the variable names, or nil when it is unset or empty.
  private func ownCopy(_ variable: String) throws -> String? {
    guard let path = site.environment[variable], !path.isEmpty else { return nil }
    let whole = try absolute(path)
    guard FileStatus(of: whole) != nil else {
      throw HarnessError.variableNamesNothing(variable: variable, path: path)
    }
    return whole
  }

  /// One file: in `own`, or in the cache.
  ///
  /// `variable` is what names `own`: then the file is there or missing. Without one `own` was found, and
  /// is only looked at before the cache.
  private mutating func asset(
    _ kind: Asset.Kind, _ name: String, _ file: AssetFile, _ origin: PackageOrigin?, own: String?,
    variable: String?, folder: String
  ) throws(FileError) -> Asset {
    let cached = "\(site.cache)/\(folder)/\(name)/\(file.name)"
    if let own, let variable {
      let path = FileStatus(of: own)?.isFolder == true ? own + "/" + file.name : own
      // Nothing is fetched into the user's folder, and none of its gaps filled from elsewhere.
      return Asset(
        kind: kind, name: name, file: file, origin: nil, path: path,
        state: try state(of: file, at: path, holder: .user(variable: variable)))
    }
    var path = cached
    if let own {
      let there = own + "/" + file.name
      if FileStatus(of: there) != nil || (FileStatus(of: cached) == nil && origin == nil) {
        path = there
      }
    }
    return Asset(
      kind: kind, name: name, file: file, origin: origin, path: path,
      state: try state(of: file, at: path, holder: .cache))
  }

  private mutating func state(of file: AssetFile, at path: String, holder: AssetHolder)
    throws(FileError) -> Asset.State
  {
    guard let status = FileStatus(of: path), !status.isFolder else { return .missing }
    if let bytes = file.bytes, bytes != status.bytes {
      return .corrupt(.wrongSize(path: path, holder: holder, expected: bytes, found: status.bytes))
    }
    let found = try memory.digest(ofFile: path)
    if let expected = file.sha256, expected != found {
      return .corrupt(
        .wrongDigest(path: path, holder: holder, expected: expected, found: found))
    }
    return .present(digest: found)
  }
}
