package import Quantizers
package import Tensors
package import Transformers

/// Blocks whose weights, clipping, grids, smoothing and norms backpropagation may train.
///
/// Every use smooths and quantizes a linear anew from what its parameters are, into a panel that the next
/// use overwrites; the backward pass of that use does the same again and takes the gradient all the way
/// back to the parameters. Nothing has to be prepared or collected around a pass.
package struct LearnableBlocks: DifferentiableBlockOperators {
  /// A norm, and gradients where it is learned.
  package struct Norm: Sendable {
    /// Its gain.
    package let gain: Vector
    /// Its bias.
    package let bias: Vector?
    /// Gradients of the gain.
    package let dGain: Vector?
    /// Gradients of the bias.
    package let dBias: Vector?

    /// A norm with zero gradients of what is learned.
    package init(gain: Vector, bias: Vector?, learnsGain: Bool = false, learnsBias: Bool = false) {
      self.gain = gain
      self.bias = bias
      dGain = learnsGain ? Vector(zeros: gain.count) : nil
      dBias = learnsBias ? bias.map { Vector(zeros: $0.count) } : nil
    }
  }

  /// The model's shape.
  package let configuration: ModelConfiguration
  /// The linears of the blocks that are held.
  package let linears: [LinearID: LearnableLinear]
  /// Their norms, by block, in the order of `NormKind`.
  package let norms: [Int: [Norm]]
  /// Their smoothing, by block.
  package let smoothing: [Int: LearnableSmoothing]
  /// Quantizer of activations.
  package let activationQuantizer: (any ActivationQuantizer)?
  /// Operands of attention that it quantizes as well.
  package let quantizedOperands: Set<LinearKind>
  private let panel: FloatBuffer
  private let gradientPanel: FloatBuffer
  private let biasPanel: Vector

  /// Blocks from their parts.
  package init(
    configuration: ModelConfiguration, linears: [LinearID: LearnableLinear],
    norms: [Int: [Norm]], smoothing: [Int: LearnableSmoothing] = [:],
    activationQuantizer: (any ActivationQuantizer)? = nil,
    quantizedOperands: Set<LinearKind> = [.query, .key, .value]
  ) {
    self.configuration = configuration
    self.linears = linears
    self.norms = norms
    self.smoothing = smoothing
    self.activationQuantizer = activationQuantizer
    self.quantizedOperands = quantizedOperands
    let largest = linears.values.map { $0.weight.rows * $0.weight.columns }.max() ?? 0
    panel = FloatBuffer(count: largest)
    gradientPanel = FloatBuffer(count: largest)
    biasPanel = Vector(zeros: 2 * (linears.values.map(\.weight.rows).max() ?? 0))
  }

  package var quantizesActivations: Bool { activationQuantizer != nil }

  // — forward —

  package func apply(_ id: LinearID, to x: Matrix, into y: Matrix) {
    let (weight, bias, _) = current(id)
    Tensors.linear(x, weight, bias: bias, into: y)
  }

  package func norm(_ kind: NormKind, block: Int) -> (gain: Vector, bias: Vector?) {
    let norm = base(kind, block)
    guard let smoothing = smoothing[block]?.current else { return (norm.gain, norm.bias) }
    let smoothed = smoothing.norm(kind, gain: norm.gain.elements, bias: norm.bias?.elements)
    return (Vector(smoothed.gain), smoothed.bias.map { Vector($0) })
  }

  package func quantizeInput(_ x: Matrix, of linears: [LinearKind], block: Int) {
    activationQuantizer?.fakeQuantize(x, groupSize: nil)
  }

  package func quantizeOperand(_ x: Matrix, _ kind: LinearKind, block: Int, groupSize: Int) {
    if quantizedOperands.contains(kind) {
      activationQuantizer?.fakeQuantize(x, groupSize: groupSize)
    }
  }

  // — backward —

  package func applyBackward(
    _ id: LinearID, input x: Matrix, dOutput dY: Matrix, dInput dX: Matrix
  ) {
    let linear = linear(id)
    let (quantized, bias, smoothing) = current(id)
    linearInputBackward(dOutput: dY, weight: quantized, dInput: dX)
    let smooths = !smoothing.isIdentity
    guard linear.learns || (smooths && self.smoothing[id.block] != nil) else { return }
    let (rows, columns) = (linear.weight.rows, linear.weight.columns)
    let dWeight = Matrix(storage: gradientPanel, offset: 0, rows: rows, columns: columns)
    dWeight.zero()
    linearWeightBackward(dOutput: dY, input: x, dWeight: dWeight)
    let dBias = bias.map { _ in Vector(biasPanel, rows..<2 * rows) }
    if let dBias {
      dBias.zero()
      addColumnSums(of: dY, to: dBias)
    }
    if !linear.isPlain {
      var smoothed = linear.weight
      if smooths {
        smoothed = Matrix(storage: panel, offset: 0, rows: rows, columns: columns)
        linear.smooth(smoothing, into: smoothed, bias: Vector(biasPanel, 0..<rows))
      }
      linear.quantizeBackward(smoothed, gradient: dWeight)
    }
    if smooths {
      let found = smoothing.backward(
        weight: linear.weight, bias: linear.bias, dWeight: dWeight, dBias: dBias)
      self.smoothing[id.block]?.accumulate(found, of: id.kind)
    }
    if let sum = linear.dWeight { add(dWeight, to: sum) }
    if let sum = linear.dBias, let dBias { Tensors.add(dBias, to: sum) }
  }

  package func normBackward(_ kind: NormKind, block: Int, dGain: Vector, dBias: Vector?) {
    let norm = base(kind, block)
    guard let smoothing = smoothing[block], NormKind.halves.contains(kind) else {
      if let sum = norm.dGain { Tensors.add(dGain, to: sum) }
      if let sum = norm.dBias, let dBias { Tensors.add(dBias, to: sum) }
      return
    }
    let current = smoothing.current
    let (scale, shift) =
      kind == .attention
      ? (current.attentionScale, current.attentionShift)
      : (current.feedForwardScale, current.feedForwardShift)
    let found = BlockSmoothing.normBackward(
      gain: norm.gain.elements, bias: norm.bias?.elements, scale: scale, shift: shift,
      dGain: dGain.elements, dBias: dBias?.elements)
    smoothing.accumulate(found, of: kind)
    if let sum = norm.dGain { Tensors.add(Vector(found.gain), to: sum) }
    if let sum = norm.dBias, let bias = found.bias { Tensors.add(Vector(bias), to: sum) }
  }

  package func quantizeInputBackward(
    _ dX: Matrix, input x: Matrix, of linears: [LinearKind], block: Int
  ) {
    activationQuantizer?.fakeQuantizeBackward(x, gradient: dX, groupSize: nil)
  }

  package func quantizeOperandBackward(
    _ dX: Matrix, input x: Matrix, _ kind: LinearKind, block: Int, groupSize: Int
  ) {
    if quantizedOperands.contains(kind) {
      activationQuantizer?.fakeQuantizeBackward(x, gradient: dX, groupSize: groupSize)
    }
  }

  // — parameters —

  /// Makes gradients respect what is shared; before an update.
  package func settleGradients() {
    for smoothing in smoothing.values { smoothing.settleGradients() }
  }

  /// Keeps parameters where the formulas hold; before the first pass and after each update.
  package func settleParameters() {
    for smoothing in smoothing.values { smoothing.settleParameters() }
  }

  /// Learned parameters of the quantizers, block by block in the order of the linears.
  package var quantizerTensors: [LearnedTensor] {
    ids.flatMap { linear($0).quantizerTensors("block \($0.block) \($0.kind.name)") }
  }

  /// Learned smoothing parameters, block by block.
  package var smoothingTensors: [LearnedTensor] {
    smoothing.keys.sorted().flatMap { smoothing[$0]?.tensors ?? [] }
  }

  /// Learned weights of linears, block by block.
  package var weightTensors: [LearnedTensor] {
    ids.compactMap { id in
      let linear = linear(id)
      return linear.dWeight.map {
        LearnedTensor(
          "block \(id.block) \(id.kind.name)", Vector(linear.weight), gradient: Vector($0))
      }
    }
  }

  /// Learned gains and biases, block by block.
  package var vectorTensors: [LearnedTensor] {
    var result: [LearnedTensor] = []
    func add(_ name: String, _ value: Vector?, _ gradient: Vector?) {
      if let value, let gradient {
        result.append(LearnedTensor(name, value, gradient: gradient))
      }
    }
    for block in norms.keys.sorted() {
      for (kind, norm) in zip(configuration.norms, norms[block] ?? []) {
        add("block \(block) \(kind) norm's gain", norm.gain, norm.dGain)
        add("block \(block) \(kind) norm's bias", norm.bias, norm.dBias)
      }
    }
    for id in ids {
      add("block \(id.block) \(id.kind.name) bias", linear(id).bias, linear(id).dBias)
    }
    return result
  }

  /// The linears that are held, in the order in which they run.
  private var ids: [LinearID] { configuration.linearIDs.filter { linears[$0] != nil } }

  private func linear(_ id: LinearID) -> LearnableLinear {
    guard let linear = linears[id] else { preconditionFailure("no linear \(id)") }
    return linear
  }

  private func base(_ kind: NormKind, _ block: Int) -> Norm {
    guard let norms = norms[block] else { preconditionFailure("no block \(block)") }
    return norms[kind.rawValue]
  }

  /// The weight and bias that a product sees now, and the smoothing that made them; valid until the next
  /// call.
  private func current(_ id: LinearID) -> (Matrix, bias: Vector?, LinearSmoothing) {
    let linear = linear(id)
    let smoothing =
      smoothing[id.block]?.current.smoothing(of: id.kind, configuration) ?? linear.smoothing
    if smoothing.isIdentity && linear.isPlain { return (linear.weight, linear.bias, smoothing) }
    let rows = linear.weight.rows
    let result = Matrix(
      storage: panel, offset: 0, rows: rows, columns: linear.weight.columns)
    let bias = Vector(biasPanel, 0..<rows)
    linear.smooth(smoothing, into: result, bias: bias)
    linear.quantize(result)
    return (result, linear.bias != nil || smoothing.givesBias ? bias : nil, smoothing)
  }
}
