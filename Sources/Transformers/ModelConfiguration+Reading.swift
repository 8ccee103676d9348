public import JSONText

extension ModelConfiguration {
  /// Reads a hub-style `config.json`, and holds each of its members to account: read, known not to change
  /// numbers, or refused by name.
  ///
  /// - Throws: ``JSONText/JSONError`` at the member that is missing, mistyped or not supported.
  public init(hubConfiguration document: JSONDocument) throws(JSONError) {
    let reader = ConfigurationReader(document: document)
    let kind = try reader.text("model_type")
    guard let family = HubFamily.named(kind) else {
      throw document.error(
        at: "/model_type",
        "expected one of \(HubFamily.all.map(\.name).joined(separator: ", ")); found \"\(kind)\"")
    }
    try family.account(for: document)
    switch family.architecture {
    case .llama: try self.init(gated: family, reader)
    case .opt: try self.init(opt: reader, positions: family.positions)
    }
    try validate { (member, reason) throws(JSONError) in
      throw document.error(at: member.isEmpty ? "" : "/\(member)", reason)
    }
  }

  private init(gated family: HubFamily, _ reader: ConfigurationReader) throws(JSONError) {
    let channels = try reader.integer("hidden_size")
    let heads = try reader.integer("num_attention_heads")
    let blocks = try reader.integer("num_hidden_layers")
    let activation = try reader.optionalText("hidden_act") ?? "silu"
    guard activation == "silu" else {
      throw reader.document.error(
        at: "/hidden_act", "expected \"silu\", found \"\(activation)\"")
    }
    let positions = try reader.optionalInteger("max_position_embeddings") ?? family.positions
    let rotary = try reader.rotary(positions: positions)
    let hasAttentionBias = try reader.optionalFlag("attention_bias")
    let isNull = reader.document.root["num_key_value_heads"] == .null
    self.init(
      architecture: .llama,
      vocabularySize: try reader.integer("vocab_size"), channels: channels,
      blocks: blocks, heads: heads,
      keyHeads: try reader.optionalInteger("num_key_value_heads")
        ?? (isNull ? heads : family.keyHeads ?? heads),
      headSize: try reader.optionalInteger("head_dim") ?? (heads > 0 ? channels / heads : 0),
      feedForward: try reader.integer("intermediate_size"),
      positions: positions,
      normEpsilon: Float(try reader.optionalNumber("rms_norm_eps") ?? 1e-6),
      rotaryBase: rotary.base ?? 10000,
      rotaryScaling: rotary.scaling,
      tiesHead: try reader.optionalFlag("tie_word_embeddings") ?? false,
      hasAttentionInputBias: hasAttentionBias ?? family.hasQueryBias,
      hasAttentionOutputBias: family.hasQueryBias ? false : hasAttentionBias ?? false,
      hasFeedForwardBias: try reader.optionalFlag("mlp_bias") ?? false,
      slidingWindow: try reader.slidingWindow(family, blocks: blocks),
      embeddingWidth: channels)
  }

  private init(opt reader: ConfigurationReader, positions: Int) throws(JSONError) {
    let channels = try reader.integer("hidden_size")
    let heads = try reader.integer("num_attention_heads")
    let activation = try reader.optionalText("activation_function") ?? "relu"
    guard activation == "relu" else {
      throw reader.document.error(
        at: "/activation_function", "expected \"relu\", found \"\(activation)\"")
    }
    let hasBias = try reader.optionalFlag("enable_bias") ?? true
    let normsFirst = try reader.optionalFlag("do_layer_norm_before") ?? true
    let removesFinal = try reader.optionalFlag("_remove_final_layer_norm") ?? false
    self.init(
      architecture: .opt,
      vocabularySize: try reader.integer("vocab_size"), channels: channels,
      blocks: try reader.integer("num_hidden_layers"), heads: heads, keyHeads: heads,
      headSize: heads > 0 ? channels / heads : 0, feedForward: try reader.integer("ffn_dim"),
      positions: try reader.optionalInteger("max_position_embeddings") ?? positions,
      normEpsilon: 1e-5, tiesHead: try reader.optionalFlag("tie_word_embeddings") ?? true,
      hasAttentionInputBias: hasBias, hasAttentionOutputBias: hasBias, hasFeedForwardBias: hasBias,
      normsFirst: normsFirst,
      hasFinalNorm: normsFirst && !removesFinal,
      embeddingWidth: try reader.optionalInteger("word_embed_proj_dim") ?? channels)
  }
}

extension ConfigurationReader {
  /// Where attention reaches back only so far.
  ///
  /// Mistral's does in all blocks, 4096 tokens unless the file says otherwise or null; Qwen2's where
  /// `use_sliding_window` is set, in the blocks that `layer_types` names, or from `max_window_layers` on.
  fileprivate func slidingWindow(_ family: HubFamily, blocks: Int) throws(JSONError)
    -> SlidingWindow?
  {
    guard family.reads.contains("sliding_window") else { return nil }
    var tokens = try optionalInteger("sliding_window")
    if tokens == nil, document.root["sliding_window"] == nil { tokens = 4096 }
    guard family.reads.contains("use_sliding_window") else {
      return tokens.map { SlidingWindow(tokens: $0) }
    }
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
  private func fullBlocks(blocks: Int) throws(JSONError) -> Set<Int>? {
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
