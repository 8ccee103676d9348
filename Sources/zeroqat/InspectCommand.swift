internal import ArgumentParser
internal import Harness
internal import Records
internal import System
internal import Worker

/// `zeroqat inspect model.gguf`: whether a model can be used, and what it is.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Open a model and its tokenizer, and say what they are.")

  @Argument(
    help: """
      A .gguf file, a folder with config.json, safetensors and a tokenizer, or a folder of models/, by \
      name or path.
      """)
  var model: String

  @Option(help: "The checkout. Default: found from the working folder or the program.")
  var root: String?

  func run() throws {
    guard let name = try manifestName() else {
      try writeToStandardOutput("\(ModelInspection(path: model))\n")
      return
    }
    let catalog = try Catalog(
      Workspace(root: name.root, results: nil, environment: processEnvironment()))
    var locator = AssetLocator(catalog.workspace)
    let files = try ModelFiles(of: name.name, catalog: catalog, locator: &locator)
    if let asset = files.assets.first(where: { !$0.exists }) {
      throw HarnessError.missingModel(name.name, path: asset.path, environment: files.environment)
    }
    for case .corrupt(let error) in files.assets.map(\.state) { throw error }
    guard let reference = files.reference else {
      throw HarnessError.missingModel(
        name.name, path: files.assets.first?.path ?? name.name, environment: files.environment)
    }
    try writeToStandardOutput("\(files.manifest.label)\n")
    if let outliers = reference.outliers {
      try writeToStandardOutput(
        "channels \(outliers.channels.map(String.init).joined(separator: ", ")) made outliers "
          + "(×\(outliers.factor)) when the weights are read\n")
    }
    if reference.synthetic == true {
      try writeToStandardOutput("weights are drawn when they are read: for memory and time alone\n")
    } else {
      try writeToStandardOutput("\(ModelInspection(path: reference.path))\n")
    }
  }

  /// The name of a folder of `models/` and the checkout that it is in; nil when the argument is a file or
  /// a folder that holds a model itself.
  private func manifestName() throws -> (name: String, root: String?)? {
    if FileStatus(of: model) == nil {
      guard !model.contains("/") else { return nil }
      let catalog = try Catalog(
        Workspace(root: root, results: nil, environment: processEnvironment()))
      return catalog.models.contains(model) ? (model, root) : nil
    }
    guard FileStatus(of: model)?.isFolder == true,
      FileStatus(of: model + "/config.json") == nil,
      FileStatus(of: model + "/manifest.json") != nil
    else { return nil }
    let folder = try absolute(withoutTrailingSlashes(model))
    return (String(folder.split(separator: "/").last ?? ""), root ?? parent(of: parent(of: folder)))
  }
}
