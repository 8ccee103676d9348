import JSONText
import Tokenizers
import Transformers

extension Recipe {
  /// The model's `config.json` as the hub spells it.
  func hubConfiguration(_ tokenizer: any Tokenizer) -> JSON {
    func integer(_ value: Int) -> JSON { .integer(Int64(value)) }
    func number(_ value: Double) -> JSON { .number(value, text: "\(value)") }
    var members: [JSON.Member] = []
    func add(_ name: String, _ value: JSON) { members.append(JSON.Member(name, value)) }
    let isOPT = architecture == .opt
    add("architectures", .array([.string(isOPT ? "OPTForCausalLM" : "LlamaForCausalLM")]))
    add("model_type", .string(architecture.rawValue))
    add("vocab_size", integer(shape.vocabulary))
    add("hidden_size", integer(shape.channels))
    add("num_hidden_layers", integer(shape.blocks))
    add("num_attention_heads", integer(shape.heads))
    add("max_position_embeddings", integer(shape.positions))
    add("tie_word_embeddings", .bool(shape.tiesHead))
    if isOPT {
      add("word_embed_proj_dim", integer(shape.channels))
      add("ffn_dim", integer(shape.feedForward))
      add("activation_function", .string("relu"))
      add("do_layer_norm_before", .bool(true))
      add("enable_bias", .bool(true))
    } else {
      add("num_key_value_heads", integer(shape.keyHeads ?? shape.heads))
      add("intermediate_size", integer(shape.feedForward))
      add("hidden_act", .string("silu"))
      add("rope_theta", number(shape.rotaryBase ?? 10000))
      add("rms_norm_eps", number(shape.normEpsilon ?? 1e-5))
    }
    if let id = tokenizer.beginningOfSequence { add("bos_token_id", integer(Int(id))) }
    if let id = tokenizer.endOfSequence { add("eos_token_id", integer(Int(id))) }
    add("torch_dtype", .string("float16"))
    return .object(members)
  }

  /// The model's shape and conventions, read from ``hubConfiguration(_:)`` as from any hub's folder.
  func modelConfiguration(_ tokenizer: any Tokenizer) throws(JSONError) -> ModelConfiguration {
    let text = try jsonText(of: hubConfiguration(tokenizer), style: .pretty)
    return try ModelConfiguration(
      hubConfiguration: JSONDocument(text: Array(text.utf8), file: "config.json"))
  }
}
