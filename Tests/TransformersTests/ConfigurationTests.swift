import JSONText
import Testing
import Transformers

/// Configurations that would be computed with, and give no numbers or wrong ones.
@Suite struct ConfigurationTests {
  static func configuration(_ members: String) throws -> ModelConfiguration {
    let text = """
      {"model_type": "llama", "vocab_size": 9, "hidden_size": 8, "num_hidden_layers": 1,
       "num_attention_heads": 2, "intermediate_size": 4, \(members)}
      """
    return try ModelConfiguration(
      hubConfiguration: JSONDocument(text: Array(text.utf8), file: "config.json"))
  }

  @Test(arguments: [
    (
      #""rms_norm_eps": -1"#, "/rms_norm_eps",
      "expected a finite number of at least 0, found -1.0"
    ),
    (#""rope_theta": 0"#, "/rope_theta", "expected a finite number above 0, found 0.0"),
    (#""rope_theta": -1"#, "/rope_theta", "expected a finite number above 0, found -1.0"),
    (
      #""rope_scaling": {"rope_type": "llama3", "factor": 0, "low_freq_factor": 1, "#
        + #""high_freq_factor": 4, "original_max_position_embeddings": 8192}"#,
      "/rope_scaling", "expected a 'factor' above 0, found 0.0"
    ),
  ])
  func whatNoModelMeans(members: String, pointer: String, reason: String) {
    let error = #expect(throws: JSONError.self) { try Self.configuration(members) }
    #expect(error?.pointer == pointer)
    #expect(error?.reason == reason)
  }

  @Test func itsLimitsAreFine() throws {
    #expect(try Self.configuration(#""rms_norm_eps": 0, "mlp_bias": false"#).normEpsilon == 0)
  }

  /// What a configuration says of a member, by its pointer, or "fine".
  static func complaint(_ members: String, type: String = "llama") -> String {
    let text = """
      {"model_type": "\(type)", "vocab_size": 9, "hidden_size": 8, "num_hidden_layers": 2,
       "num_attention_heads": 2, "num_key_value_heads": 2, "intermediate_size": 4, "ffn_dim": 4,
       \(members)}
      """
    let only =
      type == "opt"
      ? ["\"num_key_value_heads\": 2, \"intermediate_size\": 4, "] : ["\"ffn_dim\": 4,"]
    let fitting = only.reduce(text) { text, part in
      text.split(separator: part, omittingEmptySubsequences: false).joined()
    }
    do {
      _ = try ModelConfiguration(
        hubConfiguration: JSONDocument(text: Array(fitting.utf8), file: "config.json"))
      return "fine"
    } catch {
      return "\(error.pointer): \(error.reason)"
    }
  }

  @Test(
    "Every member is read, harmless, or refused by name",
    arguments: [
      (
        "llama", #""attention_bais": true"#,
        "/attention_bais: 'attention_bais' isn't read for model_type \"llama\", and may change numbers; "
          + "did you mean 'attention_bias'?"
      ),
      (
        "llama", #""logit_scale": 0.5"#,
        "/logit_scale: 'logit_scale' isn't read for model_type \"llama\", and may change numbers"
      ),
      ("llama", #""logit_scale": null, "torch_dtype": "bfloat16", "use_cache": false"#, "fine"),
      (
        "llama", #""sliding_window": 16"#,
        "/sliding_window: 'sliding_window' isn't read for model_type \"llama\", and may change numbers"
      ),
      (
        "mistral", #""attention_bias": true"#,
        "/attention_bias: expected false, found true: a mistral model of that kind isn't computed here"
      ),
      (
        "qwen2", #""attention_bias": false"#,
        "/attention_bias: expected true, found false: a qwen2 model of that kind isn't computed here"
      ),
      (
        "llama", #""partial_rotary_factor": 0.5"#,
        "/partial_rotary_factor: expected 1, found 0.5: a llama model of that kind isn't computed here"
      ),
      ("llama", #""partial_rotary_factor": 1.0, "rope_interleaved": false"#, "fine"),
      (
        "opt", #""layer_norm_elementwise_affine": false"#,
        "/layer_norm_elementwise_affine: expected true, found false: "
          + "a opt model of that kind isn't computed here"
      ),
      (
        "llama", #""quantization_config": {"quant_method": "awq", "bits": 4}"#,
        "/quantization_config: expected weights as they were trained, found a checkpoint that is quantized "
          + "already, by awq; name the model that it was made from"
      ),
      (
        "llama", #""quantization_config": {"load_in_8bit": true}"#,
        "/quantization_config: expected weights as they were trained, found a checkpoint that is quantized "
          + "already, by bitsandbytes; name the model that it was made from"
      ),
      (
        "llama", #""rope_scaling": {"type": "longrope", "factor": 2}"#,
        "/rope_scaling: expected rope_type \"default\", \"linear\", \"dynamic\", \"llama3\" or \"yarn\", "
          + "found \"longrope\""
      ),
      (
        "llama", #""rope_scaling": {"type": "linear", "rope_type": "yarn", "factor": 2}"#,
        "/rope_scaling/type: expected \"yarn\", as 'rope_type' says, found \"linear\""
      ),
      (
        "llama", #""rope_parameters": {"rope_type": "linear", "factor": 2, "faktor": 3}"#,
        "/rope_parameters/faktor: 'faktor' isn't read for rope_type \"linear\", and may change numbers; "
          + "did you mean 'factor'?"
      ),
      (
        "llama",
        #""rope_scaling": {"type": "linear", "factor": 2}, "rope_parameters": {"rope_type": "default"}"#,
        "/rope_parameters: expected what 'rope_scaling' says too, found other positions"
      ),
      (
        "llama", #""rope_theta": 10, "rope_parameters": {"rope_theta": 20}"#,
        "/rope_parameters/rope_theta: expected 10.0, as 'rope_theta' says, found 20.0"
      ),
      (
        "phi3", #""rope_scaling": {"type": "yarn", "factor": 2}"#,
        "/rope_scaling/type: expected \"default\", found \"yarn\""
      ),
      (
        "phi3", #""rope_parameters": {"rope_type": "longrope", "factor": 2}"#,
        "/rope_parameters/rope_type: expected \"default\", found \"longrope\""
      ),
      (
        "gemma3_text", #""rope_parameters": {"rope_type": "default", "rope_theta": 300}"#,
        "/rope_parameters/rope_type: expected 'full_attention' and 'sliding_attention', each with its own "
          + "members; this one isn't read, and may change numbers"
      ),
      (
        "gemma3_text", #""_sliding_window_pattern": 2"#,
        "/_sliding_window_pattern: expected 6, 'sliding_window_pattern' or its default, or 'layer_types'; "
          + "found 2"
      ),
      (
        "gemma3_text",
        #""sliding_window": null, "layer_types": ["full_attention", "sliding_attention"]"#,
        "/sliding_window: expected a count of tokens: block 1 has a window, found null"
      ),
      (
        "qwen2",
        #""use_sliding_window": false, "layer_types": ["full_attention", "sliding_attention"]"#,
        "/layer_types: expected no \"sliding_attention\" without 'use_sliding_window'"
      ),
      ("mistral", #""sliding_window": 0"#, "/sliding_window: expected at least 1, found 0"),
      (
        "gemma", #""x": 1"#,
        "/model_type: expected one of llama, mistral, qwen2, opt, qwen3, gemma3_text, phi3, smollm3; "
          + "found \"gemma\""
      ),
    ])
  func accounted(type: String, members: String, expected: String) {
    #expect(Self.complaint(members, type: type) == expected)
  }

  @Test("Where attention reaches back only so far")
  func windows() throws {
    func configuration(_ type: String, _ members: String) throws -> ModelConfiguration {
      let text = """
        {"model_type": "\(type)", "vocab_size": 9, "hidden_size": 8, "num_hidden_layers": 3,
         "num_attention_heads": 2, "num_key_value_heads": 2, "intermediate_size": 4, \(members)}
        """
      return try ModelConfiguration(
        hubConfiguration: JSONDocument(text: Array(text.utf8), file: "config.json"))
    }
    func reaches(_ type: String, _ members: String) throws -> [Int?] {
      let c = try configuration(type, members)
      return (0..<3).map { c.reach(ofBlock: $0) }
    }
    // Absent isn't null: Mistral's class then assumes 4096.
    #expect(try reaches("mistral", #""hidden_act": "silu""#) == [4096, 4096, 4096])
    #expect(try reaches("mistral", #""sliding_window": null"#) == [nil, nil, nil])
    #expect(try reaches("mistral", #""sliding_window": 7"#) == [7, 7, 7])
    #expect(try reaches("qwen2", #""sliding_window": 7"#) == [nil, nil, nil])
    let uses = #""sliding_window": 7, "use_sliding_window": true, "#
    #expect(try reaches("qwen2", uses + #""max_window_layers": 2"#) == [nil, nil, 7])
    #expect(try reaches("qwen2", uses + #""max_position_embeddings": 9"#) == [nil, nil, nil])
    #expect(
      try reaches(
        "qwen2",
        uses + #""layer_types": ["sliding_attention", "full_attention", "sliding_attention"]"#)
        == [7, nil, 7])
    // Key heads that aren't named are those of the class, not as many as query heads.
    let text = """
      {"model_type": "mistral", "vocab_size": 9, "hidden_size": 32, "num_hidden_layers": 1,
       "num_attention_heads": 16, "intermediate_size": 4}
      """
    let bare = try ModelConfiguration(
      hubConfiguration: JSONDocument(text: Array(text.utf8), file: "config.json"))
    #expect(bare.keyHeads == 8 && bare.positions == 131_072)
  }

  @Test("Both spellings of rotary positions are one")
  func spellings() throws {
    let old = try Self.configuration(
      #""rope_theta": 500.0, "rope_scaling": {"type": "linear", "factor": 4.0}"#)
    let new = try Self.configuration(
      #""rope_parameters": {"rope_theta": 500.0, "rope_type": "linear", "factor": 4.0}"#)
    #expect(old == new)
    #expect(old.rotaryScaling == .linear(factor: 4) && old.rotaryBase == 500)
  }
}
