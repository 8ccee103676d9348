package import Quantizers
package import Tensors
package import Transformers

/// The blocks of a model as a method has made them: each linear plain, live or packed.
///
/// A live linear is perturbed, smoothed and quantised whenever it is used, row by row into a panel that
/// is multiplied and forgotten: the weights themselves are never touched by a forward pass.
///
/// > Source: ZeroQAT's official code, "perturb in forward" (int_linear.py): `Q(smooth(W + εz))`.
package struct QuantizedBlocks: BlockOperators {
  /// How one linear is held.
  package enum Storage: Sendable {
    /// Ready to multiply: full precision, or fake-quantised once and for all.
    case ready(Matrix)
    /// Master weights: perturbed, smoothed and quantised at every use.
    case live(any StoredWeights)
    /// Packed codes of the smoothed, quantised weight.
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
  /// Operands of attention that it quantises as well.
  package var quantizedOperands: Set<LinearKind> = [.query, .key, .value]
  /// Rotations on the way, before activations are quantised.
  package var rotation: OnlineRotation?
  /// What live weights, and packed ones with trained codes, are perturbed by.
  package var perturbation: Perturbation?
  /// Order of summation of the products.
  package var order = SummationOrder.whole
  /// What products of quantised inputs and quantised weights are computed in.
  package var arithmetic = Arithmetic.float
  private let panel: PanelBuffer
  private let tokens = QuantizedTokens()
  private let scratch = IntegerScratch()

  /// How a product of two quantised operands is computed.
  package enum Arithmetic: String, Sendable, Codable, CaseIterable {
    /// In float32, of the fake-quantised operands.
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
    panel = PanelBuffer()
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
      panels(rows: weights.rows, columns: weights.columns) { rows, panel, bias in
        fill(rows, of: id, linear, weights, panel, bias)
        let hasBias = linear.bias != nil || linear.smoothing.givesBias
        Tensors.linear(
          x, panel, bias: hasBias ? bias : nil, into: y.columns(rows), order: order)
      }
    case .packed(let matrix):
      panels(rows: matrix.rows, columns: matrix.columns) { rows, panel, _ in
        unpack(rows, of: id, linear, matrix, panel)
        let bias = linear.bias.map { Vector($0, rows) }
        Tensors.linear(x, panel, bias: bias, into: y.columns(rows), order: order)
      }
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
      unpack(0..<matrix.rows, of: id, linear, matrix, result)
      return result
    }
  }

  /// The same, panel by panel from the first row on; a panel is valid during its call only.
  package func forEachPanel(of id: LinearID, _ body: (Matrix) -> Void) {
    guard let linear = linears[id] else { preconditionFailure("no linear \(id)") }
    switch linear.storage {
    case .ready(let matrix): body(matrix)
    case .live(let weights):
      panels(rows: weights.rows, columns: weights.columns) { rows, panel, bias in
        fill(rows, of: id, linear, weights, panel, bias)
        body(panel)
      }
    case .packed(let matrix):
      panels(rows: matrix.rows, columns: matrix.columns) { rows, panel, _ in
        unpack(rows, of: id, linear, matrix, panel)
        body(panel)
      }
    }
  }

  /// Rows of a panel of a weight of so many columns: 4 MiB of them, at least 256.
  static func panelHeight(columns: Int) -> Int { max(256, (1 << 20) / max(columns, 1)) }

  /// Cuts a weight into panels and calls `body` for each.
  private func panels(
    rows: Int, columns: Int, _ body: (Range<Int>, _ panel: Matrix, _ bias: Vector) -> Void
  ) {
    let height = min(rows, Self.panelHeight(columns: columns))
    let storage = panel.storage(count: height * (columns + 1))
    for index in 0..<tileCount(rows, size: height) {
      let range = tileRange(index, of: rows, size: height)
      body(
        range, Matrix(storage: storage, offset: 0, rows: range.count, columns: columns),
        Vector(storage: storage, offset: height * columns, count: range.count))
    }
  }

  /// Writes `Q(smooth(W + εz))` of `rows` into `panel`, and the smoothed bias.
  private func fill(
    _ rows: Range<Int>, of id: LinearID, _ linear: Linear, _ weights: any StoredWeights,
    _ panel: Matrix, _ bias: Vector
  ) {
    let columns = weights.columns
    let tileRows = 16
    forEachTile(tileCount(rows.count, size: tileRows)) { tile, _ in
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

  /// Writes `(code − z)·Δ` of `rows` into `panel`, and adds `εz` where codes are trained.
  private func unpack(
    _ rows: Range<Int>, of id: LinearID, _ linear: Linear, _ matrix: PackedMatrix, _ panel: Matrix
  ) {
    let tileRows = 16
    let perturbation = linear.hasTrainedCodes ? perturbation : nil
    forEachTile(tileCount(rows.count, size: tileRows)) { tile, _ in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: matrix.columns) { scratch in
        guard let base = scratch.baseAddress else { return }
        for offset in tileRange(tile, of: rows.count, size: tileRows) {
          let row = rows.lowerBound + offset
          matrix.dequantize(row: row, into: panel.row(offset), scratch: base)
          if let perturbation {
            perturbation.directions.add(
              to: panel.row(offset), factor: perturbation.epsilon, count: matrix.columns, row: row,
              tensor: id.tensor)
          }
        }
      }
    }
  }
}

/// The one transient panel that all live and packed linears of a model share.
private final class PanelBuffer: @unchecked Sendable {
  // SAFETY: forward passes of one model run one after another, on the thread that owns the model.
  private var buffer = FloatBuffer(count: 0)

  func storage(count: Int) -> FloatBuffer {
    if buffer.count < count { buffer = FloatBuffer(count: count) }
    return buffer
  }
}
