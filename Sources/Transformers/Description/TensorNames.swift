/// What a model's tensors are called in files of one format.
struct TensorNames: Sendable {
  /// A tensor's part of a model, whatever its block.
  enum Part: Hashable, Sendable {
    case embedding, positions, projectionIn, projectionOut, finalNorm
    case norm(NormKind)
    case linear(LinearKind)
  }

  /// The head's name, which has no prefix.
  let head: String
  /// What stands before every other name.
  let root: String
  /// What stands before a block's number.
  let block: String
  /// The rest of each name, without `.weight` and `.bias`.
  var parts: [Part: String]
  /// Linears that lie in one tensor, one below the other; each has a name of its own in ``parts`` all the same.
  var joined: [(name: String, linears: [LinearKind])] = []

  /// LLaMA's names, which most families of the hub share.
  static let gated = TensorNames(
    head: "lm_head", root: "model.", block: "layers.",
    parts: [
      .embedding: "embed_tokens", .finalNorm: "norm", .norm(.attention): "input_layernorm",
      .norm(.feedForward): "post_attention_layernorm", .linear(.query): "self_attn.q_proj",
      .linear(.key): "self_attn.k_proj", .linear(.value): "self_attn.v_proj",
      .linear(.output): "self_attn.o_proj", .linear(.gate): "mlp.gate_proj",
      .linear(.up): "mlp.up_proj", .linear(.down): "mlp.down_proj",
    ])

  /// Names in GGUF files, which all architectures share but for what they join.
  ///
  /// > Source: the ggml project's description of the format, standardized tensor names.
  static let gguf = TensorNames(
    head: "output", root: "", block: "blk.",
    parts: [
      .embedding: "token_embd", .finalNorm: "output_norm", .norm(.attention): "attn_norm",
      .norm(.feedForward): "ffn_norm", .norm(.query): "attn_q_norm", .norm(.key): "attn_k_norm",
      .norm(.attentionOutput): "post_attention_norm", .norm(.feedForwardOutput): "post_ffw_norm",
      .linear(.query): "attn_q", .linear(.key): "attn_k", .linear(.value): "attn_v",
      .linear(.output): "attn_output", .linear(.gate): "ffn_gate", .linear(.up): "ffn_up",
      .linear(.down): "ffn_down",
    ])

  /// The same with other names of some parts.
  func with(_ others: [Part: String]) -> TensorNames {
    var result = self
    result.parts.merge(others) { $1 }
    return result
  }

  /// The same where some linears lie in one tensor.
  func joining(_ joined: [(name: String, linears: [LinearKind])]) -> TensorNames {
    var result = self
    result.joined = joined
    return result
  }

  /// The name of a part, without `.weight`; empty where the architecture hasn't got it.
  func name(_ part: Part, block number: Int? = nil) -> String {
    guard let name = parts[part] else { return "" }
    return root + (number.map { "\(block)\($0)." } ?? "") + name
  }

  /// The tensor in which a linear lies with others, and all of those.
  func joined(_ kind: LinearKind) -> (name: String, linears: [LinearKind])? {
    joined.first { $0.linears.contains(kind) }
  }

  /// What a name begins with where its root was left out.
  var roots: Set<Substring> {
    Set(parts.filter { $0.key.isOfFrame }.values.map { $0[...] } + ["layers", "rotary_emb"])
  }
}

extension TensorNames.Part {
  /// Whether the part stands outside the blocks.
  fileprivate var isOfFrame: Bool {
    switch self {
    case .embedding, .positions, .projectionIn, .projectionOut, .finalNorm: true
    case .norm, .linear: false
    }
  }
}
