import Harness
import JSONText
import Records
import System
import TestSupport
import Testing
import Vocabulary

/// Models whose files lie in the repository, and variants of them.
@Suite struct ModelFilesTests {
  private static func manifest(_ weights: String) -> String {
    """
    {
      "schema": 1, "name": "toy", "label": "Toy", "architecture": "llama", "licence": "none",
      "environment": "ZEROQAT_TOY", "committed": true,
      "files": [
        { "name": "config.json", "bytes": 2, "sha256": "\(digest(of: Array("{}".utf8)))" },
        {
          "name": "model.safetensors", "bytes": \(weights.utf8.count),
          "sha256": "\(digest(of: Array(weights.utf8)))"
        }
      ],
      "bos": "none", "anchors": []
    }
    """
  }

  private static let variant = """
    {
      "schema": 1, "name": "loud", "label": "Loud", "architecture": "llama", "licence": "none",
      "environment": "ZEROQAT_LOUD", "files": [],
      "variant": { "of": "toy", "outliers": { "channels": [3], "factor": 16 } },
      "bos": "none", "anchors": []
    }
    """

  private func sample() throws -> SampleCheckout {
    let sample = try SampleCheckout(model: Self.manifest("weights"))
    try makeFolder(sample.folder.path("models/loud"))
    try sample.folder.write(Self.variant, to: "models/loud/manifest.json")
    try sample.folder.write("{}", to: "models/toy/config.json")
    try sample.folder.write("weights", to: "models/toy/model.safetensors")
    return sample
  }

  private func files(
    of name: String, _ sample: SampleCheckout, _ variables: [String: String] = [:]
  ) throws -> ModelFiles {
    let site = Site(
      root: sample.root, results: sample.results, cache: sample.cacheHome + "/zeroqat",
      environment: sample.environment.merging(variables) { $1 })
    var locator = AssetLocator(site)
    return try ModelFiles(of: name, catalog: Catalog(site), locator: &locator)
  }

  @Test func committedFilesNeedNoDownload() throws {
    let sample = try sample()
    let files = try files(of: "toy", sample)
    let folder = sample.folder.path("models/toy")
    #expect(files.assets.map(\.path) == ["\(folder)/config.json", "\(folder)/model.safetensors"])
    #expect(files.assets.allSatisfy { $0.origin == nil && $0.exists })
    let reference = try #require(files.reference)
    #expect(reference.name == "toy" && reference.path == folder && reference.outliers == nil)
    // The manifest and the model card aren't part of the model.
    try sample.folder.write("words", to: "models/toy/README.md")
    #expect(try self.files(of: "toy", sample).reference == reference)
  }

  @Test func wrongAndMissingFilesAreTold() throws {
    let sample = try sample()
    try sample.folder.write("weightS", to: "models/toy/model.safetensors")
    guard case .corrupt = try files(of: "toy", sample).assets[1].state else {
      Issue.record("a wrong byte went unnoticed")
      return
    }
    let bare = try SampleCheckout(model: Self.manifest("weights"))
    let files = try files(of: "toy", bare)
    #expect(files.reference == nil && files.assets.map(\.state) == [.missing, .missing])
    #expect(
      try Fixture(bare).plan().entries[0].state
        == .notRun("model toy isn't on this machine; ZEROQAT_TOY can name your copy"))
  }

  @Test func aVariantHasTheFilesOfItsModel() throws {
    let sample = try sample()
    let (toy, loud) = (try files(of: "toy", sample), try files(of: "loud", sample))
    #expect(loud.assets == toy.assets && loud.environment == "ZEROQAT_TOY")
    var expected = try #require(toy.reference)
    expected.name = "loud"
    expected.outliers = OutlierChannels(channels: [3], factor: 16)
    #expect(loud.reference == expected)
  }

  @Test func anotherTrainingIsUsedWhenTheUserNamesIt() throws {
    let sample = try sample()
    try makeFolder(sample.folder.path("mine"))
    try sample.folder.write("{ }", to: "mine/config.json")
    try sample.folder.write("other weights", to: "mine/model.safetensors")
    let mine = ["ZEROQAT_TOY": sample.folder.path("mine")]
    let files = try files(of: "loud", sample, mine)
    #expect(files.reference?.path == sample.folder.path("mine") && files.assets.isEmpty)
    #expect(files.reference?.digest != (try self.files(of: "loud", sample).reference?.digest))
  }

  @Test("An architecture that nothing describes is refused where the manifest names it")
  func unknownArchitecture() throws {
    let sample = try sample()
    try sample.folder.write(
      Self.variant.replacing("\"llama\"", with: "\"lama\""), to: "models/loud/manifest.json")
    let site = Site(
      root: sample.root, results: sample.results, cache: sample.cacheHome + "/zeroqat",
      environment: sample.environment)
    let known = try Catalog(site, architectures: ["llama", "opt"])
    #expect(try known.model("toy").architecture == "llama")
    let error = #expect(throws: JSONError.self) { try known.model("loud") }
    #expect(error?.pointer == "/architecture")
    #expect(error?.reason == "unknown architecture 'lama'; did you mean 'llama'?")
    // Whoever knows none takes any.
    #expect(try Catalog(site).model("loud").architecture == "lama")
  }

  @Test func aVariantOfNothingIsRefused() throws {
    let sample = try sample()
    try sample.folder.write(
      Self.variant.replacing("\"toy\"", with: "\"tyo\""), to: "models/loud/manifest.json")
    let error = #expect(throws: JSONError.self) { try files(of: "loud", sample) }
    #expect(error?.reason == "unknown model 'tyo'; did you mean 'toy'?")
  }
}
