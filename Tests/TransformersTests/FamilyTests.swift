import Checkpoints
import JSONText
import Tensors
import TestSupport
import Testing
import Transformers
import Vocabulary

/// What follows from a family's description alone.
@Suite struct FamilyTests {
  static let names = ["llama_gqa_untied", "opt_preln", "qwen3"]

  private func configuration(_ type: String, _ members: String) throws -> ModelConfiguration {
    let text = """
      {"model_type": "\(type)", "vocab_size": 9, "hidden_size": 8, "num_hidden_layers": 8,
       "num_attention_heads": 2, "num_key_value_heads": 2, "intermediate_size": 4, "head_dim": 4
       \(members)}
      """
    return try ModelConfiguration(
      hubConfiguration: JSONDocument(text: Array(text.utf8), file: "config.json"))
  }

  private func complaint(_ type: String, _ members: String) -> String {
    let error = #expect(throws: JSONError.self) { try configuration(type, members) }
    return error.map { "\($0.pointer): \($0.reason)" } ?? ""
  }

  /// Norms lie in arrays in the order of their kinds, so none may be left out before another.
  @Test("Norms of every architecture are the first of all kinds", arguments: Architecture.described)
  func norms(architecture: Architecture) throws {
    let norms = try #require(architecture.parts).norms
    #expect(norms == Array(NormKind.allCases.prefix(norms.count)))
  }

  @Test("A synthetic checkpoint of each opens, with gains of 1, and computes", arguments: names)
  func synthetic(name: String) throws {
    let folder = try TemporaryFolder()
    let text = String(
      decoding: try TemporaryFolder.bytes(of: Vectors.path("model/\(name)/config.json")),
      as: UTF8.self)
    try folder.write(
      text.replacing("{\n", with: "{\"synthetic_seed\": 3,\n", maxReplacements: 1),
      to: "config.json")
    let source = try ModelSource(path: folder.path(""))
    let c = source.configuration
    for kind in c.norms {
      let gain = try source.norm(kind, block: 1).gain
      #expect(gain == [Float](repeating: 1, count: c.channels(of: kind)))
    }
    let dense = try DenseParameters(source: source)
    // Linears that lie in one tensor are different pieces of it.
    #expect(
      dense.matrix(LinearID(block: 0, kind: .key)).row(0)[0]
        != dense.matrix(LinearID(block: 0, kind: .value)).row(0)[0])
    let transformer = Transformer(
      configuration: c, frame: try source.frame(precision: .single))
    let losses = try transformer.negativeLogLikelihood(
      [1, 2, 3, 4, 5, 6, 7, 8], windowTokens: 8, operators: dense)
    #expect(losses.allSatisfy { $0.isFinite } && losses[0] > 0)
  }

  @Test(
    "Values in memory take the place of the file's, in tensors that join several, too",
    arguments: names)
  func replaced(name: String) throws {
    let source = try ModelSource(path: Vectors.path("model/\(name)"))
    let values = try ModelValues(source)
    let id = LinearID(block: 1, kind: .value)
    values.weights[id]?.row(2)[1] = 7
    values.norms[0][0].gain.pointer[3] = 5
    let other = source.replaced(by: values)
    let dense = try DenseParameters(source: other)
    #expect(dense.matrix(id).row(2)[1] == 7)
    #expect(dense.norm(.attention, block: 0).gain.elements[3] == 5)
    let up = LinearID(block: 0, kind: .up)
    #expect(dense.matrix(up).elements == (try DenseParameters(source: source)).matrix(up).elements)
  }

  @Test("A GGUF file of the same model gives the same logits to the last bit", arguments: ["qwen3"])
  func gguf(name: String) throws {
    let ids = try Vectors.safetensors("model/\(name)/expected").readIntegers("input_ids")
    let logits = try ["", "/model.gguf"].map { file in
      let source = try ModelSource(path: Vectors.path("model/\(name)") + file)
      #expect(source.configuration.architecture.rawValue == name)
      let transformer = Transformer(
        configuration: source.configuration, frame: try source.frame(precision: .single))
      return try transformer.logits(
        ids, windowTokens: 17, operators: DenseParameters(source: source)
      ).elements
    }
    #expect(logits[0] == logits[1])
  }
}
