import Checkpoints
import Vocabulary

/// Which tensors a model reads, and what else may stand in its checkpoint.
///
/// A tensor that nobody reads is the beginning of a wrong number: it is known to be harmless by its name,
/// or the checkpoint is refused.
enum TensorAccount {
  /// One tensor that a model reads.
  typealias Entry = (name: String, shape: [Int])

  /// All tensors of a model under a naming: embedding, head, positions, projections, blocks, final norm.
  ///
  /// The order is frozen: it keys the numbers of synthetic weights.
  static func entries(_ c: ModelConfiguration, _ naming: TensorNaming) -> [Entry] {
    var entries: [Entry] = [(naming.embedding, [c.vocabularySize, c.embeddingWidth])]
    if !c.tiesHead { entries.append((naming.head, [c.vocabularySize, c.embeddingWidth])) }
    if c.positionRows > 0 { entries.append((naming.positions, [c.positionRows, c.channels])) }
    if c.embeddingWidth != c.channels {
      entries.append((naming.projectionIn, [c.channels, c.embeddingWidth]))
      entries.append((naming.projectionOut, [c.embeddingWidth, c.channels]))
    }
    for block in 0..<c.blocks { entries += Self.entries(ofBlock: block, c, naming) }
    if c.hasFinalNorm {
      entries.append((naming.finalGain, [c.channels]))
      if c.parts.hasNormBias { entries.append((naming.finalBias, [c.channels])) }
    }
    return entries
  }

  private static func entries(ofBlock block: Int, _ c: ModelConfiguration, _ naming: TensorNaming)
    -> [Entry]
  {
    var entries: [Entry] = []
    for kind in c.norms {
      entries.append((naming.gain(kind, block: block), [c.channels(of: kind)]))
      if c.parts.hasNormBias {
        entries.append((naming.shift(kind, block: block), [c.channels(of: kind)]))
      }
    }
    for kind in c.linears {
      let id = LinearID(block: block, kind: kind)
      let (outputs, inputs) = c.shape(of: kind)
      var (weight, bias, rows) = (naming.weight(id), naming.bias(id), outputs)
      if let joined = naming.joined(id, "weight") {
        // Once, for the first of those that lie in it.
        guard joined.linears.first == kind else { continue }
        (weight, bias) = (joined.name, naming.joined(id, "bias")?.name ?? bias)
        rows = joined.linears.reduce(0) { $0 + c.shape(of: $1).outputs }
      }
      entries.append((weight, [rows, inputs]))
      if c.hasBias(kind) { entries.append((bias, [rows])) }
    }
    return entries
  }

  /// Sees that every tensor that the model reads is there in its shape, and every other is harmless;
  /// `alsoRead` are names that are read beside the model's own.
  ///
  /// - Throws: ``Checkpoints/CheckpointError`` at the first that isn't.
  static func check(
    _ checkpoint: any Checkpoint, _ c: ModelConfiguration, _ naming: TensorNaming,
    alsoRead: Set<String>
  ) throws(CheckpointError) {
    try refuseQuantized(checkpoint)
    var read = alsoRead
    // Block by block: a count that lies ends at the first block that isn't there.
    let frame = entries(withoutBlocks(c), naming)
    for entry in frame { read.insert(try require(entry, of: checkpoint)) }
    for block in 0..<c.blocks {
      for entry in entries(ofBlock: block, c, naming) {
        read.insert(try require(entry, of: checkpoint))
      }
    }
    let others = checkpoint.tensors.map(\.name).filter { !read.contains($0) && !isHarmless($0) }
    guard let first = others.first else { return }
    var reason =
      "nothing in this \(c.architecture.rawValue) model reads it, so numbers would be wrong"
    if let why = reasons.first(where: { first.contains($0.part) }) { reason += "; \(why.words)" }
    if others.count > 1 { reason += " (nor \(others.count - 1) more, such as '\(others[1])')" }
    throw CheckpointError(.unsupported, in: checkpoint.path, at: .tensor(first), reason)
  }

  /// The name of a tensor that is there, in its shape and as floats.
  private static func require(_ entry: Entry, of checkpoint: any Checkpoint)
    throws(CheckpointError) -> String
  {
    let tensor = try checkpoint.requireTensor(entry.name, shape: entry.shape)
    guard tensor.type.isFloat else {
      throw CheckpointError(
        .unsupported, in: checkpoint.path, at: .tensor(entry.name),
        "expected floats of a type that is read here, found \(tensor.typeName)")
    }
    return entry.name
  }

  private static func withoutBlocks(_ c: ModelConfiguration) -> ModelConfiguration {
    var c = c
    c.blocks = 0
    return c
  }

  /// Why a tensor may be there that isn't read.
  private static let reasons: [(part: String, words: String)] = [
    ("lora_", "merge the adapter into its base model first"),
    ("self_attn.o_proj.bias", "does config.json lack \"attention_bias\": true?"),
    ("_proj.bias", "does config.json lack \"attention_bias\": true or \"mlp_bias\": true?"),
    ("rope_factors_", "positions for long texts (LongRoPE) aren't computed here"),
    ("layers.", "does config.json name another number of layers or another architecture?"),
    ("blk.", "is it another architecture, or another number of blocks?"),
  ]

  /// Whether a tensor that isn't read can't change numbers: tables that are computed anew, and masks.
  ///
  /// > Source: buffers of the hub's modeling files, of earlier versions of transformers and of llama.cpp's
  /// > conversions; the version number of fairseq's decoder.
  static func isHarmless(_ name: String) -> Bool {
    let endings = [
      "rotary_emb.inv_freq", "rotary_emb.cos_cached", "rotary_emb.sin_cached",
      "self_attn.masked_bias", "attn.masked_bias", "attn_rot_embd.weight", "attn_rot_embd",
      "decoder.version",
    ]
    return endings.contains { name == $0 || name.hasSuffix("." + $0) }
      || ["rope_cosines", "rope_sines"].contains(name)
  }

  /// Throws where tensors show that the weights are quantized already, whatever the configuration says.
  private static func refuseQuantized(_ checkpoint: any Checkpoint) throws(CheckpointError) {
    for tensor in checkpoint.tensors {
      guard let mark = marks.first(where: { tensor.name.contains($0.part) }) else { continue }
      throw CheckpointError(
        .unsupported, in: checkpoint.path, at: .tensor(tensor.name),
        "expected weights as they were trained, found a checkpoint that is quantized already, by "
          + "\(mark.by); name the model that it was made from")
    }
  }

  /// Parts of names that only quantized checkpoints have.
  ///
  /// > Source: what AutoGPTQ, AutoAWQ, compressed-tensors, bitsandbytes and transformers' fp8 write.
  private static let marks: [(part: String, by: String)] = [
    (".qweight", "gptq or awq"), (".qzeros", "gptq or awq"), (".g_idx", "gptq"),
    (".weight_packed", "compressed-tensors"), (".weight_zero_point", "compressed-tensors"),
    (".weight_scale_inv", "fp8"), (".weight_scale", "compressed-tensors or fp8"),
    (".input_scale", "compressed-tensors or fp8"), (".quant_state.", "bitsandbytes"),
    (".weight.absmax", "bitsandbytes"), (".weight.quant_map", "bitsandbytes"),
    (".SCB", "bitsandbytes"), (".weight_format", "bitsandbytes"),
  ]
}
