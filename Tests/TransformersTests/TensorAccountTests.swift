import Checkpoints
import Tensors
import TestSupport
import Testing
import Transformers

/// Every tensor of a checkpoint is read, harmless by name, or refused.
@Suite("Tensors are accounted for")
struct TensorAccountTests {
  private let fixture: CellFixture
  private let path: String

  init() throws {
    fixture = try CellFixture()
    path = fixture.folder.path("model")
  }

  /// Writes the fixture's tensors, changed; `members` go into its configuration.
  private func write(
    _ members: String = "", _ change: (inout [SafetensorsWriter.Tensor]) -> Void
  ) throws {
    var tensors = CellFixture.tensors()
    change(&tensors)
    try SafetensorsWriter.write(tensors, to: path + "/model.safetensors")
    guard !members.isEmpty else { return }
    let bytes = try TemporaryFolder.bytes(of: path + "/config.json")
    let text = String(decoding: bytes, as: UTF8.self)
    let tied = text.split(separator: "\"tie_word_embeddings\": false")
    try fixture.folder.write(tied.joined(separator: members), to: "model/config.json")
  }

  private func complaint() -> String {
    do {
      _ = try ModelSource(path: path)
      return "opened"
    } catch { return "\(error)" }
  }

  private static let tied = "\"tie_word_embeddings\": true"

  @Test("A bias that no configuration names")
  func bias() throws {
    try write {
      $0.append(("model.layers.1.self_attn.o_proj.bias", [32], [Float](repeating: 1, count: 32)))
    }
    #expect(
      complaint()
        == "\(path)/model.safetensors: tensor 'model.layers.1.self_attn.o_proj.bias': error: nothing in "
        + "this llama model reads it, so numbers would be wrong; does config.json lack "
        + "\"attention_bias\": true?")
  }

  @Test("Anything else in a block, and how much more there is")
  func block() throws {
    try write {
      $0.append(("model.layers.0.self_attn.q_norm.weight", [8], [Float](repeating: 1, count: 8)))
      $0.append(("model.layers.2.input_layernorm.weight", [32], [Float](repeating: 1, count: 32)))
    }
    #expect(
      complaint()
        == "\(path)/model.safetensors: tensor 'model.layers.0.self_attn.q_norm.weight': error: nothing in "
        + "this llama model reads it, so numbers would be wrong; does config.json name another number of "
        + "layers or another architecture? (nor 1 more, such as 'model.layers.2.input_layernorm.weight')"
    )
  }

  @Test("Tables that are computed anew are passed over, of whatever type")
  func harmless() throws {
    try write {
      $0.append(("model.layers.0.self_attn.rotary_emb.inv_freq", [4], [9, 9, 9, 9]))
      $0.append(("model.rotary_emb.inv_freq", [4], [9, 9, 9, 9]))
    }
    #expect(complaint() == "opened")
  }

  @Test(
    "A quantized checkpoint is known by its tensors as well",
    arguments: [
      ("qweight", "gptq or awq"), ("weight_packed", "compressed-tensors"),
      ("weight.absmax", "bitsandbytes"), ("SCB", "bitsandbytes"), ("weight_scale_inv", "fp8"),
    ])
  func quantized(name: String, by: String) throws {
    try write { tensors in
      tensors.removeAll { $0.name == "model.layers.0.mlp.up_proj.weight" }
      tensors.append(("model.layers.0.mlp.up_proj.\(name)", [2], [1, 2]))
    }
    #expect(
      complaint()
        == "\(path)/model.safetensors: tensor 'model.layers.0.mlp.up_proj.\(name)': error: expected weights "
        + "as they were trained, found a checkpoint that is quantized already, by \(by); name the model "
        + "that it was made from")
  }

  @Test("A head beside a tied embedding: used where it differs, with a note")
  func looseHead() throws {
    try write(Self.tied) { _ in }
    let source = try ModelSource(path: path)
    #expect(!source.configuration.tiesHead)
    #expect(
      source.notes == [
        "the head is lm_head.weight, which differs from the embedding although the configuration ties the "
          + "two"
      ])
    let head = try #require(CellFixture.tensors().first { $0.name == "lm_head.weight" })
    let table = try #require(try source.frame(precision: .single).head as? SingleTable)
    #expect(table.matrix.elements == head.values)
  }

  @Test("A head that is the embedding once more")
  func sameHead() throws {
    try write(Self.tied) { tensors in
      let embedding = tensors.first { $0.name == "model.embed_tokens.weight" }
      tensors.removeAll { $0.name == "lm_head.weight" }
      tensors.append(("lm_head.weight", [260, 32], embedding?.values ?? []))
    }
    let source = try ModelSource(path: path)
    #expect(source.configuration.tiesHead && source.notes.isEmpty)
  }

  @Test("Names as peft wraps them are told as such")
  func wrapped() throws {
    try write("\"tie_word_embeddings\": false") { tensors in
      for index in tensors.indices {
        tensors[index].name = "base_model.model." + tensors[index].name
      }
    }
    #expect(
      complaint().hasSuffix(
        "; all of them are named as peft names a wrapped model's: merge the adapter, unload it and save that"
      ))
  }

  @Test("An adapter beside the weights isn't applied, which is said")
  func adapter() throws {
    try fixture.folder.write("{}", to: "model/adapter_config.json")
    #expect(
      try ModelSource(path: fixture.folder.path("model")).notes == [
        "adapter_config.json lies beside the weights; the adapter isn't applied, the weights are read as they are"
      ])
  }

  @Test("A tied file that kept the head's name alone")
  func headAlone() throws {
    try write(Self.tied) { tensors in
      tensors.removeAll { $0.name == "model.embed_tokens.weight" }
    }
    let source = try ModelSource(path: path)
    #expect(source.configuration.tiesHead)
    let head = try #require(CellFixture.tensors().first { $0.name == "lm_head.weight" })
    let table = try #require(try source.frame(precision: .single).embedding as? SingleTable)
    #expect(table.matrix.elements == head.values)
  }

  @Test("An untied file without an embedding is refused")
  func noEmbedding() throws {
    try write { $0.removeAll { $0.name == "model.embed_tokens.weight" } }
    #expect(
      complaint().contains("tensor 'model.embed_tokens.weight': error: there is no such tensor"))
  }

  @Test(
    "Wrapped and bare names lead to the same numbers",
    arguments: [
      "_orig_mod.", "module.", "module._orig_mod.", "bare", "inner",
    ])
  func names(prefix: String) throws {
    let before = try DenseParameters(source: ModelSource(path: path)).weights
    try write { tensors in
      for index in tensors.indices {
        let name = tensors[index].name
        let parts = name.split(separator: ".")
        switch prefix {
        case "bare": if name.hasPrefix("model.") { tensors[index].name = String(name.dropFirst(6)) }
        case "inner":
          if name.hasPrefix("model.layers.") {
            tensors[index].name =
              (parts[..<3] + ["_orig_mod"] + parts[3...]).joined(separator: ".")
          }
        default: tensors[index].name = prefix + name
        }
      }
    }
    let after = try DenseParameters(source: ModelSource(path: path)).weights
    #expect(before.count == after.count)
    #expect((0..<before.count).allSatisfy { before.pointer[$0] == after.pointer[$0] })
  }

  @Test("One tensor under two names")
  func twice() throws {
    try write { $0.append(("norm.weight", [32], [Float](repeating: 1, count: 32))) }
    #expect(
      complaint()
        == "\(path)/model.safetensors: tensor 'norm.weight': error: expected one 'model.norm.weight', found "
        + "'model.norm.weight' as well")
  }
}
