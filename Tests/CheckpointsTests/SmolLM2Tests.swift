import Checkpoints
import TestSupport
import Testing

/// The real file: what its publisher's metadata says, and weights dequantized independently.
@Suite(.needsSmolLM2) struct SmolLM2Tests {
  let file: GGUFFile

  init() throws { file = try GGUFFile(try #require(TestData.smolLM2)) }

  @Test func tensorsAndParameters() throws {
    #expect(file.tensors.count == 272)
    #expect(file.tensors.reduce(0) { $0 + $1.elementCount } == 134_515_008)
    let counts = Dictionary(grouping: file.tensors, by: \.type).mapValues(\.count)
    #expect(counts == [.q8_0: 1, .q4_1: 210, .f32: 61])
    try file.requireTensor("token_embd.weight", shape: [49152, 576])
    try file.requireTensor("output_norm.weight", shape: [576])
    #expect(file.descriptor(of: "output.weight") == nil)
    for block in 0..<30 {
      let prefix = "blk.\(block)."
      for (name, shape) in [
        ("attn_q", [576, 576]), ("attn_k", [192, 576]), ("attn_v", [192, 576]),
        ("attn_output", [576, 576]), ("ffn_gate", [1536, 576]), ("ffn_up", [1536, 576]),
        ("ffn_down", [576, 1536]), ("attn_norm", [576]), ("ffn_norm", [576]),
      ] {
        try file.requireTensor("\(prefix)\(name).weight", shape: shape)
      }
    }
  }

  @Test func metadata() throws {
    #expect(file.metadataKeys.count == 33)
    #expect(try file.string("general.architecture") == "llama")
    #expect(try file.string("general.name") == "Smollm2 135M 8k Lc100K Mix1 Ep2")
    #expect(try file.string("general.license") == "apache-2.0")
    #expect(try file.strings("general.languages") == ["en"])
    #expect(try file.integer("llama.block_count") == 30)
    #expect(try file.integer("llama.context_length") == 8192)
    #expect(try file.integer("llama.embedding_length") == 576)
    #expect(try file.integer("llama.feed_forward_length") == 1536)
    #expect(try file.integer("llama.attention.head_count") == 9)
    #expect(try file.integer("llama.attention.head_count_kv") == 3)
    #expect(try file.integer("llama.rope.dimension_count") == 64)
    #expect(try file.integer("llama.vocab_size") == 49152)
    #expect(try file.float("llama.rope.freq_base") == 100_000)
    #expect(Float(try file.float("llama.attention.layer_norm_rms_epsilon")) == 1e-5)
    #expect(try file.integer("general.file_type") == 3)
    #expect(try file.integer("general.quantization_version") == 2)
  }

  @Test func vocabularyArrays() throws {
    let tokens = try file.strings("tokenizer.ggml.tokens")
    #expect(tokens.count == 49152)
    #expect(tokens.prefix(3) == ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    #expect(tokens.last == "ectable")
    let merges = try file.strings("tokenizer.ggml.merges")
    #expect(merges.count == 48900)
    #expect(merges.prefix(2) == ["Ġ t", "Ġ a"])
    #expect(merges.last == "ect able")
    let types = try file.integers("tokenizer.ggml.token_type")
    #expect(types.count == 49152)
    #expect(types.prefix(17).allSatisfy { $0 == 3 })
    #expect(try file.bool("tokenizer.ggml.add_bos_token") == false)
    #expect(try file.string("tokenizer.ggml.pre") == "smollm")
  }

  /// First elements, sum and sum of squares by an independent dequantization in double precision.
  @Test(arguments: [
    (
      name: "token_embd.weight",
      first: [-0.10654449462890625, 0.032978057861328125, 0.048198699951171875] as [Float],
      sum: -15353.04449415207, squares: 520415.715403931
    ),
    (
      name: "blk.0.attn_k.weight", first: [-0.1552734375, 0.3402099609375, -0.485595703125],
      sum: 26.937057495117188, squares: 17499.561343912734
    ),
    (
      name: "blk.29.ffn_down.weight", first: [-0.2733154296875, 0.186279296875, 0.186279296875],
      sum: 49.83570861816406, squares: 29667.074891592143
    ),
    (
      name: "output_norm.weight", first: [1.7578125, 1.8203125, 1.78125],
      sum: 1038.33203125, squares: 1921.7355499267578
    ),
  ])
  func weights(name: String, first: [Float], sum: Double, squares: Double) throws {
    let weights = try file.read(name)
    #expect(Array(weights.prefix(3)) == first)
    var total = 0.0
    var totalSquares = 0.0
    for weight in weights {
      total += Double(weight)
      totalSquares += Double(weight) * Double(weight)
    }
    #expect(abs(total - sum) <= 1e-9 * squares)
    #expect(abs(totalSquares - squares) <= 1e-9 * squares)
  }
}
