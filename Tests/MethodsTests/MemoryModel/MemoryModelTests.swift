import JSONText
import MethodKit
import Methods
import Quantizers
import Testing
import Transformers

/// The memory model against arithmetic by hand, on shapes that are never loaded.
@Suite("The memory model by hand")
struct MemoryModelTests {
  private func estimate(
    _ method: String, _ options: String, _ bits: QuantizationSpec, channels: Int, blocks: Int,
    heads: Int, threads: Int = 2
  ) throws -> MemoryEstimate {
    let configuration = try ModelConfiguration(
      hubConfiguration: JSONDocument(
        text: Array(
          """
          { "model_type": "opt", "vocab_size": 50272, "hidden_size": \(channels),
            "num_hidden_layers": \(blocks), "num_attention_heads": \(heads),
            "ffn_dim": \(4 * channels), "max_position_embeddings": 2048,
            "tie_word_embeddings": true }
          """.utf8), file: "config.json"))
    let shape = MemoryShape(
      configuration: configuration, windowTokens: 128, trainingWindows: 1000,
      developmentWindows: 1, testWindows: 1, threads: threads, processors: 2)
    let made = try MethodCatalog.make(
      method, options: JSONDocument(text: Array(options.utf8), file: "options"), at: "", bits: bits)
    return try #require(made.memory(shape))
  }

  private func bytes(_ use: MemoryUse, _ estimate: MemoryEstimate) -> Int {
    estimate.parts.first { $0.name == use.rawValue }?.bytes ?? 0
  }

  @Test("OPT-13B at W2A16g128 with Q and V in bfloat16")
  func thirteenBillion() throws {
    let found = try estimate(
      "zeroqat-light",
      """
      { "steps": 1, "learningRate": 1e-7, "epsilon": 1e-3, "initialisation": "none",
        "weightType": "bfloat16", "clipGamma": 4 }
      """, QuantizationSpec(weightBits: 2, activationBits: nil, groupSize: 128), channels: 5120,
      blocks: 40, heads: 40)
    // A sixth of 12,582,912,000 weights in two bytes: the paper's 4.2 GB.
    #expect(bytes(.weights, found) == 2_097_152_000 * 2)
    // The other 10,485,760,000 in two bits, and six bytes for each 128 of them.
    #expect(bytes(.packed, found) == 10_485_760_000 / 4 + 10_485_760_000 / 128 * 6)
    // Embedding in two bytes, positions and both vectors of the final norm in four.
    #expect(
      bytes(.frame, found) == 50_272 * 5120 * 2 + 2050 * 5120 * 4 + 2 * 5120 * 4)
    // A page of constant clip fractions for each Q and V; biases and norms.
    #expect(
      bytes(.vectors, found)
        == 80 * 4096 + 40 * 4 * (5 * 5120 + 20_480 + 4 * 5120))
    #expect(bytes(.gradients, found) == 0 && bytes(.moments, found) == 0)
    // The paper's 6.8 GB are weights alone; all else here is a tenth more.
    #expect(found.bytes > 7_900_000_000 && found.bytes < 8_200_000_000)
  }

  @Test("Training OPT-1.3B by AdamW takes sixteen bytes for each weight of its blocks")
  func firstOrder() throws {
    let found = try estimate(
      "ste-qat", #"{ "steps": 1, "learningRate": 1e-5, "initialisation": "none" }"#,
      QuantizationSpec(weightBits: 4, activationBits: 4, groupSize: nil), channels: 2048,
      blocks: 24, heads: 32)
    let weights = 1_207_959_552
    #expect(bytes(.weights, found) == 4 * weights)
    #expect(bytes(.gradients, found) == 4 * weights)
    #expect(bytes(.moments, found) == 8 * weights)
    #expect(found.bytes > 16 * weights && found.bytes < 17 * weights)
    let all = try estimate(
      "ste-qat",
      #"{ "steps": 1, "learningRate": 1e-5, "initialisation": "none", "learn": "all" }"#,
      QuantizationSpec(weightBits: 4, activationBits: 4, groupSize: nil), channels: 2048,
      blocks: 24, heads: 32)
    // With embedding, positions, norms and biases it is sixteen bytes for each of its parameters.
    let parts = [MemoryUse.weights, .vectors, .frame, .gradients, .moments]
    let trained = parts.reduce(0) { $0 + bytes($1, all) }
    #expect(abs(Double(trained) / Double(16 * 1_315_758_080) - 1) < 1e-3)
  }

  @Test("Zeroth-order training takes no more for more windows than their activations")
  func windows() throws {
    func found(_ windows: Int) throws -> MemoryEstimate {
      try estimate(
        "zeroqat",
        """
        { "steps": 1, "learningRate": 1e-7, "epsilon": 1e-3, "initialisation": "none",
          "batchWindows": \(windows) }
        """, QuantizationSpec(weightBits: 4, activationBits: 4, groupSize: nil), channels: 2048,
        blocks: 24, heads: 32)
    }
    let (one, sixteen) = (try found(1), try found(16))
    for use in MemoryUse.allCases where use != .activations && use != .scores {
      #expect(bytes(use, one) == bytes(use, sixteen), "\(use.rawValue)")
    }
    // A workspace, the stream and its norm: seven rows of C and one of F for each token.
    #expect(bytes(.activations, sixteen) == 16 * 128 * 4 * (7 * 2048 + 8192))
  }

  @Test("Absurd shapes stop at the largest integer instead of the program")
  func absurd() throws {
    let found = try estimate(
      "zeroqat-light", #"{ "steps": 1, "learningRate": 1e-7, "epsilon": 1e-3 }"#,
      QuantizationSpec(weightBits: 4, activationBits: 4, groupSize: nil), channels: 1 << 26,
      blocks: 1 << 16, heads: 1)
    #expect(found.bytes == .max && found.tensorBytes == .max)
  }
}
