import Checkpoints
import Glibc
import MethodKit
import Optimizers
import Quantizers
import Tensors
import TestSupport
import Testing
import Transformers

/// Weights, clipping and smoothing trained together.
@Suite("Joint training of weights, clipping and smoothing")
struct JointTrainingTests {
  static let (epsilon, clipping, smoothing) = (
    0x1p-7 as Float, 0x1p-5 as Float, 0x1p-6 as Float
  )

  private let source: ModelSource
  private let dense: DenseParameters
  private let start: QuantizedModel
  private let blocks: [BlockSmoothing]

  init() throws {
    source = try ModelSource(path: Vectors.path("model/llama_gqa_untied"))
    dense = try DenseParameters(source: source)
    let c = source.configuration
    var random = SplitMix64(seed: 8)
    // Every member is there, so that every member is trained.
    blocks = (0..<c.blocks).map { _ in
      var smoothing = BlockSmoothing()
      smoothing.attentionScale = random.uniform(c.channels, in: 0.5..<2)
      smoothing.attentionShift = random.uniform(c.channels, in: -0.1..<0.1)
      smoothing.feedForwardScale = random.uniform(c.channels, in: 0.5..<2)
      smoothing.feedForwardShift = random.uniform(c.channels, in: -0.1..<0.1)
      smoothing.outputScale = random.uniform(c.keyHeads * c.headSize, in: 0.5..<2)
      smoothing.outputShift = random.uniform(c.keyHeads * c.headSize, in: -0.1..<0.1)
      smoothing.queryKeyScale = random.uniform(c.keyHeads * c.headSize, in: 0.5..<2)
      return smoothing
    }
    let quantizer = WeightQuantizer(bits: 4, groupSize: 4)
    let (dense, blocks) = (dense, blocks)
    start = QuantizedModel(
      transformer: Transformer(
        configuration: c, frame: try source.frame(precision: .single)),
      blocks: QuantizedBlocks(
        linears: Dictionary(
          uniqueKeysWithValues: c.linearIDs.map { id in
            let (rows, columns) = c.shape(of: id.kind)
            return (
              id,
              .init(
                storage: .live(dense.matrix(id)), bias: nil,
                smoothing: blocks[id.block].smoothing(of: id.kind, c),
                clip: ClipFractions(
                  constant: 1 / (1 + exponential(-3)), rows: rows,
                  groups: quantizer.groups(in: columns)))
            )
          }),
        norms: dense.norms(of: 0..<c.blocks, smoothing: blocks), weightQuantizer: quantizer))
  }

  private func optimizer(rate: Double) -> ZerothOrderSGD {
    ZerothOrderSGD(learningRate: rate, epsilon: Self.epsilon, seed: 31)
  }

  private func trained(rate: Double, clipping: Double? = nil, smoothing: Double? = nil) throws
    -> JointlyTrained
  {
    JointlyTrained(
      start, norms: try source.norms(), optimizer(rate: rate),
      clipping: .init(epsilon: Self.clipping, learningRate: clipping ?? rate),
      smoothing: .init(epsilon: Self.smoothing, learningRate: smoothing ?? rate))
  }

  private func nextTokens(
    _ trained: JointlyTrained
  ) throws -> ObjectiveLoss<JointlyTrained, GivenText> {
    let tokens = try Vectors.safetensors("model/llama_gqa_untied/expected")
      .readIntegers("input_ids")
    return ObjectiveLoss(trained, GivenText(tokens: tokens))
  }

  @Test("It starts as the model that it was given")
  func same() throws {
    let model = try trained(rate: 1).model(beside: nil)
    for (block, smoothing) in blocks.enumerated() {
      let query = try #require(
        model.blocks.linears[LinearID(block: block, kind: .query)]?.smoothing)
      let value = try #require(
        model.blocks.linears[LinearID(block: block, kind: .value)]?.smoothing)
      #expect(query.columnScale?.elements == smoothing.attentionScale)
      #expect(query.columnShift?.elements == smoothing.attentionShift)
      #expect(value.rowDivisor?.elements == smoothing.outputScale)
      #expect(value.biasShift?.elements == smoothing.outputShift)
      for kind in NormKind.halves {
        let (own, given) = (
          model.blocks.norm(kind, block: block), start.blocks.norm(kind, block: block)
        )
        #expect(own.gain.elements == given.gain.elements)
        #expect(own.bias?.elements == given.bias?.elements)
      }
    }
    for id in source.configuration.linearIDs {
      let (own, given) = (model.blocks.linears[id]?.clip, start.blocks.linears[id]?.clip)
      // γ comes from the fraction by a logarithm.
      expectClose(
        own?.up.elements ?? [], given?.up.elements ?? [0], .absolute(2e-7), "\(id) up")
      expectClose(
        own?.low.elements ?? [], given?.low.elements ?? [0], .absolute(2e-7), "\(id) low")
      expectClose(
        model.blocks.current(id).elements, start.blocks.current(id).elements,
        .absolute(1e-6), "\(id)")
    }
  }

  @Test("A probe is the loss of parameters that were really moved", arguments: [1, -1] as [Float])
  func movedInPlace(sign: Float) throws {
    // Powers of two: an update of exactly ±ε, ±ε′ and ±ε″.
    let rate = { (own: Float) in Double(own * own / Self.epsilon) }
    let trained = try trained(
      rate: 1, clipping: rate(Self.clipping), smoothing: rate(Self.smoothing))
    var loss = try nextTokens(trained)
    let z = optimizer(rate: 1).draw(step: 3, direction: 0)
    let atRest = try loss.objective.loss(of: loss.trained.model(beside: nil))
    let beside = try loss.loss(epsilon: sign * Self.epsilon, along: z)
    #expect(try loss.objective.loss(of: loss.trained.model(beside: nil)) == atRest)
    loss.update(factor: sign * Self.epsilon, gradient: -Double(sign), along: z)
    #expect(try loss.objective.loss(of: loss.trained.model(beside: nil)) == beside)
    #expect(atRest != beside)
  }

  @Test("No two parameters share a random number, and all of them move")
  func tensors() throws {
    var trained = try trained(rate: 1)
    let seen = SeenDirections()
    trained.update(factor: 1, gradient: 1, along: seen)
    #expect(seen.elements == trained.trainedParameters)
    #expect(trained.quantizerParameters == seen.elements - start.trainedParameters)
    #expect(seen.repeated.isEmpty, "\(seen.repeated)")
    let probed = SeenDirections()
    _ = try nextTokens(trained).loss(epsilon: 1e-3, along: probed)
    #expect(probed.rows == seen.rows)
  }

  @Test("Parameters that blow up are named")
  func notFinite() throws {
    let z = optimizer(rate: 1).draw(step: 0, direction: 0)
    for (rates, name) in [
      ((1e300, 1.0), "block 0 q_proj clipping"), ((1, 1e300), "block 0 smoothing"),
    ] {
      var trained = try trained(rate: 1e-3, clipping: rates.0, smoothing: rates.1)
      #expect(trained.firstNonFiniteTensor == nil)
      trained.update(factor: 1e-3, gradient: 1, along: z)
      #expect(trained.firstNonFiniteTensor == name)
    }
  }

  /// What single steps take away from the parameters, always from the same ones; a step at learning
  /// rate `rate`.
  private func estimates(_ loss: some ProbedLoss, _ read: () -> [Double], rate: Double, draws: Int)
    throws -> [[Double]]
  {
    var loss = loss
    let optimizer = optimizer(rate: rate)
    return try (0..<draws).map { step in
      let before = read()
      var probe = try optimizer.probe(loss, step: step, direction: 0)
      optimizer.apply(probe, to: &loss)
      let after = read()
      probe.projectedGradient.negate()
      optimizer.apply(probe, to: &loss)
      return zip(before, after).map { ($0 - $1) / rate }
    }
  }

  /// Whether the mean of `estimates` is the gradient of the joint quadratic, within five standard
  /// errors: `Var(ĝᵢ) = Σ_h (ε_h/ε_i)²·|∇_h|² + ∇ᵢ²` over all parameters h.
  private func isUnbiased(_ estimates: [[Double]]) -> Bool {
    let (gradient, steps) = (JointQuadratic.gradient, JointQuadratic.epsilons)
    let n = Double(estimates.count)
    let square = zip(gradient, steps).reduce(0) { $0 + $1.0 * $1.0 * $1.1 * $1.1 }
    return gradient.indices.allSatisfy { i in
      let mean = estimates.reduce(0) { $0 + $1[i] } / n
      let variance = square / (steps[i] * steps[i]) + gradient[i] * gradient[i]
      return abs(mean - gradient[i]) <= 5 * (variance / n).squareRoot()
    }
  }

  @Test("On a quadratic of weights, γ and θ the mean of the steps is the joint gradient")
  func unbiased() throws {
    let (rate, draws) = (0x1p-6, 800)
    let trained = try trained(rate: rate)
    let quadratic = JointQuadratic(start)
    let loss = ObjectiveLoss(trained, quadratic)
    func read() -> [Double] { quadratic.parameters(trained.model(beside: nil)) }
    let right = try estimates(loss, read, rate: rate, draws: draws)
    #expect(isUnbiased(right))
    // Estimators that are wrong are refused.
    func refused(_ what: String, _ change: (Int, Double) -> Double) {
      let wrong = right.map { e in e.indices.map { change($0, e[$0]) } }
      #expect(!isUnbiased(wrong), "\(what)")
    }
    let ratios = JointQuadratic.epsilons.map { $0 / Double(Self.epsilon) }
    refused("γ and θ updated with the weights' d/2ε") { $1 * ratios[$0] }
    refused("ascent of θ") { $0 >= 6 ? -$1 : $1 }
    refused("γ stays") { (3..<6).contains($0) ? 0 : $1 }
    // One z for the weights and the γ of the same rows.
    let shared = try estimates(SharedFamilies(base: loss), read, rate: rate, draws: draws / 2)
    #expect(!isUnbiased(shared))
  }
}

/// `½ pᵀAp + bᵀp` of three weights, the γ of their groups, and three logarithms of smoothing scales,
/// all as distances from the start, where the gradient is b.
private struct JointQuadratic: TrainingObjective {
  static let gradient = [0.75, -1.25, 1.5, 1, -0.5, 0.875, 1.125, -0.625, 1.375]
  static let epsilons =
    [JointTrainingTests.epsilon, JointTrainingTests.clipping]
    .flatMap { [Double](repeating: Double($0), count: 3) }
    + [Double](repeating: Double(JointTrainingTests.smoothing), count: 3)
  let tokensPerStep = 1
  private var first = [Double](repeating: 0, count: 9)
  private let id = LinearID(block: 0, kind: .up)

  init(_ model: QuantizedModel) {
    first = parameters(model)
  }

  mutating func select(step: Int) {}

  /// Distances from the start, at the model's own perturbation.
  func parameters(_ model: QuantizedModel) -> [Double] {
    guard let linear = model.blocks.linears[id], case .live(let weights) = linear.storage,
      let matrix = weights as? Matrix, let clip = linear.clip,
      let scale = linear.smoothing.columnScale
    else { return [] }
    var result: [Double] = (0..<3).map { row in
      let copy = Matrix(rows: 1, columns: matrix.columns)
      copy.copy(from: matrix.rows(row..<row + 1))
      if let beside = model.blocks.perturbation {
        beside.directions.add(
          to: copy.pointer, factor: beside.epsilon, count: copy.columns, row: row,
          tensor: id.tensor)
      }
      return Double(copy.pointer[0])
    }
    result += (0..<3).map { row in
      let fraction = Double(clip.up.elements[row * clip.groups])
      return log(fraction / (1 - fraction))
    }
    result += (0..<3).map { log(Double(scale.pointer[$0])) }
    return zip(result, first).map { $0 - $1 }
  }

  func loss(of model: QuantizedModel) throws -> Double {
    let p = parameters(model)
    return p.indices.reduce(0) { sum, i in
      let row = p.indices.reduce(0) { inner, j in
        inner + Double((i * j) % 5 - 2) / 4 * p[j]
      }
      return sum + p[i] * (row / 2 + Self.gradient[i])
    }
  }
}

/// A loss whose γ and θ borrow the directions of the weights with the same number.
private struct SharedFamilies<Base: ProbedLoss>: ProbedLoss {
  struct Shared: Directions {
    let base: any Directions
    func add(
      to w: UnsafeMutablePointer<Float>, factor: Float, count: Int, row: Int, tensor: Int
    ) {
      base.add(to: w, factor: factor, count: count, row: row, tensor: tensor & 0xff_ffff)
    }
    func fillUniforms(
      _ out: UnsafeMutablePointer<Float>, count: Int, row: Int, tensor: Int,
      _ purpose: NoisePurpose
    ) {
      base.fillUniforms(out, count: count, row: row, tensor: tensor, purpose)
    }
  }
  var base: Base

  func loss(epsilon: Float, along directions: any Directions) throws -> Double {
    try base.loss(epsilon: epsilon, along: Shared(base: directions))
  }

  mutating func update(factor: Float, along directions: any Directions) {
    base.update(factor: factor, along: Shared(base: directions))
  }

  mutating func update(factor: Float, gradient: Double, along directions: any Directions) {
    base.update(factor: factor, gradient: gradient, along: Shared(base: directions))
  }
}
