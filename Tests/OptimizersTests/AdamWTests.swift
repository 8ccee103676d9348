import Checkpoints
import Optimizers
import Tensors
import TestSupport
import Testing
import Transformers

@Suite("AdamW")
struct AdamWTests {
  /// A tiny model in training, with what PyTorch's ten steps gave.
  private struct Run {
    let transformer: Transformer
    let operators: DenseOperators
    let frame: FrameGradients
    let tensors: [TrainableTensor]
    let moments: [AdamW.Moments]
    let pass: TrainingPass

    init(_ name: String) throws {
      let source = try ModelSource(path: Vectors.path("model/\(name)"))
      transformer = Transformer(
        configuration: source.configuration, frame: try source.frame(precision: .single))
      operators = DenseOperators(try DenseParameters(source: source))
      frame = FrameGradients(transformer.frame, tiesHead: source.configuration.tiesHead)
      tensors = TrainableTensor.all(of: transformer, operators, frame)
      moments = tensors.map { AdamW.Moments(count: $0.value.count) }
      pass = TrainingPass(transformer: transformer, tokens: 34)
    }

    func gradients(of batch: [Int32]) throws -> Double {
      operators.gradients.zero()
      frame.zero()
      return try pass(batch, windowTokens: 17, loss: .nextToken, operators: operators, frame: frame)
    }
  }

  @Test(
    "Ten steps follow PyTorch's losses and parameters",
    arguments: ["opt_preln", "llama_gqa_tied", "llama_gqa_untied"])
  func tenSteps(name: String) throws {
    let run = try Run(name)
    let expected = try Vectors.safetensors("adamw/\(name)")
    let losses = try expected.read("losses")
    let probeLosses = try expected.read("probe_losses")
    let batches = try expected.readIntegers("batches")
    let probe = try expected.readIntegers("probe")
    let optimizer = AdamW(weightDecay: 0.01)
    func check(_ found: Double, _ expected: Float, _ what: String) {
      #expect(abs(found - Double(expected)) < 1e-4 * Double(expected), "\(what): \(found)")
    }
    for step in 0..<10 {
      check(try run.gradients(of: probe), probeLosses[step], "probe after \(step)")
      let batch = Array(batches[step * 34..<(step + 1) * 34])
      check(try run.gradients(of: batch), losses[step], "batch \(step)")
      for (tensor, moments) in zip(run.tensors, run.moments) {
        optimizer.update(
          tensor.value, gradient: tensor.gradient, moments: moments, step: step + 1, rate: 1e-3)
      }
    }
    check(try run.gradients(of: probe), probeLosses[10], "probe after 10")
    check(try run.gradients(of: Array(batches[..<34])), losses[10], "batch 0 again")
    let names = expected.tensors.map(\.name).filter { $0.hasPrefix("final.") }
    #expect(Set(names) == Set(run.tensors.map { "final.\($0.name)" }))
    // Softmax ignores a bias of all keys: its gradient is rounding, and Adam steps along its sign.
    for tensor in run.tensors where !(name == "opt_preln" && tensor.name.hasSuffix("k_proj.bias")) {
      expectClose(
        tensor.value.elements, try expected.read("final.\(tensor.name)"), .absolute(2e-5),
        tensor.name)
    }
  }

  @Test("Equals its definition in double precision", arguments: [1, 3, 7, 33, 20_000])
  func definition(count: Int) {
    var random = SplitMix64(seed: 5)
    let start = random.normal(count, deviation: 1)
    let weights = Vector(start)
    let moments = AdamW.Moments(count: count)
    let optimizer = AdamW(beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.2)
    var (w, m, v) = (start.map(Double.init), [Double](repeating: 0, count: count), [Double]())
    v = m
    for step in 1...5 {
      let gradient = random.normal(count, deviation: 2)
      let decays = step != 3
      optimizer.update(
        weights, gradient: Vector(gradient), moments: moments, step: step, rate: 0.01,
        decays: decays)
      for i in 0..<count {
        let g = Double(gradient[i])
        if decays { w[i] -= 0.01 * 0.2 * w[i] }
        m[i] = 0.8 * m[i] + 0.2 * g
        v[i] = 0.95 * v[i] + 0.05 * g * g
        let (first, second) = (m[i] / (1 - power(0.8, step)), v[i] / (1 - power(0.95, step)))
        w[i] -= 0.01 * first / (second.squareRoot() + 1e-3)
      }
    }
    expectClose(weights.elements, w.map { Float($0) }, .relativeToLargest(2e-6), "weights")
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }
}
