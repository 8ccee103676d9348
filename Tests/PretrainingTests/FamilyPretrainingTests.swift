import Checkpoints
import JSONText
import Pretraining
import Tensors
import TestSupport
import Testing
import Transformers

/// A fresh model of every family that is described.
@Suite struct FamilyPretrainingTests {
  static let families = FreshFamily.allCases.map(\.rawValue)

  @Test("It learns, with one tape as with many, and the hub's files hold it", arguments: families)
  func learns(family: String) throws {
    let run = try RecipeFixture(RecipeFixture.recipe(family))
    try run.train(to: "out")
    let lines = try TemporaryFolder.bytes(of: run.folder.path("out/dev-loss.jsonl"))
    let losses = try lines.split(separator: UInt8(ascii: "\n")).map {
      try JSONDocument(text: Array($0), file: "dev-loss.jsonl").decode(EvaluationRecord.self)
        .devLoss
    }
    // From the logarithm of 260.
    let (first, last) = (try #require(losses.first), try #require(losses.last))
    #expect(first < 5.5 && last < 0.9 * first, "\(losses)")
    try run.folder.write(
      RecipeFixture.recipe(
        family, replacing: [(#""recomputation": "none""#, #""recomputation": "blocks""#)]),
      to: "recipe.json")
    try run.train(to: "recomputed")
    #expect(
      try run.files(in: "recomputed")["model.safetensors"]
        == run.files(in: "out")["model.safetensors"])

    let source = try ModelSource(path: run.folder.path("out"))
    let frame = try source.frame(precision: .single)
    let tensors = TrainableTensor.all(
      of: Transformer(configuration: source.configuration, frame: frame),
      DenseOperators(try DenseParameters(source: source)),
      FrameGradients(frame, tiesHead: source.configuration.tiesHead))
    let state = try SafetensorsFile(run.folder.path("out/state.safetensors"))
    #expect(state.tensors.count == 3 * tensors.count)
    for tensor in tensors {
      // Half precision rounds to 2⁻¹¹ of a number.
      let comparison = Comparison(
        tensor.value.elements, with: try state.read(tensor.name), within: .relativeToLargest(5e-4))
      #expect(comparison.isWithin, "\(tensor.name): \(comparison)")
    }
  }

  @Test("A head of a size of its own, and a window")
  func shapes() throws {
    let run = try RecipeFixture(
      RecipeFixture.recipe(
        "phi3",
        replacing: [
          ("\"keyHeads\": 2,", "\"keyHeads\": 2, \"headSize\": 6, \"slidingWindow\": 5,"),
          ("\"heads\": 4", "\"heads\": 6"),
        ]))
    try run.train(to: "out", steps: 2)
    let c = try ModelSource(path: run.folder.path("out")).configuration
    #expect(c.headSize == 6 && c.heads == 6 && c.channels == 32 && c.reach(ofBlock: 1) == 5)
    let gemma = try RecipeFixture(RecipeFixture.recipe("gemma3_text"))
    try gemma.train(to: "out", steps: 1)
    let other = try ModelSource(path: gemma.folder.path("out")).configuration
    #expect(other.headSize == 8 && other.attentionDivisor == 8 && other.reach(ofBlock: 0) == 8)
    let mistral = try RecipeFixture(RecipeFixture.recipe("mistral"))
    try mistral.train(to: "out", steps: 1)
    #expect(
      try ModelSource(path: mistral.folder.path("out")).configuration.reach(ofBlock: 0) == nil)
  }

  /// What other programs read of a model that was made here is frozen.
  @Test("The configuration's text")
  func configuration() throws {
    func text(_ family: String, _ shape: ModelShape) throws -> String {
      let fresh = try #require(FreshFamily(rawValue: family))
      return try jsonText(of: fresh.hubConfiguration(shape), style: .compact)
    }
    var shape = ModelShape(
      vocabulary: 260, channels: 32, blocks: 2, heads: 4, keyHeads: 2, feedForward: 48,
      positions: 64, tiesHead: true, rotaryBase: 10000, normEpsilon: 1e-5)
    let start = #""vocab_size":260,"hidden_size":32,"num_hidden_layers":2,"num_attention_heads":4,"#
    #expect(
      try text("llama", shape)
        == #"{"architectures":["LlamaForCausalLM"],"model_type":"llama","# + start
        + #""max_position_embeddings":64,"tie_word_embeddings":true,"num_key_value_heads":2,"#
        + #""intermediate_size":48,"hidden_act":"silu","rope_theta":10000.0,"rms_norm_eps":1e-05,"#
        + #""torch_dtype":"float16"}"#)
    (shape.keyHeads, shape.rotaryBase, shape.normEpsilon) = (nil, nil, nil)
    #expect(
      try text("opt", shape)
        == #"{"architectures":["OPTForCausalLM"],"model_type":"opt","# + start
        + #""max_position_embeddings":64,"tie_word_embeddings":true,"word_embed_proj_dim":32,"#
        + #""ffn_dim":48,"activation_function":"relu","do_layer_norm_before":true,"#
        + #""enable_bias":true,"torch_dtype":"float16"}"#)
  }
}
