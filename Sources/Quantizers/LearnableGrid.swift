internal import CKernels
public import Tensors

/// The grids of a matrix as parameters: a scale and a zero point of each group, trained by gradients.
///
/// `Δ' = clamp(Δ, 1e-4, 1e4)`, `z' = clamp(round(z), 0, 2ᴺ − 1)`, `ŵ = (clamp(round(w/Δ') + z', 0, 2ᴺ − 1) − z')·Δ'`.
/// Both clamps of parameters and both rounds pass gradients straight through; the clamp of codes doesn't.
///
/// > Source: EfficientQAT, Chen et al. 2024, arXiv:2407.11062, eqs. 3 to 5; official code,
///   quantize/quantizer.py.
public struct LearnableGrid: Sendable {
  /// Bits of a code, N.
  public let bits: Int
  /// Groups in a row.
  public let groups: Int
  /// Δ of each group, `[rows · groups]`.
  public let scale: Vector
  /// z of each group, `[rows · groups]`; not rounded while it is trained.
  public let zero: Vector

  private static let leastScale: Float = 1e-4
  private static let mostScale: Float = 1e4

  /// Grids that share the storage of `scale` and `zero`.
  public init(bits: Int, groups: Int, scale: Vector, zero: Vector) {
    precondition((1...8).contains(bits), "codes of \(bits) bits")
    precondition(
      groups > 0 && scale.count == zero.count && scale.count % groups == 0,
      "\(scale.count) scales and \(zero.count) zero points in rows of \(groups)")
    self.bits = bits
    self.groups = groups
    self.scale = scale
    self.zero = zero
  }

  /// Grids that span each group of `weights` from its least to its largest.
  public init(of weights: Matrix, quantizer: WeightQuantizer) {
    let groups = quantizer.groups(in: weights.columns)
    self.init(
      bits: quantizer.bits, groups: groups,
      scale: Vector([Float](repeating: 0, count: weights.rows * groups)),
      zero: Vector([Float](repeating: 0, count: weights.rows * groups)))
    let size = weights.columns / groups
    for row in 0..<weights.rows {
      for group in 0..<groups {
        let grid = zq_grid_of(
          weights.row(row) + group * size, size, Int32(bits), 1, 1, Self.leastScale)
        scale.pointer[row * groups + group] = grid.scale
        zero.pointer[row * groups + group] = grid.zero
      }
    }
  }

  /// The grid of one group as it is used now.
  private func grid(_ index: Int) -> zq_grid {
    let top = Float((1 << bits) - 1)
    let (scale, zero) = (scale.pointer[index], zero.pointer[index])
    // Neither comparison holds for NaN, which therefore stays.
    let atLeast = scale < Self.leastScale ? Self.leastScale : scale
    let rounded = zero.rounded(.toNearestOrEven)
    let notNegative: Float = rounded < 0 ? 0 : rounded
    return zq_grid(
      scale: atLeast > Self.mostScale ? Self.mostScale : atLeast,
      zero: notNegative > top ? top : notNegative)
  }

  /// Fake-quantizes row `row` of a matrix in place.
  public func fakeQuantize(_ weights: UnsafeMutablePointer<Float>, columns: Int, row: Int) {
    let size = columns / groups
    for group in 0..<groups {
      zq_fake_quantize(weights + group * size, size, Int32(bits), grid(row * groups + group))
    }
  }

  /// Fake-quantizes all rows of `matrix` in place, tiled over rows.
  public func fakeQuantize(_ matrix: Matrix) {
    check(matrix)
    forEachTile(tileCount(matrix.rows, size: 16)) { tile, _ in
      for row in tileRange(tile, of: matrix.rows, size: 16) {
        fakeQuantize(matrix.row(row), columns: matrix.columns, row: row)
      }
    }
  }

  /// Replaces each weight by its level, code − z, and returns the scales as they are used, of their own
  /// storage: `ŵ = level·Δ`.
  public func freeze(_ matrix: Matrix) -> GroupScale {
    check(matrix)
    let size = matrix.columns / groups
    let scales = Vector([Float](repeating: 0, count: scale.count))
    for row in 0..<matrix.rows {
      let codes = codes(matrix.row(row), columns: matrix.columns, row: row)
      for group in 0..<groups {
        let grid = grid(row * groups + group)
        scales.pointer[row * groups + group] = grid.scale
        let out = matrix.row(row) + group * size
        for i in 0..<size { out[i] = Float(codes[group * size + i]) - grid.zero }
      }
    }
    return GroupScale(scales, groups: groups)
  }

  /// Codes of row `row` of a matrix.
  public func codes(_ weights: UnsafePointer<Float>, columns: Int, row: Int) -> [UInt8] {
    let size = columns / groups
    var result = [UInt8](repeating: 0, count: columns)
    result.withUnsafeMutableBufferPointer { codes in
      guard let base = codes.baseAddress else { return }
      for group in 0..<groups {
        zq_codes(
          weights + group * size, base + group * size, size, Int32(bits),
          grid(row * groups + group))
      }
    }
    return result
  }

  /// Turns the gradient of the fake-quantized matrix into that of `matrix`, in place, tiled over rows.
  ///
  /// `dΔ = Σ dŵ·(code − z' − m·w/Δ')`, `dz = −Σ dŵ·(1 − m)·Δ'`, `dw = m·dŵ`; m = 1 where a code isn't clamped.
  ///
  /// - Parameters:
  ///   - matrix: The weights before quantization.
  ///   - gradient: Gradient of the quantized weights; becomes that of the weights.
  /// - Returns: The gradients of Δ and z, `[rows · groups]` each.
  public func fakeQuantizeBackward(_ matrix: Matrix, gradient: Matrix) -> (
    scale: Vector, zero: Vector
  ) {
    check(matrix)
    precondition(
      matrix.rows == gradient.rows && matrix.columns == gradient.columns,
      "gradients of [\(gradient.rows), \(gradient.columns)]")
    let scales = Vector([Float](repeating: 0, count: scale.count))
    let zeros = Vector([Float](repeating: 0, count: scale.count))
    let size = matrix.columns / groups
    forEachTile(tileCount(matrix.rows, size: 16)) { tile, _ in
      for row in tileRange(tile, of: matrix.rows, size: 16) {
        for group in 0..<groups {
          let index = row * groups + group
          var found = zq_grid_gradient(scale: 0, zero: 0)
          zq_grid_backward(
            matrix.row(row) + group * size, gradient.row(row) + group * size, size, Int32(bits),
            grid(index), &found)
          scales.pointer[index] = Float(found.scale)
          zeros.pointer[index] = Float(found.zero)
        }
      }
    }
    return (scales, zeros)
  }

  private func check(_ matrix: Matrix) {
    precondition(
      matrix.rows * groups == scale.count && matrix.columns % groups == 0,
      "[\(matrix.rows), \(matrix.columns)] with \(scale.count) grids, \(groups) in a row")
  }
}
