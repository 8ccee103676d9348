import Harness
import System
import TestSupport
import Testing

/// Where a model is that somebody names.
@Suite struct ModelPlaceTests {
  private let sample: SampleCheckout
  private let site: Site

  init() throws {
    sample = try SampleCheckout()
    site = Site(
      root: sample.root, results: sample.results, cache: sample.cacheHome,
      environment: ["HOME": sample.folder.path("home"), "HF_HOME": sample.folder.path("hf")])
  }

  private func place(_ argument: String) throws(ModelPlaceError) -> ModelPlace {
    try ModelPlace(argument, from: sample.root, site, models: ["toy"])
  }

  private func folder(_ name: String, holding files: String...) throws {
    try makeFolder(sample.folder.path(name))
    for file in files { try sample.folder.write("{}", to: "\(name)/\(file)") }
  }

  @Test func aNameOfAManifestIsDescribed() throws {
    for argument in ["toy", "models/toy", "./models/toy/", sample.root + "/models/../models/toy"] {
      #expect(try place(argument) == .described(name: "toy"))
    }
  }

  /// A folder that holds a model is that model, whatever it is called.
  @Test func aFolderWithAModelIsThatModel() throws {
    try folder("toy", holding: "config.json")
    #expect(try place("toy") == .undescribed(path: sample.root + "/toy", name: "toy"))
    try folder("models/toy", holding: "config.json")
    #expect(
      try place("models/toy/") == .undescribed(path: sample.root + "/models/toy", name: "toy"))
  }

  @Test func aFileIsAModelByItsEnding() throws {
    try folder("weights", holding: "a.gguf", "model.safetensors")
    let path = sample.root + "/weights"
    #expect(try place("weights/a.gguf") == .undescribed(path: path + "/a.gguf", name: "a.gguf"))
    #expect(throws: ModelPlaceError.noModelFile(path: path + "/model.safetensors", folder: nil)) {
      try place("weights/model.safetensors")
    }
    #expect(throws: ModelPlaceError.noConfiguration(folder: path, gguf: ["a.gguf"], below: [])) {
      try place("weights")
    }
  }

  @Test func anIdIsLookedForInTheHubsCache() throws {
    let hub = sample.folder.path("hf/hub")
    try folder("hf/hub/models--some--Model/snapshots/abc", holding: "config.json")
    try folder("hf/hub/models--some--Model/refs")
    #expect(
      throws: ModelPlaceError.noMainBranch(
        id: "some/Model", folder: hub + "/models--some--Model")
    ) { try place("some/Model") }
    try sample.folder.write("abc\n", to: "hf/hub/models--some--Model/refs/main")
    let snapshot = hub + "/models--some--Model/snapshots/abc"
    #expect(try place("some/Model") == .undescribed(path: snapshot, name: "some/Model"))
    #expect(HubCache(site.environment).models == ["some/Model"])
    #expect(HubCache(site.environment).words == "'\(hub)' (HF_HOME)")
    // As huggingface_hub reads them.
    for (value, expected) in [
      ("$ROOT/x", "/r/x/hub"), ("${ROOT}s/$ROOT", "/rs//r/hub"), ("~/$NONE", "/h/$NONE/hub"),
      ("$HOME", "/h/hub"), ("a$", "a$/hub"),
    ] {
      let cache = HubCache(["HF_HOME": value, "ROOT": "/r", "HOME": "/h"])
      #expect(cache.path == expected)
    }
    let error = #expect(throws: ModelPlaceError.self) { try place("some/Modle") }
    #expect(error?.description.hasSuffix("did you mean 'some/Model'?") == true)
  }

  @Test(arguments: ["a/b/c", "./some/Model", "Model.gguf", "~/Model", "/nowhere/Model"])
  func whatCantBeAnIdIsAPath(argument: String) throws {
    #expect(throws: ModelPlaceError.nothingThere(path: argument, nearest: nil)) {
      try place(argument)
    }
  }

  @Test(arguments: ["", "/", "//"]) func nothingIsNoModel(argument: String) throws {
    #expect(throws: ModelPlaceError.self) { try place(argument) }
  }
}
