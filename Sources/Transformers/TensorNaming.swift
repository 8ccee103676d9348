import Checkpoints

/// How a checkpoint spells the tensors of a model: the only place with checkpoint names.
struct TensorNaming: Sendable {
  private enum Style { case hubLlama, hubOPT(prefix: String), gguf }
  private let style: Style

  init(configuration: ModelConfiguration, checkpoint: any Checkpoint) {
    if checkpoint.descriptor(of: "token_embd.weight") != nil {
      style = .gguf
    } else if configuration.architecture == .opt {
      // Files saved from the bare decoder lack the outer prefix.
      let bare = checkpoint.descriptor(of: "decoder.embed_tokens.weight") != nil
      style = .hubOPT(prefix: bare ? "decoder." : "model.decoder.")
    } else {
      style = .hubLlama
    }
  }

  /// The hub's own spelling, for files that are written here.
  init(hub architecture: ModelConfiguration.Architecture) {
    style = architecture == .opt ? .hubOPT(prefix: "model.decoder.") : .hubLlama
  }

  var embedding: String {
    pick("model.embed_tokens.weight", "embed_tokens.weight", "token_embd.weight")
  }

  var head: String { pick("lm_head.weight", nil, "output.weight") }

  var positions: String { pick("", "embed_positions.weight", "") }

  var projectionIn: String { pick("", "project_in.weight", "") }

  var projectionOut: String { pick("", "project_out.weight", "") }

  /// Without `.weight` or `.bias`.
  var finalNorm: String { pick("model.norm", "final_layer_norm", "output_norm") }

  func weight(_ id: LinearID) -> String { linear(id) + ".weight" }

  func bias(_ id: LinearID) -> String { linear(id) + ".bias" }

  /// Without `.weight` or `.bias`.
  func norm(_ kind: NormKind, block: Int) -> String {
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
    case .hubOPT(let prefix): opt.map { prefix + $0 } ?? llama
    case .gguf: gguf
    }
  }
}
