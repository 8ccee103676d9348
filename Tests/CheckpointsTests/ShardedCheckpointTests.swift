import Checkpoints
import TestSupport
import Testing

@Suite struct ShardedCheckpointTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try SafetensorsWriter.write(
      [("a", [2], [1, 2]), ("extra", [1], [9])], to: folder.path("one.safetensors"))
    try SafetensorsWriter.write([("b", [1], [3])], to: folder.path("two.safetensors"))
  }

  /// What opening an index says, after its path.
  private func complaint(_ index: String) throws -> String {
    let path = try folder.write(index, to: "model.safetensors.index.json")
    do {
      _ = try openCheckpoint(at: path)
      return "opened"
    } catch {
      return String(error.description.dropFirst(path.utf8.count))
    }
  }

  @Test(arguments: ["opt_preln", "llama_gqa_untied"])
  func shardsHoldWhatTheSingleFileHolds(name: String) throws {
    let single = try Vectors.safetensors("model/\(name)/model")
    let sharded = try openCheckpoint(at: Vectors.path("model/\(name)/sharded"))
    #expect(sharded is ShardedCheckpoint)
    #expect(Set(sharded.tensors.map(\.name)) == Set(single.tensors.map(\.name)))
    for tensor in single.tensors {
      #expect(sharded.descriptor(of: tensor.name) == tensor)
      expectClose(
        try sharded.read(tensor.name), try single.read(tensor.name), .exact, shape: tensor.shape,
        tensor.name)
    }
  }

  @Test func readsByTheIndex() throws {
    let path = try folder.write(
      #"{"weight_map":{"b":"two.safetensors","a":"one.safetensors"}}"#,
      to: "model.safetensors.index.json")
    let model = try openCheckpoint(at: folder.path)
    #expect(model.path == path)
    // The last is in a shard, but not in the index: whoever reads the model has to account for it.
    #expect(model.tensors.map(\.name) == ["b", "a", "extra"])
    #expect(try model.read("a") == [1, 2])
    #expect(try model.read("b") == [3])
    #expect(try model.read("extra") == [9])
    let error = #expect(throws: CheckpointError.self) { try model.read("other") }
    #expect(error?.kind == .missing)
    #expect(error?.place == .tensor("other"))
  }

  @Test func aTensorInTwoShards() throws {
    try SafetensorsWriter.write([("a", [2], [8, 8])], to: folder.path("three.safetensors"))
    let index =
      #"{"weight_map":{"a":"one.safetensors","extra":"one.safetensors","b":"two.safetensors"#
    #expect(try complaint(index + #""}}"#) == "opened")
    try SafetensorsWriter.write(
      [("b", [1], [3]), ("a", [2], [8, 8])], to: folder.path("two.safetensors"))
    let path = try folder.write(index + #""}}"#, to: "model.safetensors.index.json")
    let error = #expect(throws: CheckpointError.self) { try openCheckpoint(at: path) }
    #expect(
      error?.description
        == "\(folder.path("two.safetensors")): tensor 'a': error: expected it in one shard, "
        + "found it in '\(folder.path("one.safetensors"))' as well")
  }

  @Test func shardsWithoutAnIndex() throws {
    try SafetensorsWriter.write(
      [("a", [2], [1, 2])], to: folder.path("model-00001-of-00002.safetensors"))
    let missing = #expect(throws: CheckpointError.self) { try openCheckpoint(at: folder.path) }
    #expect(
      missing?.description
        == "\(folder.path("model.safetensors.index.json")): error: there is no such file, so all of 2 "
        + "parts are read; found no part 2")
    try SafetensorsWriter.write(
      [("b", [1], [3])], to: folder.path("model-00002-of-00002.safetensors"))
    let model = try openCheckpoint(at: folder.path)
    #expect(model.tensors.map(\.name) == ["a", "b"])
    #expect(try model.read("b") == [3])
  }

  @Test func oneOfOne() throws {
    try SafetensorsWriter.write(
      [("a", [2], [1, 2])], to: folder.path("model-00001-of-00001.safetensors"))
    #expect(try openCheckpoint(at: folder.path).read("a") == [1, 2])
  }

  @Test func whatAFolderHoldsInstead() throws {
    let other = try TemporaryFolder()
    func complaint() -> String {
      do {
        _ = try openCheckpoint(at: other.path)
        return "opened"
      } catch { return String(error.description.dropFirst(other.path.utf8.count)) }
    }
    let neither =
      ": error: the folder holds none of model.safetensors, pytorch_model.bin, and the index of "
      + "either's parts"
    #expect(complaint() == neither)
    try other.write("x", to: "weights.safetensors")
    #expect(
      complaint() == neither + "; is 'weights.safetensors' what should have one of these names?")
    try other.write("x", to: "model.gguf")
    #expect(complaint() == neither + "; to use 'model.gguf', name that file")
    try other.write("{}", to: "adapter_config.json")
    #expect(
      complaint() == neither + "; it is an adapter: merge it into its base model and save that")
  }

  @Test func aSingleFileComesBeforeAnIndex() throws {
    try folder.write("not JSON", to: "model.safetensors.index.json")
    try SafetensorsWriter.write([("x", [1], [5])], to: folder.path("model.safetensors"))
    #expect(try openCheckpoint(at: folder.path + "/").read("x") == [5])
  }

  @Test func missingShard() throws {
    #expect(
      try complaint(
        "{\"weight_map\": {\n  \"a\": \"one.safetensors\",\n  \"c\": \"three.safetensors\"}}")
        == ":3:8: error: the shard 'three.safetensors' isn't beside the index\n  = at /weight_map/c"
    )
  }

  @Test func tensorInAnotherShardOrNone() throws {
    #expect(
      try complaint(#"{"weight_map": {"b":"two.safetensors","a":"two.safetensors"}}"#)
        == ":1:43: error: 'two.safetensors' holds no tensor 'a'\n  = at /weight_map/a")
    #expect(
      try complaint(#"{"weight_map": {"a":"one.safetensors","extra":"two.safetensors"}}"#)
        == ":1:47: error: 'two.safetensors' holds no tensor 'extra'; "
        + "'\(folder.path("one.safetensors"))' does\n  = at /weight_map/extra")
    #expect(
      try complaint(#"{"weight_map": {"extro":"one.safetensors"}}"#)
        == ":1:25: error: 'one.safetensors' holds no tensor 'extro'; did you mean 'extra'?"
        + "\n  = at /weight_map/extro")
  }

  @Test func malformedIndex() throws {
    #expect(
      try complaint("{}") == ":1:1: error: missing required member 'weight_map'")
    #expect(
      try complaint(#"{"weight_map": []}"#)
        == ":1:16: error: expected an object that maps tensors to files\n  = at /weight_map")
    #expect(
      try complaint(#"{"weight_map": {"a": 1}}"#)
        == ":1:22: error: expected the name of a file beside the index\n  = at /weight_map/a")
    // Out of the folder, even where there is such a file.
    #expect(
      try complaint(#"{"weight_map": {"a": "../one.safetensors"}}"#)
        == ":1:22: error: expected the name of a file beside the index\n  = at /weight_map/a")
    #expect(try complaint("{\n  \"weight_map\": {]}").hasPrefix(":2:18: error: "))
    #expect(
      try complaint(#"{"weight_map": {"a":"one.safetensors","a":"one.safetensors"}}"#)
        .hasPrefix(":1:39: error: "))
  }

  @Test func aBadShardNamesItself() throws {
    try folder.write([1, 2, 3], to: "three.safetensors")
    let path = try folder.write(
      #"{"weight_map": {"c": "three.safetensors"}}"#, to: "model.safetensors.index.json")
    let error = #expect(throws: CheckpointError.self) { try openCheckpoint(at: path) }
    #expect(error?.path == folder.path("three.safetensors"))
    #expect(error?.kind == .truncated)
  }
}
