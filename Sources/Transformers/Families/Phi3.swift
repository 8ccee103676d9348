import Checkpoints
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
    fixed: [("attention_bias", .bool(false)), ("mlp_bias", .bool(false))],
    gguf: GGUFForm(
      name: "phi3", isInterleaved: false,
      // `ffn_up` holds gate and up, so that the up projection needs another name for itself.
      names: .gguf.with([.linear(.up): "ffn_up_proj"]).joining([
        ("attn_qkv", [.query, .key, .value]), ("ffn_up", [.gate, .up]),
      ]),
      keys: ["attention.sliding_window"]
    ) { (c, keys) throws(CheckpointError) in
      // As the model was trained, though llama.cpp passes it over; 0 stands for none.
      let tokens = try keys.integer("attention.sliding_window")
      if tokens != 0 { c.slidingWindow = SlidingWindow(tokens: tokens) }
    },
    fresh: FreshForm(className: "Phi3ForCausalLM", optional: [.headSize, .slidingWindow]) {
      FreshForm.gated($0, [FreshForm.window($0), JSON.Member("pad_token_id", .null)])
    }
  ) { family, reader throws(JSONError) in
    // Whatever else they are called, others than plain positions would be longrope's there.
    for member in ["rope_scaling", "rope_parameters"] {
      _ = try reader.plainRotaryBase(in: member)
    }
    var c = try reader.gated(family, GatedDefaults(positions: 4096, normEpsilon: 1e-5))
    c.slidingWindow = try reader.windowTokens(default: nil).map { SlidingWindow(tokens: $0) }
    return c
  }
}
