package import Quantizers
package import Tensors
package import Transformers

/// The blocks of a model as a method has made them: each linear plain, live or packed.
///
/// A live linear is perturbed, smoothed and quantized whenever it is used, row by row into a panel that
/// is multiplied and forgotten: the weights themselves are never touched by a forward pass.
///
/// > Source: ZeroQAT's official code, "perturb in forward" (int_linear.py): `Q(smooth(W + εz))`.
package struct QuantizedBlocks: BlockOperators {
  /// How one linear is held.
  package enum Storage: Sendable {
    /// Ready to multiply: full precision, or fake-quantized once and for all.
    case ready(Matrix)
    /// Master weights: perturbed, smoothed and quantized at every use.
    case live(any StoredWeights)
    /// Packed codes of the smoothed, quantized weight.
    case packed(PackedMatrix)
  }

  /// One linear with all that happens to it.
  package struct Linear: Sendable {
    /// Its weight.
    package var storage: Storage
    /// Its bias: smoothed already unless the weight is live.
    package var bias: Vector?
    /// Smoothing of a live weight.
    package var smoothing = LinearSmoothing()
    /// Clipping of a live weight.
    package var clip: ClipFractions?
    /// Whether a packed weight is perturbed where it is unpacked: its codes are trained.
    package var hasTrainedCodes = false

    /// A linear from its parts.
    package init(
      storage: Storage, bias: Vector?, smoothing: LinearSmoothing = LinearSmoothing(),
      clip: ClipFractions? = nil
    ) {
      self.storage = storage
      self.bias = bias
      self.smoothing = smoothing
      self.clip = clip
    }
  }

  /// A step beside the current weights.
  package struct Perturbation: Sendable {
    /// The direction z.
    package var directions: any Directions
    /// ε with its sign.
    package var epsilon: Float

    /// A perturbation of ε along z.
    package init(directions: any Directions, epsilon: Float) {
      self.directions = directions
      self.epsilon = epsilon
    }
  }

  /// All linears.
  package var linears: [LinearID: Linear]
  /// Norms, smoothed already, by block and kind.
  package var norms: [[(gain: Vector, bias: Vector?)]]
  /// Quantizer of live weights.
  package var weightQuantizer: WeightQuantizer?
  /// Quantizer of activations.
  package var tokenQuantizer: (any ActivationQuantizer)?
  /// Operands of attention that it quantizes as well.
  package var quantizedOperands: Set<LinearKind> = [.query, .key, .value]
  /// Rotations on the way, before activations are quantized.
  package var rotation: OnlineRotation?
  /// What live weights, and packed ones with trained codes, are perturbed by.
  package var perturbation: Perturbation?
  /// Order of summation of the products.
  package var order = SummationOrder.whole
  /// What products of quantized inputs and quantized weights are computed in.
  package var arithmetic = Arithmetic.float
  private let panel = WeightPanel()
  private let tokens = QuantizedTokens()
  private let scratch = IntegerScratch()

  /// How a product of two quantized operands is computed.
  package enum Arithmetic: String, Sendable, Codable, CaseIterable {
    /// In float32, of the fake-quantized operands.
    case float
    /// In integers, of their codes, where both have at most 8 bits and a grid per row; elsewhere in float32.
    case integer
  }

  /// Blocks from their linears and norms.
  package init(
    linears: [LinearID: Linear], norms: [[(gain: Vector, bias: Vector?)]],
    weightQuantizer: WeightQuantizer? = nil,
    tokenQuantizer: (any ActivationQuantizer)? = nil
  ) {
    self.linears = linears
    self.norms = norms
    self.weightQuantizer = weightQuantizer
    self.tokenQuantizer = tokenQuantizer
  }

  package func norm(_ kind: NormKind, block: Int) -> (gain: Vector, bias: Vector?) {
    norms[block][kind.rawValue]
  }

  package func quantizeInput(_ x: Matrix, of linears: [LinearKind], block: Int) {
    rotation?.rotateInput(x, of: linears)
    tokens.forget()
    if arithmetic == .integer, let quantizer = tokenQuantizer as? TokenQuantizer,
      linears.allSatisfy({ hasCodes(LinearID(block: block, kind: $0)) })
    {
      tokens.fill(x, quantizer: quantizer)
    } else {
      tokenQuantizer?.fakeQuantize(x, groupSize: nil)
    }
  }

  package func quantizeOperand(_ x: Matrix, _ kind: LinearKind, block: Int, groupSize: Int) {
    rotation?.rotateOperand(x, kind)
    if quantizedOperands.contains(kind) { tokenQuantizer?.fakeQuantize(x, groupSize: groupSize) }
  }

  package func apply(_ id: LinearID, to x: Matrix, into y: Matrix) {
    guard let linear = linears[id] else { preconditionFailure("no linear \(id)") }
    if tokens.holds(x) {
      multiplyCodes(of: id, linear, tokens, scratch, into: y)
      return
    }
    switch linear.storage {
    case .ready(let matrix):
      Tensors.linear(x, matrix, bias: linear.bias, into: y, order: order)
    case .live(let weights):
      panel.multiply(
        x, rows: weights.rows, columns: weights.columns,
        hasBias: linear.bias != nil || linear.smoothing.givesBias, into: y, order: order
      ) { rows, panel, bias, threads in
        fill(rows, of: id, linear, weights, panel, bias, threads: threads)
      }
    case .packed(let matrix):
      packedLinear(
        x, matrix, bias: linear.bias, into: y, order: order, panel: panel,
        moved: step(of: id, linear))
    }
  }

  /// The weight of a linear as the next product will see it; for tests and packing.
  package func current(_ id: LinearID) -> Matrix {
    guard let linear = linears[id] else { preconditionFailure("no linear \(id)") }
    switch linear.storage {
    case .ready(let matrix): return matrix
    case .live(let weights):
      let result = Matrix(rows: weights.rows, columns: weights.columns)
      let bias = Vector([Float](repeating: 0, count: weights.rows))
      fill(0..<weights.rows, of: id, linear, weights, result, bias)
      return result
    case .packed(let matrix):
      let result = Matrix(rows: matrix.rows, columns: matrix.columns)
      matrix.dequantize(0..<matrix.rows, into: result, moved: step(of: id, linear))
      return result
    }
  }

  /// The same, panel by panel from the first row on; a panel is valid during its call only.
  package func forEachPanel(of id: LinearID, _ body: (Matrix) -> Void) {
    guard let linear = linears[id] else { preconditionFailure("no linear \(id)") }
    switch linear.storage {
    case .ready(let matrix): body(matrix)
    case .live(let weights):
      panel.forEach(rows: weights.rows, columns: weights.columns) { rows, panel, bias in
        fill(rows, of: id, linear, weights, panel, bias)
        body(panel)
      }
    case .packed(let matrix):
      panel.forEach(rows: matrix.rows, columns: matrix.columns) { rows, panel, _ in
        matrix.dequantize(rows, into: panel, moved: step(of: id, linear))
        body(panel)
      }
    }
  }

  /// Writes `Q(smooth(W + εz))` of `rows` into `panel`, and the smoothed bias.
  private func fill(
    _ rows: Range<Int>, of id: LinearID, _ linear: Linear, _ weights: any StoredWeights,
    _ panel: Matrix, _ bias: Vector, threads: Int = Threads.count
  ) {
    let columns = weights.columns
    let tileRows = 16
    forEachTile(tileCount(rows.count, size: tileRows), threads: threads) { tile, _ in
      for offset in tileRange(tile, of: rows.count, size: tileRows) {
        let row = rows.lowerBound + offset
        let out = panel.row(offset)
        bias.pointer[offset] = smoothed(row, of: id, linear, weights, into: out)
        weightQuantizer?.fakeQuantize(out, columns: columns, clip: linear.clip?.row(row))
      }
    }
  }

  /// Writes `smooth(W + εz)` of one row and returns its smoothed bias.
  func smoothed(
    _ row: Int, of id: LinearID, _ linear: Linear, _ weights: any StoredWeights,
    into out: UnsafeMutablePointer<Float>
  ) -> Float {
    weights.loadRow(row, to: out)
    if let perturbation {
      perturbation.directions.add(
        to: out, factor: perturbation.epsilon, count: weights.columns, row: row, tensor: id.tensor)
    }
    return linear.smoothing.apply(
      to: out, columns: weights.columns, index: row, bias: linear.bias?.pointer[row] ?? 0)
  }

  /// The step `εz` of a packed weight whose codes are trained.
  private func step(of id: LinearID, _ linear: Linear) -> WeightStep? {
    guard linear.hasTrainedCodes, let perturbation else { return nil }
    return WeightStep(
      perturbation.directions, factor: perturbation.epsilon, tensor: id.tensor)
  }
}
