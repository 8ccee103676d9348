import JSONText
import Vocabulary

// OPT, pre-norm, and post-norm as in OPT-350m. Zhang et al. 2022, arXiv:2205.01068; names as in the hub's
// OPTForCausalLM.
extension ModelFamily {
  /// OPT.
  static let opt = ModelFamily(
    name: "opt", architecture: .opt,
    parts: ModelParts(
      norm: .layer, feedForward: .plainReLU, positions: .table(offset: 2), operands: .rows,
      scalesQueries: true),
    names: TensorNames(
      head: "lm_head", root: "model.decoder.", block: "layers.",
      parts: [
        .embedding: "embed_tokens", .positions: "embed_positions", .projectionIn: "project_in",
        .projectionOut: "project_out", .finalNorm: "final_layer_norm",
        .norm(.attention): "self_attn_layer_norm", .norm(.feedForward): "final_layer_norm",
        .linear(.query): "self_attn.q_proj", .linear(.key): "self_attn.k_proj",
        .linear(.value): "self_attn.v_proj", .linear(.output): "self_attn.out_proj",
        .linear(.up): "fc1", .linear(.down): "fc2",
      ]),
    members: [
      "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "ffn_dim",
      "max_position_embeddings", "activation_function", "enable_bias", "do_layer_norm_before",
      "_remove_final_layer_norm", "tie_word_embeddings", "word_embed_proj_dim",
    ],
    fixed: [("layer_norm_elementwise_affine", .bool(true))],
    fresh: FreshForm(className: "OPTForCausalLM", required: [], optional: []) { shape in
      [
        JSON.Member("word_embed_proj_dim", .integer(Int64(shape.channels))),
        JSON.Member("ffn_dim", .integer(Int64(shape.feedForward))),
        JSON.Member("activation_function", .string("relu")),
        JSON.Member("do_layer_norm_before", .bool(true)),
        JSON.Member("enable_bias", .bool(true)),
      ]
    }
  ) { family, reader throws(JSONError) in
    let channels = try reader.integer("hidden_size")
    let heads = try reader.integer("num_attention_heads")
    try reader.requireActivation("relu", in: ["activation_function"])
    let hasBias = try reader.optionalFlag("enable_bias") ?? true
    let normsFirst = try reader.optionalFlag("do_layer_norm_before") ?? true
    let removesFinal = try reader.optionalFlag("_remove_final_layer_norm") ?? false
    return ModelConfiguration(
      architecture: family.architecture, parts: family.parts,
      vocabularySize: try reader.integer("vocab_size"), channels: channels,
      blocks: try reader.integer("num_hidden_layers"), heads: heads, keyHeads: heads,
      headSize: heads > 0 ? channels / heads : 0, feedForward: try reader.integer("ffn_dim"),
      positions: try reader.optionalInteger("max_position_embeddings") ?? 2048,
      normEpsilon: 1e-5, tiesHead: try reader.optionalFlag("tie_word_embeddings") ?? true,
      hasAttentionInputBias: hasBias, hasAttentionOutputBias: hasBias, hasFeedForwardBias: hasBias,
      normsFirst: normsFirst,
      hasFinalNorm: normsFirst && !removesFinal,
      embeddingWidth: try reader.optionalInteger("word_embed_proj_dim") ?? channels)
  }
}
