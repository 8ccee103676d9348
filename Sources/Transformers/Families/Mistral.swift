import JSONText
import Vocabulary

// Mistral: LLaMA's arithmetic, with a window. Jiang et al. 2023, arXiv:2310.06825, section 2.
extension ModelFamily {
  /// Mistral, whose attention reaches back 4096 tokens in all blocks unless the file says otherwise, or null.
  static let mistral = ModelFamily(
    name: "mistral", architecture: .llama, parts: .gated, names: .gated,
    members: gatedMembers + ["sliding_window"],
    fixed: [("attention_bias", .bool(false)), ("mlp_bias", .bool(false))],
    fresh: FreshForm(className: "MistralForCausalLM", optional: [.headSize, .slidingWindow]) {
      FreshForm.gated($0, [FreshForm.window($0)])
    }
  ) { family, reader throws(JSONError) in
    var c = try reader.gated(family, GatedDefaults(positions: 131072, keyHeads: 8))
    c.slidingWindow = try reader.windowTokens(default: 4096).map { SlidingWindow(tokens: $0) }
    return c
  }
}
