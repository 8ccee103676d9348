public import Checkpoints
import Glibc
public import JSONText

func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

extension ModelConfiguration {
  /// Reads a hub-style `config.json`; members that don't change the numbers are passed over.
  ///
  /// - Throws: ``JSONText/JSONError`` at the member that is missing, mistyped or not supported.
  public init(hubConfiguration document: JSONDocument) throws(JSONError) {
    let reader = ConfigurationReader(document: document)
    let kind = try reader.text("model_type")
    switch kind {
    case "llama", "qwen2", "mistral": try self.init(llama: reader, hasQueryBias: kind == "qwen2")
    case "opt": try self.init(opt: reader)
    default:
      throw document.error(
        at: "/model_type", "expected one of llama, qwen2, mistral, opt; found \"\(kind)\"")
    }
    try validate { (member, reason) throws(JSONError) in
      throw document.error(at: member.isEmpty ? "" : "/\(member)", reason)
    }
  }

  private init(llama reader: ConfigurationReader, hasQueryBias: Bool) throws(JSONError) {
    let channels = try reader.integer("hidden_size")
    let heads = try reader.integer("num_attention_heads")
    let activation = try reader.optionalText("hidden_act") ?? "silu"
    guard activation == "silu" else {
      throw reader.document.error(
        at: "/hidden_act", "expected \"silu\", found \"\(activation)\"")
    }
    var rotaryBase = try reader.optionalNumber("rope_theta")
    if rotaryBase == nil { rotaryBase = try reader.optionalNumber("rope_parameters/rope_theta") }
    self.init(
      architecture: .llama,
      vocabularySize: try reader.integer("vocab_size"), channels: channels,
      blocks: try reader.integer("num_hidden_layers"), heads: heads,
      keyHeads: try reader.optionalInteger("num_key_value_heads") ?? heads,
      headSize: try reader.optionalInteger("head_dim") ?? (heads > 0 ? channels / heads : 0),
      feedForward: try reader.integer("intermediate_size"),
      positions: try reader.optionalInteger("max_position_embeddings") ?? 2048,
      normEpsilon: Float(try reader.optionalNumber("rms_norm_eps") ?? 1e-6),
      rotaryBase: rotaryBase ?? 10000,
      rotaryScaling: try reader.rotaryScaling(),
      tiesHead: try reader.optionalFlag("tie_word_embeddings") ?? false,
      hasAttentionInputBias: try reader.optionalFlag("attention_bias") ?? hasQueryBias,
      hasLinearBias: false, embeddingWidth: channels)
    if try reader.optionalFlag("mlp_bias") == true {
      throw reader.document.error(
        at: "/mlp_bias", "expected false, found true: biases of the MLP aren't supported")
    }
  }

  private init(opt reader: ConfigurationReader) throws(JSONError) {
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
      positions: try reader.optionalInteger("max_position_embeddings") ?? 2048,
      normEpsilon: 1e-5, tiesHead: try reader.optionalFlag("tie_word_embeddings") ?? true,
      hasAttentionInputBias: hasBias, hasLinearBias: hasBias, normsFirst: normsFirst,
      hasFinalNorm: normsFirst && !removesFinal,
      embeddingWidth: try reader.optionalInteger("word_embed_proj_dim") ?? channels)
  }

  /// Reads the metadata of a GGUF file of the `llama` architecture, whose Q and K rows are stored
  /// for interleaved rotary pairs.
  ///
  /// - Throws: ``Checkpoints/CheckpointError`` for a missing or mistyped key, ``ModelError`` for
  ///   another architecture.
  public init(gguf file: GGUFFile) throws {
    let architecture = try file.string("general.architecture")
    guard architecture == "llama" else {
      throw ModelError.unsupported(
        path: file.path, what: "GGUF architecture \"\(architecture)\"", supported: "\"llama\"")
    }
    func integer(_ key: String) throws -> Int { try Int(file.integer("llama.\(key)")) }
    let channels = try integer("embedding_length")
    let heads = try integer("attention.head_count")
    let embedding = try file.requireTensor("token_embd.weight")
    guard embedding.shape.count == 2 else {
      throw ModelError.shape(
        path: file.path, reason: "token_embd.weight has the shape \(embedding.shape)")
    }
    self.init(
      architecture: .llama, vocabularySize: embedding.shape[0], channels: channels,
      blocks: try integer("block_count"), heads: heads,
      keyHeads: file.metadata["llama.attention.head_count_kv"] == nil
        ? heads : try integer("attention.head_count_kv"),
      headSize: file.metadata["llama.rope.dimension_count"] == nil
        ? (heads > 0 ? channels / heads : 0) : try integer("rope.dimension_count"),
      feedForward: try integer("feed_forward_length"), positions: try integer("context_length"),
      normEpsilon: Float(try file.float("llama.attention.layer_norm_rms_epsilon")),
      rotaryBase: file.metadata["llama.rope.freq_base"] == nil
        ? 10000 : try Double(file.float("llama.rope.freq_base")),
      rotaryIsInterleaved: true, tiesHead: file.descriptor(of: "output.weight") == nil,
      hasAttentionInputBias: file.descriptor(of: "blk.0.attn_q.bias") != nil,
      hasLinearBias: false, embeddingWidth: channels)
    try validate { (_, reason) in throw ModelError.shape(path: file.path, reason: reason) }
  }

  /// Checks what the arithmetic relies on; `fail` gets the member's hub name and the reason.
  private func validate<E>(_ fail: (String, String) throws(E) -> Void) throws(E) {
    for (name, value) in [
      ("hidden_size", channels), ("num_hidden_layers", blocks), ("num_attention_heads", heads),
      ("num_key_value_heads", keyHeads), ("head_dim", headSize), ("vocab_size", vocabularySize),
      ("max_position_embeddings", positions), ("intermediate_size", feedForward),
    ] where value <= 0 || value > 1 << 28 {
      try fail(
        ["intermediate_size": architecture == .opt ? "ffn_dim" : name][name] ?? name,
        "expected a count from 1 to 268435456, found \(value)")
    }
    if heads > 0, keyHeads > 0, heads % keyHeads != 0 {
      try fail(
        "num_key_value_heads", "\(heads) query heads can't share \(keyHeads) key heads evenly")
    }
    if !(normEpsilon >= 0 && normEpsilon.isFinite) {
      try fail("rms_norm_eps", "expected a finite number of at least 0, found \(normEpsilon)")
    }
    if !(rotaryBase > 0 && rotaryBase.isFinite) {
      try fail("rope_theta", "expected a finite number above 0, found \(rotaryBase)")
    }
    if let scaling = rotaryScaling {
      for (name, value) in [
        ("factor", scaling.factor), ("low_freq_factor", scaling.lowFrequencyFactor),
        ("high_freq_factor", scaling.highFrequencyFactor),
        ("original_max_position_embeddings", scaling.originalPositions),
      ] where !(value > 0 && value.isFinite) {
        try fail("rope_scaling", "expected a '\(name)' above 0, found \(value)")
      }
    }
    if architecture == .llama, headSize % 2 != 0 {
      try fail("head_dim", "rotary positions need an even head size, found \(headSize)")
    }
    if architecture == .opt, heads > 0, channels % heads != 0 {
      try fail("num_attention_heads", "\(channels) channels don't divide into \(heads) heads")
    }
  }
}

/// Typed look-ups in a configuration of which only some members matter.
struct ConfigurationReader {
  let document: JSONDocument

  func value(_ path: String) -> JSON? {
    var value: JSON? = document.root
    for name in path.split(separator: "/") { value = value?[String(name)] }
    return value == .null ? nil : value
  }

  private func wrong(_ path: String, _ expected: String) -> JSONError {
    value(path) == nil
      ? document.error(at: "", "missing required member '\(path)'")
      : document.error(at: "/\(path)", "expected \(expected)")
  }

  func optionalInteger(_ path: String) throws(JSONError) -> Int? {
    switch value(path) {
    case nil: return nil
    case .integer(let number): return Int(number)
    default: throw wrong(path, "an integer")
    }
  }

  func integer(_ path: String) throws(JSONError) -> Int {
    guard let number = try optionalInteger(path) else { throw wrong(path, "an integer") }
    return number
  }

  func optionalNumber(_ path: String) throws(JSONError) -> Double? {
    switch value(path) {
    case nil: return nil
    case .integer(let number): return Double(number)
    case .number(let number, _): return number
    default: throw wrong(path, "a number")
    }
  }

  func optionalText(_ path: String) throws(JSONError) -> String? {
    switch value(path) {
    case nil: return nil
    case .string(let text): return text
    default: throw wrong(path, "a string")
    }
  }

  func text(_ path: String) throws(JSONError) -> String {
    guard let text = try optionalText(path) else { throw wrong(path, "a string") }
    return text
  }

  func optionalFlag(_ path: String) throws(JSONError) -> Bool? {
    switch value(path) {
    case nil: return nil
    case .bool(let flag): return flag
    default: throw wrong(path, "true or false")
    }
  }

  /// `rope_scaling`, or the newer `rope_parameters`; only llama3's kind has numbers of its own.
  func rotaryScaling() throws(JSONError) -> ModelConfiguration.RotaryScaling? {
    for parent in ["rope_scaling", "rope_parameters"] where value(parent) != nil {
      var named = try optionalText("\(parent)/rope_type")
      if named == nil { named = try optionalText("\(parent)/type") }
      guard let kind = named, kind != "default" else { continue }
      guard kind == "llama3" else {
        throw document.error(
          at: "/\(parent)", "expected rope_type \"default\" or \"llama3\", found \"\(kind)\"")
      }
      func number(_ name: String) throws(JSONError) -> Double {
        guard let number = try optionalNumber("\(parent)/\(name)") else {
          throw document.error(at: "/\(parent)", "missing required member '\(name)'")
        }
        return number
      }
      return ModelConfiguration.RotaryScaling(
        factor: try number("factor"), lowFrequencyFactor: try number("low_freq_factor"),
        highFrequencyFactor: try number("high_freq_factor"),
        originalPositions: try number("original_max_position_embeddings"))
    }
    return nil
  }
}
