import MethodKit
import Quantizers
import Tensors
import Transformers

/// A model whose residual stream is rotated by `R = D·H`: random signs, then a Hadamard transform.
///
/// With `x' = x·R`: an RMSNorm without gain gives `norm(x)·R`, as lengths stay; linears that read the stream become
/// `W·diag(gain)·R`, those that write it `Rᵀ·W`. A LayerNorm's bias goes into the biases behind it, and its
/// subtraction of the mean into what writes the stream, `Rᵀ·(I − 11ᵀ/C)·W`: then it is an RMSNorm.
///
/// > Source: Ashkboos et al. 2024, arXiv:2404.00456, section 4, stage 1a; Ashkboos et al. 2024 (SliceGPT),
///   arXiv:2401.15024, section 3, for LayerNorm.
struct StreamRotation {
  private let c: ModelConfiguration
  private let transform: HadamardTransform
  private let signs: Vector
  private let online: OnlineRotation

  /// The rotation of a model's shape that belongs to `seed`.
  init(_ c: ModelConfiguration, seed: UInt64) {
    self.c = c
    transform = HadamardTransform(order: c.channels)
    signs = Vector([Float](repeating: 0, count: c.channels))
    RademacherStream(seed: seed, draw: 0).add(
      to: signs.pointer, factor: 1, count: c.channels, row: 0, tensor: 0)
    online = OnlineRotation(c)
  }

  private var isCentred: Bool { c.parts.hasNormBias }

  /// Rotates all parameters of `dense` in place.
  ///
  /// - Returns: The rotated model, in full precision.
  func rotate(_ dense: DenseParameters, _ transformer: Transformer) -> QuantizedModel {
    var linears: [LinearID: QuantizedBlocks.Linear] = [:]
    for id in c.linearIDs { linears[id] = rotated(id, dense) }
    // Gains and biases in front of linears live in those now.
    let ones = Vector([Float](repeating: 1, count: c.channels))
    let zeros = isCentred ? Vector([Float](repeating: 0, count: c.channels)) : nil
    var blocks = QuantizedBlocks(
      linears: linears,
      norms: (0..<c.blocks).map { block in
        c.norms.map { kind in
          NormKind.halves.contains(kind)
            ? (gain: ones, bias: zeros) : dense.norm(kind, block: block)
        }
      })
    blocks.rotation = online
    var configuration = c
    configuration.normsSubtractMean = false
    return QuantizedModel(
      transformer: Transformer(
        configuration: configuration,
        frame: transformer.frame.rotatingStream(by: StreamRotationMatrix(streamMatrix))),
      blocks: blocks)
  }

  /// `(I − 11ᵀ/C)·R`, or R where norms don't subtract the mean, `[C, C]`.
  private var streamMatrix: Matrix {
    let result = Matrix(rows: c.channels, columns: c.channels)
    for i in 0..<c.channels { result.row(i)[i] = 1 }
    // Symmetric, so that rows are as good as columns.
    if isCentred { subtractRowMean(from: result) }
    rotateColumns(of: result)
    return result
  }

  private func rotated(_ id: LinearID, _ dense: DenseParameters) -> QuantizedBlocks.Linear {
    let weight = dense.matrix(id)
    var bias = dense.bias(id)
    switch id.kind {
    case .query, .key, .value, .gate, .up:
      let isAttention = id.kind == .query || id.kind == .key || id.kind == .value
      let (gain, shift) = dense.norm(isAttention ? .attention : .feedForward, block: id.block)
      bias = fold(gain, shift, into: weight, bias)
      rotateColumns(of: weight)
      if id.kind == .value {
        online.rotateValues(weight)
        if let bias { online.rotateValues(column(bias)) }
      }
    case .output, .down:
      online.undo(in: weight, of: id.kind)
      rotateRows(of: weight)
      if let before = bias {
        let after = Vector(before.elements)
        rotateRows(of: column(after))
        bias = after
      }
    }
    return QuantizedBlocks.Linear(storage: .ready(weight), bias: bias)
  }

  /// `W ← W·diag(gain)`; returns a new `b + W·shift`, with W as it was.
  private func fold(_ gain: Vector, _ shift: Vector?, into weight: Matrix, _ bias: Vector?)
    -> Vector?
  {
    let result =
      bias.map { Vector($0.elements) }
      ?? shift.map { _ in Vector([Float](repeating: 0, count: weight.rows)) }
    for row in 0..<weight.rows {
      let w = weight.row(row)
      if let shift, let result {
        var sum = Double(result.pointer[row])
        for i in 0..<weight.columns { sum += Double(w[i]) * Double(shift.pointer[i]) }
        result.pointer[row] = Float(sum)
      }
      for i in 0..<weight.columns { w[i] *= gain.pointer[i] }
    }
    return result
  }

  /// `W ← W·R`.
  private func rotateColumns(of weight: Matrix) {
    for row in 0..<weight.rows {
      let w = weight.row(row)
      for i in 0..<weight.columns { w[i] *= signs.pointer[i] }
    }
    transform.apply(to: weight)
  }

  /// `W ← Rᵀ·W`, or `Rᵀ·(I − 11ᵀ/C)·W` where norms subtract the mean.
  private func rotateRows(of weight: Matrix) {
    if isCentred { subtractRowMean(from: weight) }
    for row in 0..<weight.rows {
      let (w, sign) = (weight.row(row), signs.pointer[row])
      for i in 0..<weight.columns { w[i] *= sign }
    }
    transform.apply(
      to: weight.reshaped(rows: 1, columns: weight.rows * weight.columns), width: weight.columns)
  }

  /// `W ← (I − 11ᵀ/C)·W`: the mean of all rows goes from each.
  private func subtractRowMean(from weight: Matrix) {
    var sums = [Double](repeating: 0, count: weight.columns)
    for row in 0..<weight.rows {
      let w = weight.row(row)
      for i in 0..<weight.columns { sums[i] += Double(w[i]) }
    }
    for row in 0..<weight.rows {
      let w = weight.row(row)
      for i in 0..<weight.columns { w[i] -= Float(sums[i] / Double(weight.rows)) }
    }
  }

  private func column(_ vector: Vector) -> Matrix {
    Matrix(storage: vector.storage, offset: vector.offset, rows: vector.count, columns: 1)
  }
}
