import Checkpoints
import Tensors
import TestSupport
import Testing
import Transformers

/// Randomly initialised tiny models, elementwise against PyTorch and transformers.
@Suite("Tiny models equal PyTorch's")
struct TinyModelTests {
  static let names = [
    "opt_preln", "opt_preln_nobias", "opt_postln_proj", "llama_gqa_untied", "llama_gqa_tied",
    "llama_mha", "llama_theta500k", "llama_rope_llama3", "qwen2", "llama_biases",
    "llama_rope_linear", "llama_rope_dynamic", "llama_rope_yarn", "llama_rope_yarn_mscale",
    "mistral_window", "qwen2_sliding", "qwen3", "gemma3", "phi3", "smollm3",
  ]
  /// Of those that GGUF can hold, without gradients.
  static let inGGUF = ["llama_gguf", "qwen2_gguf", "gemma3_gguf", "smollm3_gguf"]

  private func model(_ folder: String) throws -> (Transformer, DenseParameters) {
    let source = try ModelSource(path: Vectors.path("model/\(folder)"))
    return (
      Transformer(
        configuration: source.configuration, frame: try source.frame(precision: .single)),
      try DenseParameters(source: source)
    )
  }

  @Test("Logits, loss and other lengths", arguments: names + inGGUF)
  func logits(name: String) throws {
    let (transformer, parameters) = try model(name)
    let expected = try Vectors.safetensors("model/\(name)/expected")
    let ids = try expected.readIntegers("input_ids")
    let logits = try transformer.logits(ids, windowTokens: 17, operators: parameters)
    expectClose(
      logits.elements, try expected.read("logits"), .relativeToLargest(1e-4), "\(name) logits")
    for kind in ["short", "long"] {
      let ids = try expected.readIntegers("\(kind).input_ids")
      let logits = try transformer.logits(ids, windowTokens: ids.count, operators: parameters)
      expectClose(
        logits.elements, try expected.read("\(kind).logits"), .relativeToLargest(1e-4),
        "\(name) \(kind)")
    }
    let losses = try transformer.negativeLogLikelihood(
      ids, windowTokens: 17, operators: parameters)
    let mean = losses.reduce(0, +) / 32
    let loss = try expected.read("loss")
    #expect(abs(mean - Double(loss[0])) < 1e-5 * Double(loss[0]), "\(name): \(mean) \(loss[0])")
  }

  @Test("Every thread count gives the same bits", arguments: ["opt_preln", "llama_gqa_untied"])
  func threads(name: String) throws {
    let (transformer, parameters) = try model(name)
    let ids = try Vectors.safetensors("model/\(name)/expected").readIntegers("input_ids")
    let before = Threads.count
    defer { Threads.count = before }
    let results = try [1, 2, 3, 4].map { threads in
      Threads.count = threads
      return try transformer.logits(ids, windowTokens: 17, operators: parameters).elements
    }
    for other in results.dropFirst() { #expect(other == results[0]) }
  }

  @Test("The second order of summation agrees within rounding")
  func summationOrder() throws {
    let (transformer, parameters) = try model("llama_gqa_untied")
    let ids = try Vectors.safetensors("model/llama_gqa_untied/expected").readIntegers("input_ids")
    var other = parameters
    other.order = .halves
    let whole = try transformer.logits(ids, windowTokens: 17, operators: parameters).elements
    let halves = try transformer.logits(ids, windowTokens: 17, operators: other).elements
    expectClose(halves, whole, .relativeToLargest(1e-4), "halves")
    #expect(whole != halves)
  }

  @Test("Sharded and half-precision files load as the same model")
  func storage() throws {
    let ids = try Vectors.safetensors("model/llama_gqa_untied/expected").readIntegers("input_ids")
    let (transformer, parameters) = try model("llama_gqa_untied")
    let expected = try transformer.logits(ids, windowTokens: 17, operators: parameters).elements
    let configuration = transformer.configuration
    for (folder, tolerance) in [("sharded", Float(1e-6)), ("bf16", 0.05)] {
      let checkpoint = try openCheckpoint(at: Vectors.path("model/llama_gqa_untied/\(folder)"))
      let source = try ModelSource(configuration: configuration, checkpoint: checkpoint)
      let other = Transformer(
        configuration: configuration, frame: try source.frame(precision: .single))
      let logits = try other.logits(
        ids, windowTokens: 17, operators: DenseParameters(source: source))
      expectClose(logits.elements, expected, .relativeToLargest(tolerance), folder)
    }
  }

  @Test("A token outside the vocabulary and a window that is too long are refused")
  func refusals() throws {
    let (transformer, parameters) = try model("opt_preln")
    #expect(throws: ModelError.tokenOutOfRange(token: 211, vocabularySize: 211)) {
      try transformer.hidden([1, 211], windowTokens: 2, operators: parameters)
    }
    let positions = transformer.configuration.positions
    #expect(
      throws: ModelError.windowTooLong(tokens: positions + 1, positions: positions)
    ) {
      try transformer.hidden(
        [Int32](repeating: 1, count: positions + 1), windowTokens: positions + 1,
        operators: parameters)
    }
  }
}
