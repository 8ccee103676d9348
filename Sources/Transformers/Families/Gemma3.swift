import Checkpoints
import JSONText
import Vocabulary

// Gemma 3, text: norms before and after each half, GEGLU, scaled embeddings, five blocks of six with a window
// and rotary frequencies of their own. Gemma Team 2025, arXiv:2503.19786, section 2.
extension ModelFamily {
  /// Gemma 3 as text models are saved; gains of norms are stored less 1.
  static let gemma3 = ModelFamily(
    name: "gemma3_text", architecture: "gemma3",
    parts: ModelParts(
      norm: .rootMeanSquare, feedForward: .gatedGELU, positions: .rotary, hasHeadNorms: true,
      hasOutputNorms: true),
    names: .gated.with([
      .norm(.query): "self_attn.q_norm", .norm(.key): "self_attn.k_norm",
      .norm(.attentionOutput): "post_attention_layernorm",
      .norm(.feedForward): "pre_feedforward_layernorm",
      .norm(.feedForwardOutput): "post_feedforward_layernorm",
    ]),
    members: gatedMembers + [
      "hidden_activation", "attention_bias", "sliding_window", "layer_types",
      "sliding_window_pattern", "_sliding_window_pattern", "rope_local_base_freq",
      "query_pre_attn_scalar",
    ],
    fixed: [("mlp_bias", .bool(false)), ("use_bidirectional_attention", .bool(false))],
    gainOffset: 1,
    gguf: GGUFForm(
      name: "gemma3", isInterleaved: false,
      keys: [
        "attention.sliding_window", "attention.sliding_window_pattern", "rope.freq_base_swa",
      ]
    ) { (c, keys) throws(CheckpointError) in
      c.embeddingScale = Float(Double(c.channels).squareRoot())
      // `query_pre_attn_scalar` isn't in the file: it is the head's size but in the model of 62 blocks.
      c.attentionDivisor = Double(c.blocks == 62 ? c.channels / c.heads : c.headSize)
      let tokens = try keys.integer("attention.sliding_window")
      guard tokens != 0 else { return }
      let length = try keys.integer("attention.sliding_window_pattern", default: 6)
      guard length > 0 else {
        throw keys.error(
          .unsupported, "attention.sliding_window_pattern",
          "expected a count of at least 1, found \(length)")
      }
      c.slidingWindow = SlidingWindow(tokens: tokens, exceptions: lastOfEach(length, of: c.blocks))
      c.windowRotaryBase = try keys.float("rope.freq_base_swa", default: 10000)
    },
    fresh: FreshForm(
      className: "Gemma3ForCausalLM",
      required: [.keyHeads, .rotaryBase, .normEpsilon, .slidingWindow]
    ) { shape in
      FreshForm.gated(
        shape.withHeadSize, activation: ("hidden_activation", "gelu_pytorch_tanh"),
        [
          FreshForm.window(shape),
          JSON.Member("query_pre_attn_scalar", .integer(Int64(shape.channelsPerHead))),
        ])
    }
  ) { family, reader throws(JSONError) in
    let isNested = try reader.hasRotaryOfEachKind()
    var c = try reader.gated(
      family,
      GatedDefaults(
        positions: 131072, keyHeads: 4, headSize: 256, tiesHead: true, rotaryBase: 1_000_000,
        rotaryMember: isNested ? "rope_parameters/full_attention" : "rope_parameters",
        activation: ("gelu_pytorch_tanh", ["hidden_activation", "hidden_act"])))
    c.embeddingScale = Float(Double(max(c.channels, 0)).squareRoot())
    c.attentionDivisor = try reader.optionalNumber("query_pre_attn_scalar") ?? 256
    let full = try reader.fullBlocksOfPattern(blocks: c.blocks)
    guard let tokens = try reader.windowTokens(default: 4096) else {
      try reader.requireNoWindow(full, blocks: c.blocks)
      return c
    }
    c.slidingWindow = SlidingWindow(tokens: tokens, exceptions: full)
    c.windowRotaryBase = try reader.windowRotaryBase()
    return c
  }
}

extension ConfigurationReader {
  /// The blocks without a window: those that `layer_types` names, or the last of each pattern.
  fileprivate func fullBlocksOfPattern(blocks: Int) throws(JSONError) -> Set<Int> {
    if let full = try fullBlocks(blocks: blocks) { return full }
    let length = try optionalInteger("sliding_window_pattern") ?? 6
    guard length > 0 else {
      throw document.error(
        at: "/sliding_window_pattern", "expected a count of at least 1, found \(length)")
    }
    // transformers writes this one beside 'layer_types', and doesn't read it.
    if let other = try optionalInteger("_sliding_window_pattern"), other != length {
      throw document.error(
        at: "/_sliding_window_pattern",
        "expected \(length), 'sliding_window_pattern' or its default, or 'layer_types'; found \(other)"
      )
    }
    return lastOfEach(length, of: blocks)
  }

  /// Throws unless every block sees everything: there is no window that others could have.
  fileprivate func requireNoWindow(_ full: Set<Int>, blocks: Int) throws(JSONError) {
    guard let block = (0..<max(blocks, 0)).first(where: { !full.contains($0) }) else { return }
    throw document.error(
      at: "/sliding_window", "expected a count of tokens: block \(block) has a window, found null")
  }

  /// Whether `rope_parameters` has members for blocks with and without a window; then it has no others.
  fileprivate func hasRotaryOfEachKind() throws(JSONError) -> Bool {
    guard case .object(let members)? = value("rope_parameters"), !members.isEmpty else {
      return false
    }
    for member in members where !["full_attention", "sliding_attention"].contains(member.name) {
      throw document.error(
        at: "/rope_parameters/\(member.name)",
        "expected 'full_attention' and 'sliding_attention', each with its own members; this one isn't read, "
          + "and may change numbers")
    }
    return value("rope_parameters/full_attention") != nil
  }

  /// Base of the rotary frequencies of blocks with a window, which have no scaling.
  fileprivate func windowRotaryBase() throws(JSONError) -> Double {
    let member = "rope_parameters/sliding_attention"
    let base = try optionalNumber("rope_local_base_freq")
    guard value(member) != nil else { return base ?? 10000 }
    let inner = try plainRotaryBase(in: member)
    if let base, let inner, base != inner {
      throw document.error(
        at: "/\(member)/rope_theta",
        "expected \(base), as 'rope_local_base_freq' says, found \(inner)")
    }
    return inner ?? base ?? 10000
  }
}
