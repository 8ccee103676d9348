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
      #""mlp_bias": true"#, "/mlp_bias",
      "expected false, found true: biases of the MLP aren't supported"
    ),
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
}
