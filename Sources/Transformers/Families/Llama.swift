import JSONText
import Vocabulary

// LLaMA. Touvron et al. 2023, arXiv:2302.13971; names as in the hub's LlamaForCausalLM.
extension ModelFamily {
  /// LLaMA 1 to 3, and what else is saved as it.
  static let llama = ModelFamily(
    name: "llama", architecture: .llama, parts: .gated, names: .gated,
    members: gatedMembers + ["attention_bias", "mlp_bias"],
    gguf: GGUFForm(name: "llama", isInterleaved: true, hasRotaryDivisors: true),
    fresh: FreshForm(className: "LlamaForCausalLM") { FreshForm.gated($0) }
  ) { family, reader throws(JSONError) in
    try reader.gated(family, GatedDefaults(positions: 2048))
  }
}
