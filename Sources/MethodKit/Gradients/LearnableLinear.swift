package import Quantizers
package import Tensors

/// How the weight of a linear that is trained is quantized.
package enum LearnableQuantizer: Sendable {
  /// Not at all.
  case none
  /// By the range of each group, clipped by constant fractions if there are any.
  case range(WeightQuantizer, ClipFractions?, StraightThrough = .throughGrid)
  /// By the range of each group, clipped by learned fractions.
  case clipping(WeightQuantizer, ClipLogits)
  /// LLM-QAT's forms, by row or by group.
  case absolute(AbsoluteQuantizer, groupSize: Int?)
  /// By grids that are parameters themselves.
  case grid(LearnableGrid)
  /// The weight holds levels, code − z, that are multiplied by a learned scale.
  case levels(GroupScale)
}

/// A linear in full precision, how it is quantized at every use, and which of it is learned.
package struct LearnableLinear: Sendable {
  /// W, `[outputs, inputs]`.
  package let weight: Matrix
  /// b.
  package let bias: Vector?
  /// What W goes through.
  package let quantizer: LearnableQuantizer
  /// Smoothing that isn't learned; a learned one of the block takes its place.
  package let smoothing: LinearSmoothing
  /// Gradients of W, where it is learned.
  package let dWeight: Matrix?
  /// Gradients of b, where it is learned.
  package let dBias: Vector?
  /// Gradients of the quantizer's own parameters: γ of maxima and minima, or Δ and z.
  package let dQuantizer: (first: Vector, second: Vector)?

  /// A linear with zero gradients of what is learned.
  package init(
    weight: Matrix, bias: Vector?, quantizer: LearnableQuantizer,
    smoothing: LinearSmoothing = LinearSmoothing(), learnsWeight: Bool = false,
    learnsBias: Bool = false, learnsQuantizer: Bool = true
  ) {
    self.smoothing = smoothing
    self.weight = weight
    self.bias = bias
    self.quantizer = quantizer
    dWeight = learnsWeight ? Matrix(rows: weight.rows, columns: weight.columns) : nil
    dBias = learnsBias ? bias.map { Vector(zeros: $0.count) } : nil
    switch quantizer {
    case .clipping(_, let logits) where learnsQuantizer:
      dQuantizer = (Vector(zeros: logits.up.count), Vector(zeros: logits.low.count))
    case .grid(let grid) where learnsQuantizer:
      dQuantizer = (Vector(zeros: grid.scale.count), Vector(zeros: grid.zero.count))
    case .levels(let scale) where learnsQuantizer:
      dQuantizer = (Vector(zeros: scale.values.count), Vector(zeros: 0))
    case .none, .range, .clipping, .absolute, .grid, .levels: dQuantizer = nil
    }
  }

  /// Whether the product sees W itself when nothing is smoothed.
  var isPlain: Bool {
    if case .none = quantizer { return true }
    return false
  }

  /// Whether any backward pass has something to accumulate, apart from smoothing.
  var learns: Bool { dWeight != nil || dBias != nil || dQuantizer != nil }

  /// The learned parameters of the quantizer, in a fixed order.
  package func quantizerTensors(_ name: String) -> [LearnedTensor] {
    guard let dQuantizer else { return [] }
    switch quantizer {
    case .clipping(_, let logits):
      return [
        LearnedTensor("\(name) upper clipping", logits.up, gradient: dQuantizer.first),
        LearnedTensor("\(name) lower clipping", logits.low, gradient: dQuantizer.second),
      ]
    case .grid(let grid):
      return [
        LearnedTensor("\(name) scale", grid.scale, gradient: dQuantizer.first),
        LearnedTensor("\(name) zero point", grid.zero, gradient: dQuantizer.second),
      ]
    case .levels(let scale):
      return [LearnedTensor("\(name) scale", scale.values, gradient: dQuantizer.first)]
    case .none, .range, .absolute: return []
    }
  }

  /// Writes `smooth(W)` into `panel` and the smoothed bias into `bias`.
  func smooth(_ smoothing: LinearSmoothing, into panel: Matrix, bias: Vector) {
    forEachTile(tileCount(weight.rows, size: 16)) { tile, _ in
      for row in tileRange(tile, of: weight.rows, size: 16) {
        let out = panel.row(row)
        out.update(from: weight.row(row), count: weight.columns)
        bias.pointer[row] = smoothing.apply(
          to: out, columns: weight.columns, index: row, bias: self.bias?.pointer[row] ?? 0)
      }
    }
  }

  /// Quantizes a smoothed weight in place.
  func quantize(_ panel: Matrix) {
    switch quantizer {
    case .none: break
    case .range(let quantizer, let clip, _): quantizer.fakeQuantize(panel, clip: clip)
    case .clipping(let quantizer, let logits):
      quantizer.fakeQuantize(panel, clip: logits.fractions)
    case .absolute(let quantizer, let size): quantizer.fakeQuantize(panel, groupSize: size)
    case .grid(let grid): grid.fakeQuantize(panel)
    case .levels(let scale): scale.multiply(panel)
    }
  }

  /// Turns the gradient of the quantized weight into that of the smoothed one, in place, and accumulates
  /// the quantizer's own.
  func quantizeBackward(_ smoothed: Matrix, gradient: Matrix) {
    switch quantizer {
    case .none: break
    case .range(let quantizer, let clip, let estimator):
      quantizer.fakeQuantizeBackward(
        smoothed, gradient: gradient, clip: clip, estimator: estimator)
    case .clipping(let quantizer, let logits):
      let found = quantizer.fakeQuantizeBackward(
        smoothed, gradient: gradient, clip: logits.fractions)
      guard let dQuantizer else { return }
      let gammas = logits.gradient(of: found)
      Self.add(gammas.up, to: dQuantizer.first)
      Self.add(gammas.low, to: dQuantizer.second)
    case .absolute(let quantizer, _):
      quantizer.fakeQuantizeBackward(smoothed, gradient: gradient)
    case .grid(let grid):
      let found = grid.fakeQuantizeBackward(smoothed, gradient: gradient)
      guard let dQuantizer else { return }
      Self.add(found.scale.elements, to: dQuantizer.first)
      Self.add(found.zero.elements, to: dQuantizer.second)
    case .levels(let scale):
      let found = scale.multiplyBackward(smoothed, gradient: gradient)
      if let dQuantizer { Self.add(found.elements, to: dQuantizer.first) }
    }
  }

  private static func add(_ values: [Float], to sum: Vector) {
    for (index, value) in values.enumerated() { sum.pointer[index] += value }
  }
}
