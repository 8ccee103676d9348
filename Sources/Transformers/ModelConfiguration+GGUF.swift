public import Checkpoints
import Vocabulary

extension ModelConfiguration {
  /// Reads the metadata of a GGUF file of an architecture that says how such files hold it, and holds each
  /// key about the model to account.
  ///
  /// - Throws: ``Checkpoints/CheckpointError`` for a key that is missing, mistyped or may change numbers
  ///   unread, ``ModelError`` for another architecture.
  public init(gguf file: GGUFFile) throws {
    let architecture = try file.string("general.architecture")
    guard let family = ModelFamily.all.first(where: { $0.gguf?.name == architecture }),
      let form = family.gguf
    else {
      throw ModelError.unsupported(
        path: file.path, what: "GGUF architecture \"\(architecture)\"",
        supported: ModelFamily.all.compactMap { $0.gguf.map { "\"\($0.name)\"" } }
          .joined(separator: ", "))
    }
    try GGUFAccount(file: file, name: form.name).check()
    func integer(_ key: String) throws -> Int { try Int(file.integer("\(form.name).\(key)")) }
    func integer(_ key: String, default absent: Int) throws -> Int {
      try file.integer("\(form.name).\(key)", default: absent)
    }
    let channels = try integer("embedding_length")
    let heads = try integer("attention.head_count")
    let embedding = try file.requireTensor("token_embd.weight")
    guard embedding.shape.count == 2 else {
      throw ModelError.shape(
        path: file.path, reason: "token_embd.weight has the shape \(embedding.shape)")
    }
    let headSize = try integer(
      "attention.key_length", default: heads > 0 ? channels / heads : 0)
    for key in ["attention.value_length", "rope.dimension_count"] {
      let size = try integer(key, default: headSize)
      guard size == headSize else {
        throw CheckpointError(
          .unsupported, in: file.path, at: .key("\(form.name).\(key)"),
          "expected the size of a head, \(headSize), found \(size)")
      }
    }
    func has(_ name: String) -> Bool { file.descriptor(of: name) != nil }
    let positions = try integer("context_length")
    self.init(
      architecture: family.architecture, parts: family.parts, vocabularySize: embedding.shape[0],
      channels: channels,
      blocks: try integer("block_count"), heads: heads,
      keyHeads: try integer("attention.head_count_kv", default: heads), headSize: headSize,
      feedForward: try integer("feed_forward_length"), positions: positions,
      normEpsilon: Float(try file.float("\(form.name).attention.layer_norm_rms_epsilon")),
      rotaryBase: try file.float("\(form.name).rope.freq_base", default: 10000),
      rotaryScaling: try file.rotaryScaling(form.name), rotaryIsInterleaved: form.isInterleaved,
      tiesHead: !has("output.weight"), hasAttentionInputBias: has("blk.0.attn_q.bias"),
      hasAttentionOutputBias: has("blk.0.attn_output.bias"),
      hasFeedForwardBias: has("blk.0.ffn_up.bias"), embeddingWidth: channels)
    try validate { (_, reason) in throw ModelError.shape(path: file.path, reason: reason) }
    rotaryDivisors = try file.rotaryDivisors(pairs: headSize / 2)
  }
}

extension GGUFFile {
  /// `NAME.rope.scaling.*`: nothing, or all frequencies by one factor.
  ///
  /// A factor without a type is linear, and may stand under its older name.
  ///
  /// > Source: the keys in the ggml project's description of the format; defaults as in llama.cpp.
  fileprivate func rotaryScaling(_ name: String) throws -> RotaryScaling? {
    let kind = try string("\(name).rope.scaling.type", default: "linear")
    let older = try float("\(name).rope.scale_linear", default: 0)
    let factor = try float("\(name).rope.scaling.factor", default: older)
    switch kind {
    case "none": return nil
    case "linear": return factor == 0 || factor == 1 ? nil : .linear(factor: factor)
    default:
      throw CheckpointError(
        .unsupported, in: path, at: .key("\(name).rope.scaling.type"),
        "expected \"none\" or \"linear\", found \"\(kind)\"")
    }
  }

  /// `rope_freqs.weight`: what each rotary frequency is divided by; nil without it, or where all are 1.
  fileprivate func rotaryDivisors(pairs: Int) throws -> [Double]? {
    guard descriptor(of: "rope_freqs.weight") != nil else { return nil }
    try requireTensor("rope_freqs.weight", shape: [pairs])
    let divisors = try read("rope_freqs.weight")
    if let bad = divisors.firstIndex(where: { $0 <= 0 }) {
      throw CheckpointError(
        .malformed, in: path, at: .element(tensor: "rope_freqs.weight", index: bad),
        "expected a divisor above 0, found \(divisors[bad])")
    }
    return divisors.allSatisfy { $0 == 1 } ? nil : divisors.map { Double($0) }
  }
}

/// Which keys of a GGUF file's metadata are about numbers, and whether all of those are read.
private struct GGUFAccount {
  let file: GGUFFile
  /// What begins the keys about the model.
  let name: String

  /// Read by ``ModelConfiguration/init(gguf:)``.
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

  /// - Throws: ``Checkpoints/CheckpointError`` at the first key of the model that may change numbers unread.
  func check() throws(CheckpointError) {
    for key in file.metadataKeys where key.hasPrefix(name + ".") {
      let member = String(key.dropFirst(name.count + 1))
      if Self.read.contains(member) || Self.harmless.contains(member) { continue }
      guard let rule = Self.fixed.first(where: { $0.key == member }) else {
        throw CheckpointError(
          .unsupported, in: file.path, at: .key(key), "this key isn't read, and may change numbers")
      }
      guard let found = number(key) else {
        throw CheckpointError(.mismatched, in: file.path, at: .key(key), "expected a number")
      }
      guard found == rule.value else {
        throw CheckpointError(
          .unsupported, in: file.path, at: .key(key),
          "expected \(rule.value), found \(found): a \(name) model of that kind isn't computed here"
        )
      }
    }
    if case .string(let layout)? = file.metadata["\(name).tensor_data_layout"],
      layout != "Meta AI original pth"
    {
      throw CheckpointError(
        .unsupported, in: file.path, at: .key("\(name).tensor_data_layout"),
        "expected \"Meta AI original pth\", found \"\(layout)\"")
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
