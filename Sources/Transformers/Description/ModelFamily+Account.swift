import JSONText

extension ModelFamily {
  /// Holds every member of a configuration to account: read, known not to change numbers, or refused.
  ///
  /// - Throws: ``JSONText/JSONError`` at the first member that may change numbers unread.
  func account(for document: JSONDocument) throws(JSONError) {
    guard case .object(let found) = document.root else {
      throw document.error(at: "", "expected an object")
    }
    for member in found where member.value != .null {
      let name = member.name
      if name == "quantization_config" || name == "compression_config" {
        throw document.error(
          at: "/\(name)",
          "expected weights as they were trained, found a checkpoint that is quantized already, by "
            + "\(Self.quantizer(member.value)); name the model that it was made from")
      }
      if members.contains(name) || Self.always.contains(name) || Self.harmless.contains(name) {
        continue
      }
      if let rule = (fixed + Self.fixedForAll).first(where: { $0.name == name }) {
        guard !Self.isSame(member.value, rule.value) else { continue }
        throw document.error(
          at: "/\(name)",
          "expected \(Self.words(rule.value)), found \(Self.words(member.value)): a \(self.name) "
            + "model of that kind isn't computed here")
      }
      var reason = "'\(name)' isn't read for model_type \"\(self.name)\", and may change numbers"
      if let near = nearestName(to: name, in: self.members) {
        reason += "; did you mean '\(near)'?"
      }
      throw document.error(at: "/\(name)", reason)
    }
  }

  /// Read before a family is known.
  private static let always: Set = ["model_type", "synthetic_seed"]

  /// Members whose other values are refused whatever the family.
  private static let fixedForAll: [(name: String, value: JSON)] = [
    ("is_encoder_decoder", .bool(false)), ("add_cross_attention", .bool(false)),
    ("partial_rotary_factor", .integer(1)), ("rope_interleaved", .bool(false)),
    ("pruned_heads", .object([])), ("use_bfloat16", .bool(false)), ("use_qk_norm", .bool(false)),
    ("qk_layernorm", .bool(false)), ("auto_map", .object([])),
  ]

  /// Members that name things, or are about training, generation and the run of a program alone.
  private static let harmless: Set = [
    "architectures", "_name_or_path", "name_or_path", "_commit_hash", "_from_model_config",
    "transformers_version", "torch_dtype", "dtype", "use_cache", "initializer_range", "init_std",
    "attention_dropout", "activation_dropout", "hidden_dropout", "dropout", "classifier_dropout",
    "layerdrop", "embd_pdrop", "resid_pdrop", "attn_pdrop", "pretraining_tp", "bos_token_id",
    "eos_token_id", "pad_token_id", "unk_token_id", "sep_token_id", "decoder_start_token_id",
    "tokenizer_class", "prefix", "task_specific_params", "finetuning_task", "problem_type",
    "id2label", "label2id", "num_labels", "output_attentions", "output_hidden_states",
    "output_scores", "return_dict", "return_dict_in_generate", "torchscript",
    "chunk_size_feed_forward", "is_decoder", "tie_encoder_decoder", "cross_attention_hidden_size",
    "gradient_checkpointing", "max_length", "min_length", "max_new_tokens", "do_sample",
    "early_stopping", "num_beams", "num_beam_groups", "diversity_penalty", "temperature", "top_k",
    "top_p", "typical_p", "repetition_penalty", "length_penalty", "no_repeat_ngram_size",
    "encoder_no_repeat_ngram_size", "bad_words_ids", "num_return_sequences",
    "forced_bos_token_id", "forced_eos_token_id", "remove_invalid_values",
    "exponential_decay_length_penalty", "suppress_tokens", "begin_suppress_tokens",
    "tf_legacy_loss", "_attn_implementation", "attn_implementation",
    "_attn_implementation_autoset", "_flash_attn_2_enabled", "use_flash_attention",
    "model_max_length", "max_sequence_length", "unsloth_version", "unsloth_fixed",
    "is_llama_config", "transformers.js_config",
  ]

  /// The name of what quantized a checkpoint, as its configuration gives it.
  private static func quantizer(_ value: JSON) -> String {
    if case .string(let name)? = value["quant_method"] { return name }
    for name in ["load_in_4bit", "load_in_8bit"] where value[name] == .bool(true) {
      return "bitsandbytes"
    }
    return "a method that it doesn't name"
  }

  private static func isSame(_ left: JSON, _ right: JSON) -> Bool {
    switch (left, right) {
    case (.number(let number, _), .integer(let other)): number == Double(other)
    case (.array(let elements), .object(let members)): elements.isEmpty && members.isEmpty
    default: left == right
    }
  }

  private static func words(_ value: JSON) -> String {
    switch value {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .integer(let number): "\(number)"
    case .number(_, let text): text
    case .string(let text): "\"\(text)\""
    case .array: "an array"
    case .object(let members): members.isEmpty ? "nothing" : "an object"
    }
  }
}
