internal import Harness
internal import Records
internal import System

/// A model that a command names, found and ready to be opened.
struct ModelArgument {
  /// Where it is.
  let path: String
  /// What a manifest says of it; nil where none describes it.
  let files: ModelFiles?
  /// How a cell refers to a described model; nil for another, which nobody has digested.
  let reference: ModelReference?

  /// Finds a model by its name, its path, or its id in the hub's cache.
  ///
  /// - Throws: ``ModelPlaceError``, or ``HarnessError`` where files of a described model aren't there.
  init(_ name: String, root: String?) throws {
    let environment = processEnvironment()
    // A manifest by its folder belongs to the checkout around it.
    let folder = try absolute(withoutTrailingSlashes(name))
    let isManifest =
      FileStatus(of: folder + "/manifest.json") != nil
      && FileStatus(of: folder + "/config.json") == nil
    let site = try Site.anywhere(
      root: root ?? (isManifest ? parent(of: parent(of: folder)) : nil), results: nil,
      environment: environment)
    let catalog = try Catalog(site)
    switch try ModelPlace(
      name, from: absolute("."), site, models: catalog.models)
    {
    case .undescribed(let path, _):
      (self.path, files, reference) = (path, nil, nil)
    case .described(let name):
      var locator = AssetLocator(site)
      let files = try ModelFiles(of: name, catalog: catalog, locator: &locator)
      let reference = try files.present()
      (path, self.files, self.reference) = (reference.path, files, reference)
    }
  }
}
