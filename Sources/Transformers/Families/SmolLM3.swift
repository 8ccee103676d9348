import Checkpoints
import JSONText
import Vocabulary

// SmolLM3: no rotation in every fourth block. Bakouch et al. 2025, "SmolLM3: smol, multilingual, long-context
// reasoner"; Yang et al. 2025, arXiv:2501.18795 (RNoPE).
extension ModelFamily {
  /// SmolLM3.
  static let smolLM3 = ModelFamily(
    name: "smollm3", architecture: "smollm3", parts: .gated, names: .gated,
    members: gatedMembers + [
      "attention_bias", "mlp_bias", "no_rope_layers", "no_rope_layer_interval", "layer_types",
      "sliding_window", "max_window_layers",
    ],
    fixed: [("use_sliding_window", .bool(false))],
    // As a LLaMA file has it; the interval isn't in the file.
    gguf: GGUFForm(name: "smollm3", isInterleaved: true) { (c, _) throws(CheckpointError) in
      c.unrotatedBlocks = lastOfEach(4, of: c.blocks)
    },
    fresh: FreshForm(className: "SmolLM3ForCausalLM") {
      FreshForm.gated($0, [JSON.Member("pad_token_id", .null)])
    }
  ) { family, reader throws(JSONError) in
    var c = try reader.gated(
      family,
      GatedDefaults(positions: 32768, keyHeads: 4, tiesHead: true, rotaryBase: 2_000_000))
    c.slidingWindow = try reader.optionalWindow(blocks: c.blocks)
    c.unrotatedBlocks = try reader.unrotatedBlocks(blocks: c.blocks)
    return c
  }
}

extension ConfigurationReader {
  /// The blocks that `no_rope_layers` marks with 0, or without that member the last of each
  /// `no_rope_layer_interval`.
  fileprivate func unrotatedBlocks(blocks: Int) throws(JSONError) -> Set<Int> {
    guard let marks = value("no_rope_layers") else {
      let interval = try optionalInteger("no_rope_layer_interval") ?? 4
      guard interval > 0 else {
        throw document.error(
          at: "/no_rope_layer_interval", "expected a count of at least 1, found \(interval)")
      }
      return lastOfEach(interval, of: blocks)
    }
    guard case .array(let flags) = marks, flags.count >= blocks else {
      throw document.error(
        at: "/no_rope_layers", "expected an array of at least \(blocks) numbers, 0 or 1")
    }
    var unrotated: Set<Int> = []
    for (block, flag) in flags.prefix(max(blocks, 0)).enumerated() {
      switch flag {
      case .integer(0), .bool(false): unrotated.insert(block)
      case .integer(1), .bool(true): continue
      default: throw document.error(at: "/no_rope_layers/\(block)", "expected 0 or 1")
      }
    }
    return unrotated
  }
}
