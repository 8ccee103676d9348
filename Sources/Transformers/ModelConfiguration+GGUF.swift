public import Checkpoints
import Vocabulary

extension ModelConfiguration {
  /// Reads the metadata of a GGUF file of a family that says how such files hold it, and holds each key
  /// about the model to account.
  ///
  /// - Throws: ``Checkpoints/CheckpointError`` for a key that is missing, mistyped or may change numbers
  ///   unread, ``ModelError`` for another architecture.
  public init(gguf file: GGUFFile) throws {
    let (family, form) = try GGUFForm.of(file)
    let keys = GGUFKeys(file: file, form: form)
    try keys.account()
    let channels = try keys.integer("embedding_length")
    let heads = try keys.integer("attention.head_count")
    let embedding = try file.requireTensor("token_embd.weight")
    guard embedding.shape.count == 2 else {
      throw ModelError.shape(
        path: file.path, reason: "token_embd.weight has the shape \(embedding.shape)")
    }
    let headSize = try keys.integer(
      "attention.key_length", default: heads > 0 ? channels / heads : 0)
    for key in ["attention.value_length", "rope.dimension_count"] {
      let size = try keys.integer(key, default: headSize)
      guard size == headSize else {
        throw keys.error(
          .unsupported, key, "expected the size of a head, \(headSize), found \(size)")
      }
    }
    func hasBias(_ kind: LinearKind) -> Bool {
      let own = form.names.name(.linear(kind), block: 0)
      let joined = form.names.joined(kind).map { "\(form.names.block)0.\($0.name)" }
      return file.descriptor(of: (joined ?? own) + ".bias") != nil
    }
    self.init(
      architecture: family.architecture, parts: family.parts, vocabularySize: embedding.shape[0],
      channels: channels, blocks: try keys.integer("block_count"), heads: heads,
      keyHeads: try keys.integer("attention.head_count_kv", default: heads), headSize: headSize,
      feedForward: try keys.integer("feed_forward_length"),
      positions: try keys.integer("context_length"),
      normEpsilon: Float(try keys.float("attention.layer_norm_rms_epsilon")),
      rotaryBase: try keys.float("rope.freq_base", default: 10000),
      rotaryScaling: try keys.rotaryScaling(), rotaryIsInterleaved: form.isInterleaved,
      tiesHead: file.descriptor(of: "output.weight") == nil,
      hasAttentionInputBias: hasBias(.query), hasAttentionOutputBias: hasBias(.output),
      hasFeedForwardBias: hasBias(.up), embeddingWidth: channels)
    func check() throws {
      try validate { (member, reason) in
        throw ModelError.shape(path: file.path, reason: "\(keys.name(of: member)): \(reason)")
      }
    }
    try check()
    // A block has tensors; what goes through the blocks below needn't believe any number.
    guard blocks <= file.tensors.count else {
      throw keys.error(
        .mismatched, "block_count",
        "expected no more than the file's \(file.tensors.count) tensors, found \(blocks)")
    }
    if form.hasRotaryDivisors { rotaryDivisors = try file.rotaryDivisors(pairs: headSize / 2) }
    try form.complete(&self, keys)
    try check()
  }
}

extension GGUFKeys {
  /// `rope.scaling.*`: nothing, or all frequencies by one factor.
  ///
  /// A factor without a type is linear, and may stand under its older name.
  ///
  /// > Source: the keys in the ggml project's description of the format; defaults as in llama.cpp.
  fileprivate func rotaryScaling() throws(CheckpointError) -> RotaryScaling? {
    let kind = try string("rope.scaling.type", default: "linear")
    let older = try float("rope.scale_linear", default: 0)
    let factor = try float("rope.scaling.factor", default: older)
    switch kind {
    case "none": return nil
    case "linear": return factor == 0 || factor == 1 ? nil : .linear(factor: factor)
    default:
      throw error(
        .unsupported, "rope.scaling.type", "expected \"none\" or \"linear\", found \"\(kind)\"")
    }
  }
}

extension GGUFFile {
  /// `rope_freqs.weight`: what each rotary frequency is divided by; nil without it, or where all are 1.
  fileprivate func rotaryDivisors(pairs: Int) throws(CheckpointError) -> [Double]? {
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
