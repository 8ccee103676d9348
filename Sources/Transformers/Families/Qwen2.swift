import JSONText
import Vocabulary

// Qwen2: LLaMA's arithmetic with biases of Q, K and V. Yang et al. 2024, arXiv:2407.10671, section 2.2.
extension ModelFamily {
  /// Qwen2 and Qwen2.5.
  static let qwen2 = ModelFamily(
    name: "qwen2", architecture: .llama, parts: .gated, names: .gated,
    members: gatedMembers + windowMembers,
    fixed: [
      ("attention_bias", .bool(true)), ("mlp_bias", .bool(false)), ("use_mrope", .bool(false)),
    ],
    gguf: GGUFForm(name: "qwen2", isInterleaved: false),
    fresh: FreshForm(className: "Qwen2ForCausalLM") { FreshForm.gated($0) }
  ) { family, reader throws(JSONError) in
    var c = try reader.gated(family, GatedDefaults(positions: 32768, keyHeads: 32))
    // `attention_bias`, where a file has it, can only be true; it never means the output's.
    (c.hasAttentionInputBias, c.hasAttentionOutputBias) = (true, false)
    c.slidingWindow = try reader.optionalWindow(blocks: c.blocks)
    return c
  }
}
