import Checkpoints

/// How a checkpoint spells the tensors of a model: the only place with checkpoint names.
///
/// Names here are canonical: the hub's own, with the prefix that a whole causal model has. Files saved
/// from the bare decoder, compiled or wrapped, spell some otherwise; ``fileNames`` leads to those.
struct TensorNaming: Sendable {
  private enum Style { case hubLlama, hubOPT, gguf }
  private let style: Style
  /// Spelling in the file by canonical name, where the two differ.
  private let fileNames: [String: String]

  /// The naming of a checkpoint.
  ///
  /// - Throws: ``Checkpoints/CheckpointError`` where two tensors are the same one spelled differently.
  init(configuration: ModelConfiguration, checkpoint: any Checkpoint) throws(CheckpointError) {
    guard checkpoint.descriptor(of: "token_embd.weight") == nil else {
      style = .gguf
      fileNames = [:]
      return
    }
    style = configuration.architecture == .opt ? .hubOPT : .hubLlama
    let prefix = configuration.architecture == .opt ? "model.decoder." : "model."
    var fileNames: [String: String] = [:]
    for tensor in checkpoint.tensors {
      let canonical = Self.canonical(tensor.name, prefix: prefix)
      guard canonical != tensor.name else { continue }
      let other = fileNames.updateValue(tensor.name, forKey: canonical)
      if let other = other ?? (checkpoint.descriptor(of: canonical) == nil ? nil : canonical) {
        throw CheckpointError(
          .malformed, in: checkpoint.path, at: .tensor(tensor.name),
          "expected one '\(canonical)', found '\(other)' as well")
      }
    }
    self.fileNames = fileNames
  }

  /// The hub's own spelling, for files that are written here.
  init(hub architecture: ModelConfiguration.Architecture) {
    style = architecture == .opt ? .hubOPT : .hubLlama
    fileNames = [:]
  }

  /// The hub's spelling of a name: without what wrappers put in, with the prefix of a whole model.
  ///
  /// > Source: `torch.compile` (`_orig_mod`), `DistributedDataParallel` (`module`), FSDP and its activation
  /// > checkpointing (`_fsdp_wrapped_module`, `_checkpoint_wrapped_module`).
  static func canonical(_ name: String, prefix: String) -> String {
    let wrappers: Set<Substring> = [
      "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
    ]
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    parts.removeAll { wrappers.contains($0) }
    if parts.first == "module" { parts.removeFirst() }
    let plain = parts.joined(separator: ".")
    if plain.hasPrefix(prefix) || plain.hasPrefix("lm_head.") { return plain }
    // A bare decoder was saved with a shorter prefix, or none.
    let inner = prefix.dropFirst("model.".count)
    if !inner.isEmpty, plain.hasPrefix(inner) { return "model." + plain }
    let roots: Set<Substring> = [
      "embed_tokens", "layers", "norm", "rotary_emb", "embed_positions", "project_in",
      "project_out", "final_layer_norm",
    ]
    return parts.first.map(roots.contains) == true ? prefix + plain : plain
  }

  /// The same naming for a file that has its one table under the head's name.
  var embeddingAsHead: TensorNaming {
    var fileNames = fileNames
    fileNames[canonicalEmbedding] = head
    return TensorNaming(style: style, fileNames: fileNames)
  }

  private init(style: Style, fileNames: [String: String]) {
    self.style = style
    self.fileNames = fileNames
  }

  /// The name in the file.
  private func spelled(_ canonical: String) -> String { fileNames[canonical] ?? canonical }

  var embedding: String { spelled(canonicalEmbedding) }

  private var canonicalEmbedding: String {
    pick("model.embed_tokens.weight", "embed_tokens.weight", "token_embd.weight")
  }

  var head: String { spelled(pick("lm_head.weight", nil, "output.weight")) }

  var positions: String { spelled(pick("", "embed_positions.weight", "")) }

  var projectionIn: String { spelled(pick("", "project_in.weight", "")) }

  var projectionOut: String { spelled(pick("", "project_out.weight", "")) }

  func weight(_ id: LinearID) -> String { spelled(linear(id) + ".weight") }

  func bias(_ id: LinearID) -> String { spelled(linear(id) + ".bias") }

  /// Gain of the final norm.
  var finalGain: String { spelled(finalNorm + ".weight") }

  /// Bias of the final norm.
  var finalBias: String { spelled(finalNorm + ".bias") }

  /// Gain of a block's norm.
  func gain(_ kind: NormKind, block: Int) -> String { spelled(norm(kind, block) + ".weight") }

  /// Bias of a block's norm.
  func shift(_ kind: NormKind, block: Int) -> String { spelled(norm(kind, block) + ".bias") }

  private var finalNorm: String { pick("model.norm", "final_layer_norm", "output_norm") }

  private func norm(_ kind: NormKind, _ block: Int) -> String {
    let isAttention = kind == .attention
    return pick(
      "model.layers.\(block)."
        + (isAttention ? "input_layernorm" : "post_attention_layernorm"),
      "layers.\(block)." + (isAttention ? "self_attn_layer_norm" : "final_layer_norm"),
      "blk.\(block)." + (isAttention ? "attn_norm" : "ffn_norm"))
  }

  private func linear(_ id: LinearID) -> String {
    let block = id.block
    switch id.kind {
    case .query: return attention(block, "q_proj", "q_proj", "attn_q")
    case .key: return attention(block, "k_proj", "k_proj", "attn_k")
    case .value: return attention(block, "v_proj", "v_proj", "attn_v")
    case .output: return attention(block, "o_proj", "out_proj", "attn_output")
    case .gate: return feedForward(block, "gate_proj", "", "ffn_gate")
    case .up: return feedForward(block, "up_proj", "fc1", "ffn_up")
    case .down: return feedForward(block, "down_proj", "fc2", "ffn_down")
    }
  }

  private func attention(_ block: Int, _ llama: String, _ opt: String, _ gguf: String) -> String {
    pick(
      "model.layers.\(block).self_attn.\(llama)", "layers.\(block).self_attn.\(opt)",
      "blk.\(block).\(gguf)")
  }

  private func feedForward(_ block: Int, _ llama: String, _ opt: String, _ gguf: String)
    -> String
  {
    pick("model.layers.\(block).mlp.\(llama)", "layers.\(block).\(opt)", "blk.\(block).\(gguf)")
  }

  private func pick(_ llama: String, _ opt: String?, _ gguf: String) -> String {
    switch style {
    case .hubLlama: llama
    case .hubOPT: opt.map { "model.decoder." + $0 } ?? llama
    case .gguf: gguf
    }
  }
}
