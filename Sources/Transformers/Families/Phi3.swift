import JSONText
import Vocabulary

// Phi-3: LLaMA's arithmetic; Q, K and V lie in one tensor, gate and up in another. Abdin et al. 2024,
// arXiv:2404.14219, section 2.
extension ModelFamily {
  /// Phi-3 with plain positions (the 4k models), and Phi-4.
  static let phi3 = ModelFamily(
    name: "phi3", architecture: "phi3", parts: .gated,
    names: TensorNames.gated.joining([
      ("self_attn.qkv_proj", [.query, .key, .value]), ("mlp.gate_up_proj", [.gate, .up]),
    ]),
    members: gatedMembers + ["sliding_window", "original_max_position_embeddings"],
    fixed: [("attention_bias", .bool(false)), ("mlp_bias", .bool(false))]
  ) { family, reader throws(JSONError) in
    var c = try reader.gated(family, GatedDefaults(positions: 4096, normEpsilon: 1e-5))
    c.slidingWindow = try reader.windowTokens(default: nil).map { SlidingWindow(tokens: $0) }
    return c
  }
}
