import JSONText

/// What a family with rotary positions and a gated MLP assumes where its file is silent.
struct GatedDefaults {
  /// Longest sequence.
  var positions: Int
  /// Key heads; nil for as many as query heads.
  var keyHeads: Int?
  /// Channels per head; nil for an even share of all.
  var headSize: Int?
  /// Whether the head is the embedding.
  var tiesHead = false
  /// Base of the rotary frequencies.
  var rotaryBase = 10000.0
  /// ε of the norms.
  var normEpsilon = 1e-6
  /// The member with the rotary positions of transformers 5.
  var rotaryMember = "rope_parameters"
  /// The activation as the file spells it, and the members that may say so.
  var activation = (name: "silu", members: ["hidden_act"])
}

extension ModelFamily {
  /// What every family with rotary positions and a gated MLP reads.
  static let gatedMembers = [
    "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "head_dim", "hidden_act", "max_position_embeddings", "rms_norm_eps",
    "rope_theta", "rope_scaling", "rope_parameters", "tie_word_embeddings",
  ]

  /// What ``ConfigurationReader/optionalWindow(blocks:)`` reads.
  static let windowMembers = [
    "sliding_window", "use_sliding_window", "max_window_layers", "layer_types",
  ]
}

/// The last of each `count` blocks.
///
/// - Precondition: `count` is above 0.
func lastOfEach(_ count: Int, of blocks: Int) -> Set<Int> {
  Set(stride(from: count - 1, to: max(blocks, 0), by: count))
}

extension ConfigurationReader {
  /// The configuration of a family with rotary positions and a gated MLP: what its file says, or its defaults.
  ///
  /// - Throws: ``JSONText/JSONError`` at a member that is missing, mistyped or not supported.
  func gated(_ family: ModelFamily, _ defaults: GatedDefaults) throws(JSONError)
    -> ModelConfiguration
  {
    let channels = try integer("hidden_size")
    let heads = try integer("num_attention_heads")
    let blocks = try blockCount()
    try requireActivation(defaults.activation.name, in: defaults.activation.members)
    let positions = try optionalInteger("max_position_embeddings") ?? defaults.positions
    let rotary = try rotary(positions: positions, newer: defaults.rotaryMember)
    let hasAttentionBias = try optionalFlag("attention_bias") ?? false
    let isNull = document.root["num_key_value_heads"] == .null
    return ModelConfiguration(
      architecture: family.architecture, parts: family.parts,
      vocabularySize: try integer("vocab_size"), channels: channels, blocks: blocks, heads: heads,
      keyHeads: try optionalInteger("num_key_value_heads")
        ?? (isNull ? heads : defaults.keyHeads ?? heads),
      headSize: try optionalInteger("head_dim") ?? defaults.headSize
        ?? (heads > 0 ? channels / heads : 0),
      feedForward: try integer("intermediate_size"), positions: positions,
      normEpsilon: Float(try optionalNumber("rms_norm_eps") ?? defaults.normEpsilon),
      rotaryBase: rotary.base ?? defaults.rotaryBase, rotaryScaling: rotary.scaling,
      tiesHead: try optionalFlag("tie_word_embeddings") ?? defaults.tiesHead,
      hasAttentionInputBias: hasAttentionBias, hasAttentionOutputBias: hasAttentionBias,
      hasFeedForwardBias: try optionalFlag("mlp_bias") ?? false, embeddingWidth: channels)
  }

  /// `num_hidden_layers`, which what families read is as long as.
  private func blockCount() throws(JSONError) -> Int {
    let blocks = try integer("num_hidden_layers")
    guard (1...ModelConfiguration.mostBlocks).contains(blocks) else {
      throw document.error(
        at: "/num_hidden_layers",
        "expected a count from 1 to \(ModelConfiguration.mostBlocks), found \(blocks)")
    }
    return blocks
  }

  /// Throws unless every one of `members` that is there names `expected`.
  func requireActivation(_ expected: String, in members: [String]) throws(JSONError) {
    for member in members {
      guard let found = try optionalText(member), found != expected else { continue }
      throw document.error(at: "/\(member)", "expected \"\(expected)\", found \"\(found)\"")
    }
  }

  /// `sliding_window`: so many tokens, or nil for null; `absent` where nothing is said.
  func windowTokens(default absent: Int?) throws(JSONError) -> Int? {
    let tokens = try optionalInteger("sliding_window")
    return tokens ?? (document.root["sliding_window"] == nil ? absent : nil)
  }

  /// The window of files that set `use_sliding_window`: in the blocks that `layer_types` names, or from
  /// `max_window_layers` on; nil where it isn't set.
  func optionalWindow(blocks: Int) throws(JSONError) -> SlidingWindow? {
    let tokens = try windowTokens(default: 4096)
    let uses = try optionalFlag("use_sliding_window") ?? false
    let full = try fullBlocks(blocks: blocks)
    if !uses {
      guard full == nil || full?.count == blocks else {
        throw document.error(
          at: "/layer_types", "expected no \"sliding_attention\" without 'use_sliding_window'")
      }
      return nil
    }
    guard let tokens else { return nil }
    if let full { return SlidingWindow(tokens: tokens, exceptions: full) }
    return SlidingWindow(
      tokens: tokens, firstBlock: try optionalInteger("max_window_layers") ?? 28)
  }

  /// The blocks that `layer_types` says see everything; nil without that member.
  func fullBlocks(blocks: Int) throws(JSONError) -> Set<Int>? {
    guard let types = value("layer_types") else { return nil }
    guard case .array(let names) = types, names.count == blocks else {
      throw document.error(at: "/layer_types", "expected an array of \(blocks) names")
    }
    var full: Set<Int> = []
    for (block, name) in names.enumerated() {
      switch name {
      case .string("full_attention"): full.insert(block)
      case .string("sliding_attention"): continue
      default:
        throw document.error(
          at: "/layer_types/\(block)", "expected \"full_attention\" or \"sliding_attention\"")
      }
    }
    return full
  }
}
