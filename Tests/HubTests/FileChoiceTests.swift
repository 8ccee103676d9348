import Hub
import Testing

/// Which files of a repository a model needs.
@Suite struct FileChoiceTests {
  private func listing(_ names: [String]) -> HubListing {
    HubListing(
      commit: String(repeating: "a", count: 40),
      files: names.map { HubListing.File(path: $0, bytes: 1, blob: nil) })
  }

  private func chosen(_ names: [String], _ choice: FileChoice = FileChoice()) throws -> [String] {
    try choice.files(of: listing(names), id: "a/b").files.map(\.path)
  }

  @Test func safetensorsBeforePyTorchAndWholeBeforeParts() throws {
    let parts = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    let pickled = ["pytorch_model.bin", "pytorch_model.bin.index.json"]
    #expect(
      try chosen(["config.json", "model.safetensors", "model.safetensors.index.json"] + pickled)
        == ["config.json", "model.safetensors"])
    #expect(
      try chosen(["config.json", "model.safetensors.index.json"] + parts + pickled)
        == ["config.json", "model.safetensors.index.json"])
    #expect(try chosen(["config.json"] + parts + pickled) == ["config.json"] + parts)
    #expect(try chosen(["config.json"] + pickled) == ["config.json", "pytorch_model.bin"])
    #expect(
      try chosen(["config.json", "tf_model.h5", "flax_model.msgpack", "pytorch_model.bin"])
        == ["config.json", "pytorch_model.bin"])
  }

  @Test func smallFilesOfTheTokenizer() throws {
    let small = [
      "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
      "tokenizer.model", "vocab.json", "merges.txt", "special_tokens_map.json", "added_tokens.json",
    ]
    let all = small + ["README.md", ".gitattributes", "sub/config.json", "model.safetensors"]
    #expect(try chosen(all) == small + ["model.safetensors"])
    #expect(
      try chosen(all, FileChoice(exclude: ["tokenizer*"])).contains("tokenizer.json") == false)
  }

  @Test func whatIsNoModel() {
    func words(_ names: [String], _ choice: FileChoice = FileChoice()) -> String? {
      do {
        _ = try chosen(names, choice)
        return nil
      } catch { return "\(error)" }
    }
    #expect(
      words(["a.gguf", "b.gguf"])
        == "'a/b' has no config.json, so that it isn't a model in the hub's layout; --include 'a.gguf' fetches that file, one of 2"
    )
    #expect(
      words(["config.json", "tf_model.h5"])
        == "'a/b' has neither model.safetensors nor pytorch_model.bin, whole or in parts; --all fetches what there is"
    )
    #expect(
      words(["a", "b", "c", "d", "e"], FileChoice(include: ["*.bin", "x?"]))
        == "'a/b' has no file that is '*.bin' or 'x?'; it has 'a', 'b', 'c', 'd' and 1 more")
    #expect(
      words(["a"], FileChoice(exclude: ["*"], all: true)) == "'a/b' has no file that isn't excluded"
    )
  }

  @Test func indexesThatAreNone() {
    let index = HubListing.File(path: "model.safetensors.index.json", bytes: 1, blob: nil)
    for (text, reason) in [
      ("x", "it isn't JSON"), ("{}", "it has no \"weight_map\""),
      ("{\"weight_map\": {\"a\": 1}}", "its \"weight_map\" names something that is no file"),
      ("{\"weight_map\": {\"a\": \"b\"}}", "it names 'b', which the repository hasn't"),
    ] {
      #expect(throws: HubError.badIndex(path: index.path, reason: reason)) {
        try FileChoice().parts(named: Array(text.utf8), in: index, of: listing(["config.json"]))
      }
    }
  }
}
