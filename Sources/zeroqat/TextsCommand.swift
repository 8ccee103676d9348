internal import ArgumentParser
internal import Harness
internal import System
internal import Worker

/// `zeroqat texts`: a dataset's texts as files, put together as cells read them.
struct TextsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "texts", abstract: "Write the texts of a dataset as plain files.",
    discussion: """
      The folder gets NAME-train.txt, NAME-development.txt and NAME-test.txt: what a cell reads, part \
      after part. A recipe for 'zeroqat pretrain' names such files.
      """)

  @Option(help: "A folder of datasets/ by name.")
  var dataset: String

  @Option(name: .customLong("out"), help: "The folder for the files.")
  var output: String

  @OptionGroup var checkout: CheckoutOption

  func run() throws {
    let catalog = try Catalog(
      Site(root: checkout.root, results: nil, environment: processEnvironment()))
    var locator = AssetLocator(catalog.site)
    let texts = try DatasetTexts(of: dataset, catalog: catalog, locator: &locator)
    let assembled = try texts.sources().map { ($0.name, try assembledText(of: $0.source)) }
    // What was read must still be what was digested.
    var later = AssetLocator(catalog.site)
    let after = try DatasetTexts(of: dataset, catalog: catalog, locator: &later)
    for (before, after) in zip(texts.assets, after.assets) where before != after {
      throw HarnessError.changedWhileRead(before.path)
    }
    try makeFolder(output)
    for (name, text) in assembled {
      try writeDurably(text, to: "\(output)/\(dataset)-\(name).txt")
    }
  }
}
