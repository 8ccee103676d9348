package import Records
package import System

/// A model of `models/` with its files: what is there, and how a cell refers to it.
package struct ModelFiles: Sendable, Equatable {
  /// What is known of the model.
  package let manifest: ModelManifest
  /// Names of the manifests that say so: the model's, and that of the one it is made from.
  package let manifests: [String]
  /// The files of the checkpoint; a variant has those of the model it is made from.
  package let assets: [Asset]
  /// How a cell refers to it; nil while that isn't known.
  package let reference: ModelReference?
  /// The environment variable that names the user's own copy.
  package let environment: String

  /// Looks for the files of a model: those in the repository, one listed file that carries its
  /// tokenizer, or a folder in the hub's layout.
  ///
  /// - Throws: `JSONError` for a bad manifest, ``HarnessError`` and ``FileError`` from looking.
  package init(of name: String, catalog: Catalog, locator: inout AssetLocator) throws {
    guard catalog.models.contains(name) || !KnownNames.isOwnModel(name) else {
      try self.init(undescribed: name, catalog: catalog, locator: &locator)
      return
    }
    let manifest = try locator.manifest(ofModel: name, catalog)
    let base = try manifest.variant.map { try locator.manifest(ofModel: $0.of, catalog) }
    let weights = base ?? manifest
    var assets = try locator.files(of: weights)
    var reference: ModelReference?
    if try locator.usesCommittedFiles(of: weights) {
      // Nothing is digested while a file is missing: the missing one is the thing to say.
      if assets.allSatisfy(\.exists) {
        reference = try ModelReference(
          folder: locator.committedFolder(of: weights), name: name, locator: &locator)
      }
    } else if weights.files.isEmpty || weights.committed == true {
      if let folder = try locator.hubFolder(of: weights) {
        reference = try ModelReference(folder: folder, name: name, locator: &locator)
        assets = []
      } else {
        assets = [weights.absentFolder(cache: catalog.site.cache)]
      }
    } else {
      try locator.refuseGaps(in: assets, variable: weights.environment)
      reference = ModelReference(files: assets, name: name)
    }
    reference?.outliers = manifest.variant?.outliers
    reference?.synthetic = weights.synthetic == true ? true : nil
    self.init(
      manifest: manifest, manifests: [name] + (base.map { [$0.name] } ?? []), assets: assets,
      reference: reference, environment: weights.environment)
  }
}

extension ModelFiles {
  /// The files of a model that no manifest describes: it is there, or this throws.
  private init(undescribed name: String, catalog: Catalog, locator: inout AssetLocator) throws {
    let (place, manifest) = try catalog.undescribed(name)
    self.init(
      manifest: manifest, manifests: [], assets: [],
      reference: try ModelReference(at: place.path, name: place.name, locator: &locator),
      environment: "")
  }

  private init(
    manifest: ModelManifest, manifests: [String], assets: [Asset], reference: ModelReference?,
    environment: String
  ) {
    self.manifest = manifest
    self.manifests = manifests
    self.assets = assets
    self.reference = reference
    self.environment = environment
  }

  /// How a cell refers to the model.
  ///
  /// - Throws: ``HarnessError`` for files that aren't there or have the wrong bytes.
  package func present() throws(HarnessError) -> ModelReference {
    if let asset = assets.first(where: { !$0.exists }) {
      throw .missingModel(manifest.name, path: asset.path, environment: environment)
    }
    for case .corrupt(let error) in assets.map(\.state) { throw error }
    guard let reference else {
      throw .missingModel(
        manifest.name, path: assets.first?.path ?? manifest.name, environment: environment)
    }
    return reference
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

  /// A checkpoint that no manifest describes: a file that carries its tokenizer, the first of several, or a
  /// folder.
  ///
  /// - Throws: `FileError` when a file of it can't be read.
  package init(at path: String, name: String, locator: inout AssetLocator) throws(FileError) {
    guard FileStatus(of: path)?.isFolder != true else {
      try self.init(folder: path, name: name, locator: &locator)
      return
    }
    let digest = try locator.digest(ofModel: path)
    self.init(name: name, path: path, digest: digest, tokenizerDigest: digest)
  }

  /// A checkpoint whose weights are still being digested.
  ///
  /// - Throws: `FileError` when a file of its tokenizer can't be read.
  init(pendingAt path: String, name: String, locator: inout AssetLocator) throws(FileError) {
    let none = Self.unnamedDigest
    let isFolder = FileStatus(of: path)?.isFolder == true
    self.init(
      name: name, path: path, digest: none,
      tokenizerDigest: isFolder
        ? try locator.digest(ofFolder: path, where: Self.holdsTokenizer) : none)
  }

  /// A checkpoint in a folder of the hub's layout.
  fileprivate init(folder: String, name: String, locator: inout AssetLocator) throws(FileError) {
    self.init(
      name: name, path: folder,
      digest: try locator.digest(ofFolder: folder, where: Self.holdsWeights),
      tokenizerDigest: try locator.digest(ofFolder: folder, where: Self.holdsTokenizer))
  }
}
