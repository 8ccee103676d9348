import Checkpoints

/// The keys of a GGUF file's metadata that are about its model, and whether all of those are read.
struct GGUFKeys: Sendable {
  /// The file.
  let file: GGUFFile
  /// How it holds its family.
  let form: GGUFForm

  /// The integer of a key of the model.
  func integer(_ key: String) throws(CheckpointError) -> Int { try file.integer(full(key)) }

  /// The integer of a key of the model, or `absent` without the key.
  func integer(_ key: String, default absent: Int) throws(CheckpointError) -> Int {
    try file.integer(full(key), default: absent)
  }

  /// The number of a key of the model.
  func float(_ key: String) throws(CheckpointError) -> Double { try file.float(full(key)) }

  /// The number of a key of the model, or `absent` without the key.
  func float(_ key: String, default absent: Double) throws(CheckpointError) -> Double {
    try file.float(full(key), default: absent)
  }

  /// The string of a key of the model, or `absent` without the key.
  func string(_ key: String, default absent: String) throws(CheckpointError) -> String {
    try file.string(full(key), default: absent)
  }

  /// The error for the value of a key.
  func error(_ kind: CheckpointError.Kind, _ key: String, _ reason: String) -> CheckpointError {
    CheckpointError(kind, in: file.path, at: .key(full(key)), reason)
  }

  /// What a member of the hub's configuration is called here; the member itself where no key has it.
  func name(of member: String) -> String {
    switch member {
    case "hidden_size": "key '\(full("embedding_length"))'"
    case "num_hidden_layers": "key '\(full("block_count"))'"
    case "num_attention_heads": "key '\(full("attention.head_count"))'"
    case "num_key_value_heads": "key '\(full("attention.head_count_kv"))'"
    case "head_dim": "key '\(full("attention.key_length"))', or the channels of a head"
    case "max_position_embeddings": "key '\(full("context_length"))'"
    case "intermediate_size", "ffn_dim": "key '\(full("feed_forward_length"))'"
    case "rms_norm_eps": "key '\(full("attention.layer_norm_rms_epsilon"))'"
    case "rope_theta": "key '\(full("rope.freq_base"))'"
    case "rope_local_base_freq": "key '\(full("rope.freq_base_swa"))'"
    case "rope_scaling": "keys '\(full("rope.scaling"))'"
    case "sliding_window": "key '\(full("attention.sliding_window"))'"
    default: "'\(member)'"
    }
  }

  private func full(_ key: String) -> String { "\(form.name).\(key)" }

  /// Read of every family.
  private static let read: Set = [
    "embedding_length", "block_count", "feed_forward_length", "context_length",
    "attention.head_count", "attention.head_count_kv", "attention.key_length",
    "attention.value_length", "attention.layer_norm_rms_epsilon", "rope.dimension_count",
    "rope.freq_base", "rope.scaling.type", "rope.scaling.factor", "rope.scale_linear",
  ]

  /// Keys that describe the file, or repeat what is known from the tensors.
  private static let harmless: Set = [
    "vocab_size", "rope.scaling.original_context_length", "rope.scaling.finetuned",
    "tensor_data_layout",
  ]

  /// Keys that must have one value: another changes numbers in a way that isn't computed here.
  private static let fixed: [(key: String, value: Double)] = [
    ("expert_count", 0), ("expert_used_count", 0), ("use_parallel_residual", 0),
    ("attention.causal", 1), ("rope.scaling.attn_factor", 1), ("embedding_scale", 1),
    ("residual_scale", 1), ("logit_scale", 1), ("attention.sliding_window", 0),
    ("attention.clamp_kqv", 0), ("attention.max_alibi_bias", 0), ("attn_logit_softcapping", 0),
    ("final_logit_softcapping", 0),
  ]

  /// Holds every key of the model to account.
  ///
  /// - Throws: ``Checkpoints/CheckpointError`` at the first that may change numbers unread.
  func account() throws(CheckpointError) {
    for key in file.metadataKeys where key.hasPrefix(form.name + ".") {
      let member = String(key.dropFirst(form.name.count + 1))
      if Self.read.contains(member) || form.keys.contains(member) || Self.harmless.contains(member)
      {
        continue
      }
      guard let rule = Self.fixed.first(where: { $0.key == member }) else {
        throw error(.unsupported, member, "this key isn't read, and may change numbers")
      }
      guard let found = number(key) else {
        throw error(.mismatched, member, "expected a number")
      }
      guard found == rule.value else {
        // A flag is a flag, whatever it is compared as.
        var words = ("\(rule.value)", "\(found)")
        if case .bool(let flag)? = file.metadata[key] { words = ("\(!flag)", "\(flag)") }
        throw error(
          .unsupported, member,
          "expected \(words.0), found \(words.1): a \(form.name) model of that kind isn't computed "
            + "here")
      }
    }
    if case .string(let layout)? = file.metadata[full("tensor_data_layout")],
      layout != "Meta AI original pth"
    {
      throw error(
        .unsupported, "tensor_data_layout", "expected \"Meta AI original pth\", found \"\(layout)\""
      )
    }
  }

  private func number(_ key: String) -> Double? {
    switch file.metadata[key] {
    case .unsigned(let value): Double(value)
    case .signed(let value): Double(value)
    case .float(let value): value
    case .bool(let flag): flag ? 1 : 0
    default: nil
    }
  }
}
