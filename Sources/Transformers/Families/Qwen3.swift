import JSONText
import Vocabulary

// Qwen3: an RMS norm of every head of queries and keys. Yang et al. 2025, arXiv:2505.09388, section 2.
extension ModelFamily {
  /// Qwen3, dense.
  static let qwen3 = ModelFamily(
    name: "qwen3", architecture: "qwen3",
    parts: ModelParts(
      norm: .rootMeanSquare, feedForward: .gatedSiLU, positions: .rotary, hasHeadNorms: true),
    names: .gated.with([
      .norm(.query): "self_attn.q_norm", .norm(.key): "self_attn.k_norm",
    ]),
    members: gatedMembers + windowMembers + ["attention_bias"],
    fixed: [("mlp_bias", .bool(false))],
    gguf: GGUFForm(name: "qwen3", isInterleaved: false),
    fresh: FreshForm(className: "Qwen3ForCausalLM") { FreshForm.gated($0.withHeadSize) }
  ) { family, reader throws(JSONError) in
    var c = try reader.gated(
      family, GatedDefaults(positions: 32768, keyHeads: 32, headSize: 128))
    c.slidingWindow = try reader.optionalWindow(blocks: c.blocks)
    return c
  }
}
