import Checkpoints
import MethodKit
import Optimizers
import Quantizers
import Tensors
import TestSupport
import Testing
import Transformers

/// Which parameters the rivals of ZeroQAT train: all, scales, codes.
@Suite("Trained parameters")
struct TrainedModelTests {
  static let names = [
    "opt_preln", "opt_postln_proj", "llama_gqa_untied", "llama_gqa_tied", "qwen2",
  ]

  private func tokens(_ name: String) throws -> [Int32] {
    try Vectors.safetensors("model/\(name)/expected").readIntegers("input_ids")
  }

  private func source(_ name: String) throws -> ModelSource {
    try ModelSource(path: Vectors.path("model/\(name)"))
  }

  private func fullyTrained(_ name: String) throws -> FullyTrained {
    let source = try source(name)
    return FullyTrained(try ModelValues(source), source.configuration)
  }

  /// Packed at `bits` bits by row, or only the linears that are told.
  private func packedModel(
    _ name: String, bits: Int, group: Int? = nil, only: Set<LinearID>? = nil
  ) throws -> QuantizedModel {
    let source = try source(name)
    let c = source.configuration
    let dense = try DenseParameters(source: source)
    let quantizer = WeightQuantizer(bits: bits, groupSize: group)
    return QuantizedModel(
      transformer: Transformer(
        configuration: c, frame: try source.frame(precision: .single)),
      blocks: QuantizedBlocks(
        linears: Dictionary(
          uniqueKeysWithValues: c.linearIDs.map { id in
            guard only?.contains(id) != false else {
              return (id, .init(storage: .ready(dense.matrix(id)), bias: dense.bias(id)))
            }
            return (
              id,
              .init(
                storage: .packed(PackedMatrix(dense.matrix(id), quantizer: quantizer)),
                bias: dense.bias(id))
            )
          }), norms: dense.norms(of: 0..<c.blocks, smoothing: [])))
  }

  // MARK: - All parameters

  @Test("Without a step it is the model as it is", arguments: names)
  func same(name: String) throws {
    let trained = try fullyTrained(name)
    let model = trained.model(beside: nil)
    let expected = try Vectors.safetensors("model/\(name)/expected").read("logits")
    let found = try model.transformer.logits(
      tokens(name), windowTokens: 17, operators: model.blocks)
    expectClose(found.elements, expected, .absolute(1e-4))
  }

  @Test("Every parameter moves, each by a number of its own", arguments: names)
  func everything(name: String) throws {
    var trained = try fullyTrained(name)
    let elements = try source(name).checkpoint.tensors.filter {
      // A tied head is listed where the hub wrote it; it is the embedding.
      !($0.name.contains("lm_head") && trained.values.head == nil)
    }.reduce(0) { $0 + $1.elementCount }
    #expect(trained.trainedParameters == elements)
    let seen = SeenDirections()
    trained.update(factor: 1, gradient: 1, along: seen)
    #expect(seen.elements == elements && seen.repeated.isEmpty, "\(seen.repeated)")
    let probed = SeenDirections()
    _ = try ObjectiveLoss(trained, GivenText(tokens: tokens(name))).loss(
      epsilon: 1e-3, along: probed)
    #expect(probed.rows.isSubset(of: seen.rows))
    // All but rows of embeddings and positions that the text doesn't have.
    #expect(probed.rows.count > seen.rows.count / 2)
  }

  @Test("A probe is the loss of parameters that were really moved", arguments: names)
  func movedInPlace(name: String) throws {
    var loss = ObjectiveLoss(try fullyTrained(name), GivenText(tokens: try tokens(name)))
    let z = NormalStream(seed: 6, draw: 1)
    let atRest = try loss.objective.loss(of: loss.trained.model(beside: nil))
    let beside = try loss.loss(epsilon: 1e-2, along: z)
    #expect(try loss.objective.loss(of: loss.trained.model(beside: nil)) == atRest)
    loss.update(factor: 1e-2, gradient: 0, along: z)
    #expect(try loss.objective.loss(of: loss.trained.model(beside: nil)) == beside)
    #expect(beside != atRest)
  }

  @Test("The estimate is PyTorch's slope along z over all parameters", arguments: names)
  func slope(name: String) throws {
    let expected = try Vectors.safetensors("model/\(name)/expected")
    let loss = ObjectiveLoss(try fullyTrained(name), GivenText(tokens: try tokens(name)))
    for seed in 0..<4 as Range<UInt64> {
      // Smaller than for weights alone: more parameters go a longer way together.
      let optimizer = ZerothOrderSGD(learningRate: 1, epsilon: 1e-4, seed: seed)
      let g = try optimizer.probe(loss, step: 0, direction: 0).projectedGradient
      // z under the checkpoint's names: what zeros become.
      let source = try source(name)
      let zeros = try ModelValues(source)
      for matrix in zeros.weights.values { clear(matrix) }
      for vector in zeros.biases.values { clear(vector) }
      for (gain, bias) in zeros.norms.joined() {
        clear(gain)
        if let bias { clear(bias) }
      }
      for matrix in [
        zeros.embedding, zeros.head, zeros.positions, zeros.projectionIn, zeros.projectionOut,
      ] {
        if let matrix { clear(matrix) }
      }
      for vector in [zeros.finalGain, zeros.finalBias] { if let vector { clear(vector) } }
      var direction = FullyTrained(zeros, source.configuration)
      direction.update(
        factor: 1, gradient: 0, along: optimizer.draw(step: 0, direction: 0))
      let z = source.replaced(by: zeros)
      var (slope, square, found) = (0.0, 0.0, 0)
      for tensor in expected.tensors where tensor.name.hasPrefix("grad.") {
        let own = String(tensor.name.dropFirst(5))
        // A tied head's gradient stands with the embedding.
        guard z.checkpoint.descriptor(of: own) != nil else { continue }
        if own == "lm_head.weight", zeros.head == nil { continue }
        for (a, b) in zip(try z.checkpoint.read(own), try expected.read(tensor.name)) {
          slope += Double(a) * Double(b)
          square += Double(b) * Double(b)
          found += 1
        }
      }
      #expect(found == direction.trainedParameters)
      // Rounding, and kinks of ReLU between both probes, measured against the gradient's length. In the
      // post-norm model each kink goes on through norms; there the error falls in proportion to ε.
      let share = name == "opt_postln_proj" ? 1.5e-2 : 5e-3
      #expect(
        abs(g - slope) < share * square.squareRoot(), "\(g), \(slope), \(square.squareRoot())")
    }
  }

  private func clear(_ matrix: Matrix) {
    matrix.pointer.update(repeating: 0, count: matrix.rows * matrix.columns)
  }

  private func clear(_ vector: Vector) {
    vector.pointer.update(repeating: 0, count: vector.count)
  }

  @Test("What was moved is read as if from the file, and the file isn't touched")
  func replaced() throws {
    var trained = try fullyTrained("llama_gqa_untied")
    trained.update(factor: 0.1, gradient: 0, along: NormalStream(seed: 1, draw: 0))
    let before = try source("llama_gqa_untied")
    let after = before.replaced(by: trained.values)
    for tensor in before.checkpoint.tensors {
      #expect(
        try after.checkpoint.read(tensor.name) != before.checkpoint.read(tensor.name),
        "\(tensor.name)")
    }
    let again = try ModelValues(after)
    #expect(again.embedding.elements == trained.values.embedding.elements)
    #expect(again.finalGain?.elements == trained.values.finalGain?.elements)
    for (id, weight) in again.weights {
      #expect(weight.elements == trained.values.weights[id]?.elements)
    }
    // A value that isn't a number is refused with its place, as in a file.
    trained.values.embedding.row(2)[1] = .nan
    #expect(trained.firstNonFiniteTensor == "embedding")
    let error = #expect(throws: CheckpointError.self) { try ModelValues(after) }
    #expect(
      error?.place == .element(tensor: "model.embed_tokens.weight", index: 2 * 48 + 1))
  }

  // MARK: - Scales

  @Test("Scales move, codes don't; a probe is the loss of scales that were moved")
  func scales() throws {
    let model = try packedModel("llama_gqa_untied", bits: 4, group: 4)
    let codes = { (model: QuantizedModel) in
      model.transformer.configuration.linearIDs.flatMap { id -> [UInt8] in
        guard case .packed(let matrix) = model.blocks.linears[id]?.storage else { return [] }
        return (0..<matrix.rows).flatMap { matrix.codes(ofRow: $0) }
      }
    }
    let before = codes(model)
    let trained = TrainedScales(model, floor: 1e-7)
    #expect(trained.trainedParameters * 4 == model.transformer.configuration.linearParameters)
    var loss = ObjectiveLoss(trained, GivenText(tokens: try tokens("llama_gqa_untied")))
    let z = NormalStream(seed: 6, draw: 1)
    let atRest = try loss.objective.loss(of: loss.trained.model(beside: nil))
    // So small that no scale meets the floor.
    let beside = try loss.loss(epsilon: 1e-5, along: z)
    loss.update(factor: 1e-5, gradient: 0, along: z)
    #expect(try loss.objective.loss(of: loss.trained.model(beside: nil)) == beside)
    #expect(beside != atRest && codes(loss.trained.model(beside: nil)) == before)
    let seen = SeenDirections()
    loss.trained.update(factor: 1, gradient: 0, along: seen)
    #expect(seen.elements == trained.trainedParameters && seen.repeated.isEmpty)
    // A large step stops at the floor.
    loss.update(factor: 10, gradient: 0, along: z)
    #expect(loss.trained.firstNonFiniteTensor == nil)
    guard case .packed(let matrix) = model.blocks.linears[LinearID(block: 1, kind: .down)]?.storage
    else { return }
    let floored = matrix.scales.elements.count { $0 == 1e-7 }
    #expect(floored > matrix.scales.elements.count / 3)
    #expect(matrix.scales.elements.allSatisfy { $0 >= 1e-7 })
    loss.update(factor: .infinity, gradient: 0, along: z)
    #expect(loss.trained.firstNonFiniteTensor == "block 0 q_proj scales")
  }

  @Test("On a quadratic of scales the mean of the steps is the gradient")
  func unbiasedScales() throws {
    let id = LinearID(block: 0, kind: .key)
    let quadratic = WeightQuadratic(
      id: id, elements: [0, 20, 50, 100], gradient: [1, -0.5, 1.5, 0.75])
    let model = try packedModel("llama_gqa_untied", bits: 4, group: 16, only: [id])
    guard case .packed(let matrix) = model.blocks.linears[id]?.storage else { return }
    // Weights are (code − z)·Δ, so that the slope over Δ is the sum over its weights.
    var weights = [Float](repeating: 0, count: matrix.rows * matrix.columns)
    var scratch = [UInt8](repeating: 0, count: matrix.columns)
    for row in 0..<matrix.rows {
      weights.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        matrix.dequantize(row: row, into: base + row * matrix.columns, scratch: &scratch)
      }
    }
    let scales = matrix.scales
    var slopes = [Int: Double]()
    for (element, gradient) in zip(quadratic.elements, quadratic.gradient) {
      let group = element / 16
      slopes[group, default: 0] +=
        gradient * Double(weights[element]) / Double(scales.pointer[group])
    }
    let chosen = slopes.keys.sorted()
    let expected = chosen.map { slopes[$0] ?? 0 }
    // So small a rate that no scale meets the floor.
    let optimizer = ZerothOrderSGD(learningRate: 0x1p-16, epsilon: 0x1p-12, seed: 2)
    var loss = ObjectiveLoss(
      TrainedScales(model, floor: 1e-7), quadratic.centred(at: weights))
    let start = scales.elements
    let estimates = try (0..<3000).map { step in
      let before = chosen.map { Double(scales.pointer[$0]) }
      optimizer.apply(try optimizer.probe(loss, step: step, direction: 0), to: &loss)
      let found = zip(chosen, before).map { ($1 - Double(scales.pointer[$0])) * 0x1p16 }
      for (i, value) in start.enumerated() { scales.pointer[i] = value }
      return found
    }
    let verdicts = [1, -1, 1.5].map { factor in
      isUnbiased(estimates.map { $0.map { $0 * factor } }, expected)
    }
    #expect(verdicts == [true, false, false])
  }

  // MARK: - Codes

  @Test("A probe of codes is the loss of unpacked weights beside them")
  func codes() throws {
    let model = try packedModel("llama_gqa_untied", bits: 3, group: 4)
    let trained = TrainedCodes(model)
    let loss = ObjectiveLoss(trained, GivenText(tokens: try tokens("llama_gqa_untied")))
    let z = RoundedDirections(NormalStream(seed: 6, draw: 1), bits: 4, .probe)
    // The same weights in full precision, trained as master weights are.
    var live = model
    for id in model.transformer.configuration.linearIDs {
      live.blocks.linears[id]?.storage = .live(model.blocks.current(id))
    }
    let expected = try ObjectiveLoss(live, loss.objective).loss(epsilon: 1e-2, along: z)
    #expect(try loss.loss(epsilon: 1e-2, along: z) == expected)
    #expect(trained.trainedParameters == live.trainedParameters)
    // A packed model whose codes aren't trained is never perturbed.
    let frozen = try ObjectiveLoss(model, loss.objective).loss(epsilon: 1e-2, along: z)
    #expect(try frozen == loss.objective.loss(of: model) && frozen != expected)
  }

  @Test("On a quadratic the mean of the codes' steps is the gradient; one rounding for both isn't")
  func unbiasedCodes() throws {
    let id = LinearID(block: 0, kind: .key)
    let quadratic = WeightQuadratic(
      id: id, elements: [1, 17, 33, 90], gradient: [1, -0.5, 1.5, 0.75])
    let rate = 0x1p-9
    let optimizer = ZerothOrderSGD(
      learningRate: rate, epsilon: 0x1p-7, directionBits: 2, seed: 2)
    // Eight bits, and elements well inside the grid: no code is clamped.
    let model = try packedModel("llama_gqa_untied", bits: 8, only: [id])
    let first = model.blocks.current(id).elements
    let objective = quadratic.centred(at: first)
    func estimates(_ change: (Probe, inout ObjectiveLoss<TrainedCodes, WeightQuadratic>) -> Void)
      throws -> [[Double]]
    {
      let source = try DenseParameters(source: source("llama_gqa_untied"))
      return try (0..<3000).map { step in
        // Only the matrix is packed anew: the weights before it moved.
        var fresh = model
        fresh.blocks.linears[id]?.storage = .packed(
          PackedMatrix(
            source.matrix(id), quantizer: WeightQuantizer(bits: 8, groupSize: nil)))
        var loss = ObjectiveLoss(TrainedCodes(fresh), objective)
        change(try optimizer.probe(loss, step: step, direction: 0), &loss)
        let moved = loss.trained.model(beside: nil).blocks.current(id).elements
        return quadratic.elements.map { (Double(first[$0]) - Double(moved[$0])) / rate }
      }
    }
    let right = try estimates { optimizer.apply($0, to: &$1) }
    let verdicts = [1, -1, 1.5].map { factor in
      isUnbiased(right.map { $0.map { $0 * factor } }, quadratic.gradient)
    }
    #expect(verdicts == [true, false, false])
    let wrong = try estimates { probe, loss in
      loss.update(
        factor: Float(-rate * probe.projectedGradient), gradient: probe.projectedGradient,
        along: RoundedDirections(
          optimizer.draw(step: probe.step, direction: 0), bits: 2, .probe))
    }
    let isRefused = !isUnbiased(wrong, quadratic.gradient)
    #expect(isRefused)
  }

  @Test("A step that isn't finite is said, not clamped to the grid's end")
  func codesBlowUp() throws {
    var trained = TrainedCodes(try packedModel("llama_gqa_untied", bits: 4))
    let before = trained.model(beside: nil).weightDigest
    #expect(trained.firstNonFiniteTensor == nil)
    trained.update(
      factor: -.infinity, gradient: .infinity, along: NormalStream(seed: 0, draw: 0))
    #expect(trained.firstNonFiniteTensor == "the packed linears")
    #expect(trained.model(beside: nil).weightDigest == before)
  }

  /// Whether the mean is the gradient within five standard errors of what was seen.
  private func isUnbiased(_ estimates: [[Double]], _ gradient: [Double]) -> Bool {
    let n = Double(estimates.count)
    return gradient.indices.allSatisfy { i in
      let mean = estimates.reduce(0) { $0 + $1[i] } / n
      let variance = estimates.reduce(0) { $0 + ($1[i] - mean) * ($1[i] - mean) } / (n - 1)
      return abs(mean - gradient[i]) <= 5 * (variance / n).squareRoot()
    }
  }
}

/// The mean next-token loss of given tokens, in windows of 17.
struct GivenText: TrainingObjective {
  let tokens: [Int32]
  var tokensPerStep: Int { tokens.count }
  mutating func select(step: Int) {}
  func loss(of model: QuantizedModel) throws -> Double {
    try model.meanNextTokenLoss(
      of: tokens, windowTokens: 17,
      workspace: Workspace(
        configuration: model.transformer.configuration, rows: tokens.count))
  }
}

/// `Σ gᵢ(wᵢ − cᵢ) + ½Σ(wᵢ − cᵢ)²` over some weights of one linear: gradient g at c.
private struct WeightQuadratic: TrainingObjective {
  let id: LinearID
  let elements: [Int]
  let gradient: [Double]
  var centre: [Float] = []
  let tokensPerStep = 1

  func centred(at weights: [Float]) -> WeightQuadratic {
    var result = self
    result.centre = elements.map { weights[$0] }
    return result
  }

  mutating func select(step: Int) {}

  func loss(of model: QuantizedModel) throws -> Double {
    let weights = model.blocks.current(id)
    return elements.indices.reduce(0) { sum, i in
      let d = Double(weights.pointer[elements[i]]) - Double(centre[i])
      return sum + gradient[i] * d + d * d / 2
    }
  }
}
