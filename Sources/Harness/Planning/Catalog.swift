package import JSONText
package import Records
package import System
internal import Vocabulary

/// Reads what a model's own files say of it, before any weight is read.
package typealias ModelReading = @Sendable (_ path: String) throws -> ModelFacts

/// What a checkout holds, by name: tables, models and datasets, each a folder with one JSON file.
package struct Catalog: Sendable {
  /// Where the checkout is.
  package let site: Site
  /// Folders of `tables/` that hold a grid.
  package let tables: [String]
  /// Folders of `tables/` that hold the paper's words and no grid: nothing of them is run.
  package let textTables: [String]
  /// Folders of `models/` that hold a manifest.
  package let models: [String]
  /// Folders of `datasets/` that hold a manifest.
  package let datasets: [String]

  /// Reads what a model's own files say; nil where nobody can.
  private let reading: ModelReading?
  /// Names of the architectures that are described; none where nobody can say.
  private let architectures: [String]

  /// Lists the folders; reads nothing yet.
  ///
  /// - Parameters:
  ///   - site: The checkout.
  ///   - architectures: Names that a manifest may give; without any, all of them.
  ///   - reading: Who reads models that no manifest describes.
  /// - Throws: `FileError` when a folder can't be listed.
  package init(
    _ site: Site, architectures: [String] = [], reading: ModelReading? = nil
  ) throws(FileError) {
    func folders(of kind: String, holding file: String) throws(FileError) -> [String] {
      try listFolder("\(site.root)/\(kind)").filter {
        FileStatus(of: "\(site.root)/\(kind)/\($0)/\(file)") != nil
      }
    }
    self.site = site
    self.reading = reading
    self.architectures = architectures
    let grids = try folders(of: "tables", holding: "grid.json")
    tables = grids
    textTables = try folders(of: "tables", holding: "paper.json").filter { !grids.contains($0) }
    models = try folders(of: "models", holding: "manifest.json")
    datasets = try folders(of: "datasets", holding: "manifest.json")
  }

  /// The table's grid, checked.
  ///
  /// - Throws: ``HarnessError/unknownTable(_:suggestion:)``, ``HarnessError/tableOfWords(_:)``, or
  ///   ``JSONError`` with the place.
  package func grid(of table: String, methods: MethodRegistry) throws -> Grid {
    guard !textTables.contains(table) else { throw HarnessError.tableOfWords(table) }
    guard tables.contains(table) else {
      throw HarnessError.unknownTable(
        table, suggestion: suggestion(for: table, among: tables + textTables))
    }
    let document = try JSONDocument(contentsOf: site.gridPath(of: table))
    var grid = try document.decode(Grid.self)
    grid.learn(unquantized: methods.unquantized)
    grid.seePrograms(from: site.root)
    guard grid.table == table else {
      throw document.error(
        at: "/table", "expected the folder's name '\(table)', found '\(grid.table)'")
    }
    try grid.check(in: document, against: names(methods))
    try ProtocolCheck(grid: grid, document: document, catalog: self)()
    let common = try inherited(methods)
    grid.hyperparameters = common?.values
    try methods.checkOptions(of: grid, in: document, common: common?.document)
    return grid
  }

  /// A table of words, checked.
  ///
  /// - Throws: ``JSONError`` with the place.
  package func textTable(_ table: String) throws(JSONError) -> TextTable {
    try TextTable(
      document: JSONDocument(contentsOf: "\(site.root)/tables/\(table)/paper.json"),
      folder: table)
  }

  /// What methods run with in every table, checked; nil when the checkout says nothing of that.
  package func hyperparameters(_ methods: MethodRegistry) throws(JSONError) -> Hyperparameters? {
    try inherited(methods)?.values
  }

  private func names(_ methods: MethodRegistry) -> KnownNames {
    KnownNames(
      models: models, datasets: datasets, methods: methods.names,
      unquantized: methods.unquantized)
  }

  private func inherited(_ methods: MethodRegistry) throws(JSONError) -> (
    values: Hyperparameters, document: JSONDocument
  )? {
    let path = "\(site.root)/tables/hyperparameters.json"
    guard FileStatus(of: path) != nil else { return nil }
    let document = try JSONDocument(contentsOf: path)
    let values = try document.decode(Hyperparameters.self)
    try values.check(in: document, against: names(methods))
    return (values, document)
  }

  /// Where a model's manifest is.
  package func manifestPath(ofModel name: String) -> String {
    "\(site.root)/models/\(name)/manifest.json"
  }

  /// Where a dataset's manifest is.
  package func manifestPath(ofDataset name: String) -> String {
    "\(site.root)/datasets/\(name)/manifest.json"
  }

  /// The manifest of a model that ``models`` lists, checked; or what stands for one of a path or an id of the
  /// hub, which no manifest describes.
  ///
  /// - Throws: `JSONError` for a bad manifest; ``ModelPlaceError``, or what reading throws, for another model.
  package func model(_ name: String) throws -> ModelManifest {
    guard models.contains(name) || !KnownNames.isOwnModel(name) else {
      return try undescribed(name).manifest
    }
    let document = try JSONDocument(contentsOf: manifestPath(ofModel: name))
    let manifest = try document.decode(ModelManifest.self)
    try manifest.check(in: document, folder: name)
    let architecture = manifest.architecture.rawValue
    if !architectures.isEmpty, !architectures.contains(architecture) {
      throw document.error(
        at: "/architecture",
        "unknown architecture '\(architecture)'; "
          + suggestion(for: architecture, among: architectures))
    }
    if let base = manifest.variant?.of, !models.contains(base) {
      throw document.error(
        at: "/variant/of", "unknown model '\(base)'; \(suggestion(for: base, among: models))")
    }
    // A misspelt one would never apply, and no cell would be held to it.
    for (index, anchor) in manifest.anchors.enumerated() {
      do { _ = try ProtocolID(anchor.protocolID, datasets: datasets) } catch {
        throw document.error(at: "/anchors/\(index)/protocol", error.description)
      }
    }
    return manifest
  }

  /// Where a model is that no manifest describes, and what its files say of it in the place of one.
  ///
  /// Relative paths are seen from the checkout.
  ///
  /// - Throws: ``ModelPlaceError``, or what reading throws.
  func undescribed(_ name: String) throws -> (place: ModelPlace, manifest: ModelManifest) {
    let place = try ModelPlace(name, from: site.root, site, models: models)
    guard case .undescribed(let path, let shortName) = place, let reading else {
      throw ModelPlaceError.nothingThere(path: name, nearest: nil)
    }
    let facts = try reading(path)
    return (
      place,
      ModelManifest(
        name: name, label: "\(shortName) (no manifest describes it)",
        architecture: facts.architecture, licence: "not known", environment: "",
        bos: facts.beginning?.policy ?? .none)
    )
  }

  /// The manifest of a dataset that ``datasets`` lists, checked.
  package func dataset(_ name: String) throws(JSONError) -> DatasetManifest {
    let document = try JSONDocument(contentsOf: manifestPath(ofDataset: name))
    let manifest = try document.decode(DatasetManifest.self)
    try manifest.check(in: document, folder: name)
    return manifest
  }
}
