import Checkpoints
import JSONText
import Tensors
import TestSupport
import Testing
import Transformers
import Vocabulary

/// What follows from a family's description alone.
@Suite struct FamilyTests {
  static let names = ["llama_gqa_untied", "opt_preln", "qwen3", "gemma3", "phi3", "smollm3"]

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

  @Test("Gemma 3's spellings: the pattern or the list, rotary positions flat or by kind of block")
  func gemma() throws {
    let flat = try configuration(
      "gemma3_text",
      #", "sliding_window_pattern": 3, "sliding_window": 5, "rope_theta": 500.0, "#
        + #""rope_local_base_freq": 50.0, "rope_scaling": {"rope_type": "linear", "factor": 4.0}"#)
    let kinds = (0..<8).map { $0 % 3 == 2 ? #""full_attention""# : #""sliding_attention""# }
    let nested = try configuration(
      "gemma3_text",
      #", "layer_types": ["# + kinds.joined(separator: ",") + #"], "sliding_window": 5, "#
        + #""rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 4.0, "#
        + #""rope_theta": 500.0}, "sliding_attention": {"rope_type": "default", "rope_theta": 50.0}}"#
    )
    #expect(flat == nested)
    #expect((0..<8).map { flat.reach(ofBlock: $0) } == [5, 5, nil, 5, 5, nil, 5, 5])
    #expect(flat.windowRotaryBase == 50 && flat.rotaryBase == 500 && flat.attentionScale == 0.0625)
    #expect(flat.embeddingScale == Float(8).squareRoot() && flat.tiesHead)
    #expect(try configuration("gemma3_text", "").reach(ofBlock: 5) == nil)
    #expect(try configuration("gemma3_text", "").reach(ofBlock: 6) == 4096)
    #expect(
      complaint("gemma3_text", #", "final_logit_softcapping": 30.0"#)
        == "/final_logit_softcapping: 'final_logit_softcapping' isn't read for model_type "
        + "\"gemma3_text\", and may change numbers")
    #expect(
      complaint("gemma3_text", #", "hidden_activation": "silu""#)
        == "/hidden_activation: expected \"gelu_pytorch_tanh\", found \"silu\"")
    #expect(
      complaint(
        "gemma3_text",
        #", "rope_parameters": {"full_attention": {}, "sliding_attention": {"rope_type": "yarn", "#
          + #""factor": 2}}"#)
        == "/rope_parameters/sliding_attention/rope_type: expected \"default\", found \"yarn\"")
    #expect(
      complaint("gemma3_text", #", "rope_parameters": {"full_attention": {}, "factor": 2}"#)
        == "/rope_parameters/factor: expected 'full_attention' and 'sliding_attention', each with its own "
        + "members; this one isn't read, and may change numbers")
    #expect(
      complaint("gemma3_text", #", "sliding_window_pattern": 0"#)
        == "/sliding_window_pattern: expected a count of at least 1, found 0")
  }

  @Test("Phi-3's positions of long texts are refused, its window is read")
  func phi() throws {
    #expect(try configuration("phi3", #", "sliding_window": 7"#).reach(ofBlock: 7) == 7)
    #expect(try configuration("phi3", "").reach(ofBlock: 0) == nil)
    #expect(
      complaint("phi3", #", "rope_scaling": {"type": "longrope", "short_factor": [1]}"#)
        == "/rope_scaling/type: expected \"default\", found \"longrope\"")
    #expect(
      complaint("phi3", #", "partial_rotary_factor": 0.75"#)
        == "/partial_rotary_factor: expected 1, found 0.75: a phi3 model of that kind isn't computed here"
    )
  }

  @Test("SmolLM3's blocks without rotation: by list, or every fourth")
  func smolLM() throws {
    #expect(try configuration("smollm3", "").unrotatedBlocks == [3, 7])
    #expect(
      try configuration("smollm3", #", "no_rope_layers": [0, 1, 1, 0, 1, 1, 1, 1, 1, 0]"#)
        .unrotatedBlocks == [0, 3])
    #expect(
      complaint("smollm3", #", "no_rope_layers": [0, 1]"#)
        == "/no_rope_layers: expected an array of at least 8 numbers, 0 or 1")
    #expect(
      complaint("smollm3", #", "no_rope_layers": [0, 1, 1, 2, 1, 1, 1, 1]"#)
        == "/no_rope_layers/3: expected 0 or 1")
    #expect(
      complaint("smollm3", #", "use_sliding_window": true"#)
        == "/use_sliding_window: expected false, found true: a smollm3 model of that kind isn't computed here"
    )
  }
}
