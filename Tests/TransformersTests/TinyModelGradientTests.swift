import Checkpoints
import Tensors
import TestSupport
import Testing
import Transformers
import Vocabulary

/// Gradients of tiny models, elementwise against PyTorch's autograd.
@Suite("Gradients of tiny models equal PyTorch's")
struct TinyModelGradientTests {
  struct Model {
    let source: ModelSource
    let transformer: Transformer
    let operators: DenseOperators
    let frame: FrameGradients
    let expected: SafetensorsFile
    let tokens: [Int32]

    init(_ name: String) throws {
      source = try ModelSource(path: Vectors.path("model/\(name)"))
      transformer = Transformer(
        configuration: source.configuration, frame: try source.frame(precision: .single))
      operators = DenseOperators(try DenseParameters(source: source))
      frame = FrameGradients(transformer.frame, tiesHead: source.configuration.tiesHead)
      expected = try Vectors.safetensors("model/\(name)/expected")
      tokens = try expected.readIntegers("input_ids")
    }

    func loss(_ recomputation: Recomputation) throws -> Double {
      let pass = TrainingPass(
        transformer: transformer, tokens: tokens.count, recomputation: recomputation)
      return try pass(
        tokens, windowTokens: 17, loss: .nextToken, operators: operators, frame: frame)
    }

    /// Gradients by the hub's names, as the expected file has them.
    func gradients() -> [String: [Float]] {
      var all: [String: [Float]] = [:]
      for tensor in TrainableTensor.all(of: transformer, operators, frame) {
        all[tensor.name] = tensor.gradient.elements
      }
      return all
    }
  }

  @Test(
    "Loss and the gradient of every parameter", arguments: TinyModelTests.names,
    [Recomputation.blocks, .none])
  func gradients(name: String, recomputation: Recomputation) throws {
    let model = try Model(name)
    let loss = try model.loss(recomputation)
    let expected = Double(try model.expected.read("loss")[0])
    #expect(abs(loss - expected) < 1e-5 * expected, "\(loss), expected \(expected)")
    let gradients = model.gradients()
    let names = model.expected.tensors.map(\.name).filter { $0.hasPrefix("grad.") }
    #expect(Set(names) == Set(gradients.keys.map { "grad.\($0)" }))
    let c = model.source.configuration
    let unrotated = c.parts.isRotary ? c.unrotatedBlocks : Set(0..<c.blocks)
    for name in names {
      let found = try #require(gradients[String(name.dropFirst(5))])
      let shape = try model.expected.requireTensor(name).shape
      if name.hasSuffix("k_proj.bias"), unrotated.contains(where: { name.contains(".\($0).") }) {
        // A bias of all keys that aren't rotated shifts each row of scores, which softmax ignores: both
        // sides are rounding.
        let query = try model.expected.read(
          String(name.dropLast("k_proj.bias".count)) + "q_proj.bias")
        expectClose(
          found, found.map { _ in 0 }, .absolute(1e-4 * (query.map { abs($0) }.max() ?? 0)),
          shape: shape, name)
      } else {
        expectClose(
          found, try model.expected.read(name), .relativeToLargest(1e-4), shape: shape, name)
      }
    }
  }

  @Test("A second pass adds the same again, and zeroing forgets it")
  func accumulation() throws {
    let model = try Model("llama_gqa_tied")
    _ = try model.loss(.blocks)
    let once = model.gradients()
    _ = try model.loss(.blocks)
    for (name, gradient) in model.gradients() {
      expectClose(
        gradient, (once[name] ?? []).map { 2 * $0 }, .relativeToLargest(1e-5), name)
    }
    model.operators.gradients.zero()
    model.frame.zero()
    _ = try model.loss(.blocks)
    #expect(model.gradients() == once)
  }

  @Test(
    "Every thread count gives the same bits", arguments: ["opt_postln_proj", "llama_gqa_untied"])
  func threads(name: String) throws {
    let before = Threads.count
    defer { Threads.count = before }
    let results = try [1, 2, 3, 4].map { threads in
      Threads.count = threads
      let model = try Model(name)
      return (try model.loss(.blocks), model.gradients())
    }
    for other in results.dropFirst() {
      #expect(other.0 == results[0].0)
      #expect(other.1 == results[0].1)
    }
  }

  @Test("Recomputation changes no bit", arguments: ["opt_preln", "llama_mha"])
  func recomputation(name: String) throws {
    let (kept, recomputed) = (try Model(name), try Model(name))
    #expect(try kept.loss(.none) == recomputed.loss(.blocks))
    #expect(kept.gradients() == recomputed.gradients())
  }
}
