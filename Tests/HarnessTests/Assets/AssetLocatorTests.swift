import Digests
import Harness
import JSONText
import Records
import System
import TestSupport
import Testing
import Vocabulary

@Suite struct AssetLocatorTests {
  static func locate(_ sample: SampleCheckout, _ variables: [String: String] = [:]) throws
    -> [Asset]
  {
    let site = Site(
      root: sample.root, results: sample.results, cache: sample.cacheHome + "/zeroqat",
      environment: sample.environment.merging(variables) { $1 })
    let catalog = try Catalog(site)
    var locator = AssetLocator(site)
    return try locator.files(of: catalog.model("toy"))
      + locator.files(of: catalog.dataset("verse"))
  }

  /// Looks for all files of the sample's table.
  static func plan(_ sample: SampleCheckout, _ variables: [String: String] = [:]) throws {
    let site = Site(
      root: sample.root, results: sample.results, cache: sample.cacheHome + "/zeroqat",
      environment: sample.environment.merging(variables) { $1 })
    let catalog = try Catalog(site)
    let registry = MethodRegistry(names: ["full-precision", "rtn", "odd"]) { _, _ in }
    _ = try CellResolver(
      catalog.grid(of: "sample", methods: registry), at: .small, catalog: catalog,
      protocolID: nil, blasCore: "Haswell", science: Fixture.science())
  }

  @Test func findsTheCache() throws {
    let sample = try SampleCheckout()
    let assets = try Self.locate(sample)
    #expect(
      assets.map(\.path) == [
        sample.cacheHome + "/zeroqat/models/toy/toy.gguf",
        sample.cacheHome + "/zeroqat/datasets/verse/verse.txt",
      ])
    #expect(
      assets[0].state
        == .present(digest: "b3782f71846a9c1a1239dcd5e1dddea79868fffd01f89b5ebce9dddc2a0b1337"))
    #expect(
      assets[0].line
        == [
          "model", "toy", "present", sample.cacheHome + "/zeroqat/models/toy/toy.gguf",
          "toy-model==1.0", "toy_model-1.0-*.whl", String(repeating: "a", count: 64),
          "toy_model/toy.gguf",
          "b3782f71846a9c1a1239dcd5e1dddea79868fffd01f89b5ebce9dddc2a0b1337",
        ].joined(separator: "\t"))
    #expect(
      assets[1].line.split(separator: "\t").map(String.init)[4...] == [
        "-", "-", "-", "-", "df1c02e9e0217a74657a5c209889a0e39bae39fceba0a54ed72f119c1d07a5f1",
      ])
  }

  @Test func aSplitModelIsDigestedWhole() throws {
    let sample = try SampleCheckout()
    let folder = try TemporaryFolder()
    var locator = AssetLocator(
      Site(
        root: sample.root, results: sample.results, cache: sample.cacheHome + "/zeroqat",
        environment: sample.environment))
    let names = ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"]
    for name in names { try folder.write(name, to: name) }
    let digests = try names.map { try DigestedFile(reading: folder.path($0)).digest }
    #expect(
      try locator.digest(ofModel: folder.path(names[0]))
        == ModelReference.digest(of: [(names[0], digests[0]), (names[1], digests[1])]))
    #expect(try locator.digest(ofModel: folder.path(names[1])) == digests[1])
  }

  @Test func missingFilesWouldGoToTheCache() throws {
    let sample = try SampleCheckout(isFetched: false)
    let assets = try Self.locate(sample)
    #expect(assets.map(\.state) == [.missing, .missing])
    #expect(assets[0].line.split(separator: "\t")[2] == "missing")
    #expect(assets[0].digest == assets[0].file.sha256)
  }

  @Test func theUsersOwnCopyWins() throws {
    let sample = try SampleCheckout()
    let weights = try sample.folder.write(SampleCheckout.weights, to: "mine.gguf")
    try makeFolder(sample.folder.path("texts"))
    let verse = try sample.folder.write(SampleCheckout.verse, to: "texts/verse.txt")
    let assets = try Self.locate(
      sample, ["ZEROQAT_TOY": weights, "ZEROQAT_VERSE": sample.folder.path("texts")])
    #expect(assets.map(\.path) == [weights, verse])
    // An empty variable is an unset one.
    #expect(try Self.locate(sample, ["ZEROQAT_TOY": ""])[0].path.hasPrefix(sample.cacheHome))
  }

  @Test func aVariableThatNamesNothingIsAnError() throws {
    let sample = try SampleCheckout()
    let error = #expect(throws: HarnessError.self) {
      try Self.locate(sample, ["ZEROQAT_TOY": "/no/such.gguf"])
    }
    #expect(
      error?.description == "ZEROQAT_TOY is set to '/no/such.gguf', which doesn't exist; "
        + "correct it or unset it")
  }

  @Test func wrongBytesAreNamed() throws {
    let sample = try SampleCheckout()
    let path = sample.cacheHome + "/zeroqat/models/toy/toy.gguf"
    try sample.folder.write("toy weightS\n", to: "cache/zeroqat/models/toy/toy.gguf")
    var state = try Self.locate(sample)[0].state
    guard case .corrupt(let digest) = state else {
      Issue.record("a wrong byte went unnoticed")
      return
    }
    #expect(
      digest.description == "'\(path)' has the wrong bytes: expected SHA-256 "
        + "b3782f71846a9c1a1239dcd5e1dddea79868fffd01f89b5ebce9dddc2a0b1337, found "
        + (try Harness.digest(ofFile: path)) + "; remove it and fetch it again")
    try sample.folder.write("toy", to: "cache/zeroqat/models/toy/toy.gguf")
    state = try Self.locate(sample)[0].state
    guard case .corrupt(let size) = state else {
      Issue.record("a cut file went unnoticed")
      return
    }
    #expect(
      size.description == "'\(path)' has the wrong size: expected 12 bytes, found 3; "
        + "remove it and fetch it again")
  }

  /// What a variable names is the user's own file: nobody should be told to remove it.
  @Test func wrongBytesOfTheUsersOwnCopyAreTheVariables() throws {
    let sample = try SampleCheckout()
    let weights = try sample.folder.write("toy weightS\n", to: "mine.gguf")
    try makeFolder(sample.folder.path("texts"))
    let verse = try sample.folder.write("short", to: "texts/verse.txt")
    let assets = try Self.locate(
      sample, ["ZEROQAT_TOY": weights, "ZEROQAT_VERSE": sample.folder.path("texts")])
    guard case .corrupt(let model) = assets[0].state, case .corrupt(let text) = assets[1].state
    else {
      Issue.record("wrong bytes went unnoticed")
      return
    }
    #expect(model.description.hasPrefix("'\(weights)' has the wrong bytes: expected SHA-256 b378"))
    #expect(model.description.hasSuffix("; ZEROQAT_TOY names it; correct or unset it"))
    #expect(
      text.description == "'\(verse)' has the wrong size: expected 62 bytes, found 5; "
        + "ZEROQAT_VERSE names it; correct or unset it")
  }

  /// What lies in the cache is another file than the one that the user named, even with the same bytes.
  @Test func aFolderThatIsNamedIsLookedAtAlone() throws {
    let sample = try SampleCheckout()
    try makeFolder(sample.folder.path("texts"))
    let asset = try Self.locate(sample, ["ZEROQAT_TOY": sample.folder.path("texts")])[0]
    #expect(asset.state == .missing && asset.path == sample.folder.path("texts/toy.gguf"))
    // Nothing is fetched into it.
    #expect(asset.origin == nil)
    let error = #expect(throws: HarnessError.self) {
      try Self.plan(sample, ["ZEROQAT_TOY": sample.folder.path("texts")])
    }
    #expect(
      error?.description
        == "ZEROQAT_TOY is set to '\(sample.folder.path("texts"))', where there is "
        + "no 'toy.gguf'; name the folder that has it or unset it")
  }

  /// Of several files of a text, those that lie in the folder aren't mixed with those in the cache.
  @Test func foldersArentMixed() throws {
    let sample = try SampleCheckout()
    let two = SampleCheckout.dataset.replacing(
      #""files": ["#, with: #""files": [{ "name": "other.txt" },"#
    ).replacing(
      #""test": [{"#, with: #""test": [{ "file": "other.txt" }, {"#)
    try sample.folder.write(two, to: "datasets/verse/manifest.json")
    try sample.folder.write("more\n", to: "cache/zeroqat/datasets/verse/other.txt")
    #expect(throws: Never.self) { try Self.plan(sample) }
    try makeFolder(sample.folder.path("texts"))
    let verse = try sample.folder.write(SampleCheckout.verse, to: "texts/verse.txt")
    let texts = sample.folder.path("texts")
    var error = #expect(throws: HarnessError.self) {
      try Self.plan(sample, ["ZEROQAT_VERSE": texts])
    }
    #expect(
      error?.description == "ZEROQAT_VERSE is set to '\(texts)', where there is no 'other.txt'; "
        + "name the folder that has it or unset it")
    error = #expect(throws: HarnessError.self) {
      try Self.plan(sample, ["ZEROQAT_VERSE": verse])
    }
    #expect(
      error?.description == "ZEROQAT_VERSE is set to '\(verse)', which isn't a folder; "
        + "name the folder that has all 2 files or unset it")
    try sample.folder.write("more\n", to: "texts/other.txt")
    #expect(throws: Never.self) { try Self.plan(sample, ["ZEROQAT_VERSE": texts]) }
  }

  @Test func wrongBytesInTheCheckoutAreGits() throws {
    let sample = try SampleCheckout()
    try sample.folder.write("toy weightS\n", to: "models/toy/toy.gguf")
    let site = Site(
      root: sample.root, results: sample.results, cache: "/nowhere", environment: [:])
    var manifest = try Catalog(site).model("toy")
    manifest.committed = true
    var locator = AssetLocator(site)
    guard case .corrupt(let error)? = try locator.files(of: manifest).first?.state else {
      Issue.record("a wrong byte went unnoticed")
      return
    }
    #expect(error.description.hasSuffix("; 'git restore' brings it back"))
  }

  @Test func findsAFolderInTheHubsCache() throws {
    let sample = try SampleCheckout()
    let hub = sample.folder.path("hf/hub/models--some--Model")
    try makeFolder(hub + "/refs")
    try makeFolder(hub + "/snapshots/abc")
    try writeDurably(Array("abc\n".utf8), to: hub + "/refs/main")
    try writeDurably(Array("{}".utf8), to: hub + "/snapshots/abc/config.json")
    let site = Site(
      root: sample.root, results: sample.results, cache: sample.cacheHome,
      environment: ["HF_HOME": sample.folder.path("hf")])
    let manifest = ModelManifest(
      name: "m", label: "M", architecture: .llama, licence: "x", hub: "some/Model",
      environment: "ZEROQAT_M", bos: .once)
    var locator = AssetLocator(site)
    #expect(try locator.hubFolder(of: manifest) == hub + "/snapshots/abc")
    let one = try locator.digest(ofFolder: hub + "/snapshots/abc") { _ in true }
    try writeDurably(Array("{}".utf8), to: hub + "/snapshots/abc/other.json")
    #expect(try locator.digest(ofFolder: hub + "/snapshots/abc") { _ in true } != one)
    #expect(try locator.digest(ofFolder: hub + "/snapshots/abc") { $0 == "config.json" } == one)
  }

  @Test(
    "The hub's own order of variables",
    arguments: [
      (
        ["HF_HUB_CACHE": "A", "HUGGINGFACE_HUB_CACHE": "B", "HF_HOME": "C", "XDG_CACHE_HOME": "D"],
        "A"
      ),
      (["HUGGINGFACE_HUB_CACHE": "B", "HF_HOME": "C", "XDG_CACHE_HOME": "D"], "B"),
      (["HF_HUB_CACHE": "", "HF_HOME": "C", "XDG_CACHE_HOME": "D"], "C/hub"),
      (["XDG_CACHE_HOME": "D"], "D/huggingface/hub"),
      ([:], "home/.cache/huggingface/hub"),
      (["HF_HUB_CACHE": "~/E"], "home/E"),
    ])
  func hubsVariables(variables: [String: String], expected: String) throws {
    let sample = try SampleCheckout()
    var environment = ["HOME": sample.folder.path("home")]
    for (name, value) in variables {
      environment[name] = value.isEmpty || value.hasPrefix("~") ? value : sample.folder.path(value)
    }
    // Every place holds the model, each its own commit.
    for place in ["A", "B", "C/hub", "D/huggingface/hub", "home/.cache/huggingface/hub", "home/E"] {
      let hub = sample.folder.path("\(place)/models--some--Model")
      try makeFolder(hub + "/refs")
      try makeFolder(hub + "/snapshots/abc")
      try writeDurably(Array("abc".utf8), to: hub + "/refs/main")
      try writeDurably(Array("{}".utf8), to: hub + "/snapshots/abc/config.json")
    }
    let locator = AssetLocator(
      Site(
        root: sample.root, results: sample.results, cache: sample.cacheHome,
        environment: environment))
    let manifest = ModelManifest(
      name: "m", label: "M", architecture: .llama, licence: "x", hub: "some/Model",
      environment: "ZEROQAT_M", bos: .once)
    #expect(
      try locator.hubFolder(of: manifest)
        == sample.folder.path("\(expected)/models--some--Model/snapshots/abc"))
  }

  @Test func aFolderWithoutAConfigurationIsNoModel() throws {
    let sample = try SampleCheckout()
    let site = Site(
      root: sample.root, results: sample.results, cache: "/nowhere",
      environment: ["ZEROQAT_M": sample.root])
    let manifest = ModelManifest(
      name: "m", label: "M", architecture: .llama, licence: "none", environment: "ZEROQAT_M",
      bos: .once)
    let error = #expect(throws: HarnessError.self) {
      try AssetLocator(site).hubFolder(of: manifest)
    }
    #expect(
      error?.description
        == "ZEROQAT_M is set to '\(sample.root)', where there is no config.json; "
        + "name the folder that has it or unset it")
  }

  @Test func anOwnFolderThatLacksAFileIsNamed() throws {
    let sample = try SampleCheckout(isFetched: false)
    let error = #expect(throws: HarnessError.self) {
      try Self.plan(sample, ["ZEROQAT_VERSE": sample.root])
    }
    #expect(
      error?.description == "ZEROQAT_VERSE is set to '\(sample.root)', where there is no "
        + "'verse.txt'; name the folder that has it or unset it")
  }

  @Test func theRealManifestsNameRealFiles() throws {
    let root = #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }
    let site = Site(root: root, results: "/r", cache: "/nowhere", environment: [:])
    let catalog = try Catalog(site)
    var locator = AssetLocator(site)
    let model = try locator.files(of: catalog.model("smollm2-135m-instruct"))
    #expect(
      model.map(\.path)
        == ["/nowhere/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"])
    #expect(try locator.files(of: catalog.dataset("books")).count == 4)
  }
}
