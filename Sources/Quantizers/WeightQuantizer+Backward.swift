internal import CKernels
public import Tensors

extension WeightQuantizer {
  /// Turns the gradient of a fake-quantized row into that of the row, in place.
  ///
  /// With `m` = 1 where a code isn't clamped: `dΔ = Σ dŵ·(code − z − m·w/Δ)`, `dw = m·dŵ`; where Δ isn't at
  /// its floor or ceiling `dΔ/(2ᴺ − 1)` goes on into `u·max` and, negated, into `l·min`, shared evenly
  /// among ties. z is rounded for good and passes nothing.
  ///
  /// > Source: automatic differentiation of OmniQuant's official code, quantize/quantizer.py.
  ///
  /// - Parameters:
  ///   - row: The weights as they were before quantization.
  ///   - gradient: Gradient of the quantized weights; becomes that of the weights.
  ///   - columns: How many.
  ///   - clip: Fractions of each group of this row, or nil for no clipping.
  ///   - estimator: What passes.
  ///   - clipGradient: Gets the gradients of the fractions u and l of each group, if given.
  public func fakeQuantizeBackward(
    _ row: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, columns: Int,
    clip: ClipFractions.Row? = nil, estimator: StraightThrough = .throughGrid,
    clipGradient: (up: UnsafeMutablePointer<Float>, low: UnsafeMutablePointer<Float>)? = nil
  ) {
    let size = groupSize ?? columns
    for group in 0..<groups(in: columns) {
      let (x, d) = (row + group * size, gradient + group * size)
      var found = zq_clip_gradient(up: 0, low: 0)
      switch estimator {
      case .throughGrid:
        found = zq_fake_quantize_backward(
          x, d, size, Int32(bits), grid(x, size, group, clip), clip?.up(group) ?? 1,
          clip?.low(group) ?? 1, minimumScale)
      case .identity(let bound): zq_pass_inside(x, d, size, bound)
      }
      clipGradient?.up[group] = found.up
      clipGradient?.low[group] = found.low
    }
  }

  /// Turns the gradient of a fake-quantized matrix into that of the matrix, in place, tiled over rows.
  ///
  /// - Parameters:
  ///   - matrix: The weights as they were before quantization.
  ///   - gradient: Gradient of the quantized weights; becomes that of the weights.
  ///   - clip: Fractions of each group, or nil for no clipping.
  ///   - estimator: What passes.
  /// - Returns: The gradients of the fractions, zero where nothing passes.
  @discardableResult
  public func fakeQuantizeBackward(
    _ matrix: Matrix, gradient: Matrix, clip: ClipFractions? = nil,
    estimator: StraightThrough = .throughGrid
  ) -> ClipGradient {
    precondition(
      matrix.rows == gradient.rows && matrix.columns == gradient.columns,
      "weights of [\(matrix.rows), \(matrix.columns)], "
        + "gradients of [\(gradient.rows), \(gradient.columns)]")
    let groups = groups(in: matrix.columns)
    let result = ClipGradient(rows: matrix.rows, groups: groups)
    forEachTile(tileCount(matrix.rows, size: 16)) { tile, _ in
      for row in tileRange(tile, of: matrix.rows, size: 16) {
        fakeQuantizeBackward(
          matrix.row(row), gradient: gradient.row(row), columns: matrix.columns,
          clip: clip?.row(row), estimator: estimator,
          clipGradient: (
            result.up.pointer + row * groups, result.low.pointer + row * groups
          ))
      }
    }
    return result
  }
}

/// Gradients of the clip fractions of every group of every row, `[rows · groups]` each.
public struct ClipGradient: Sendable {
  /// Gradient of the fraction of the maximum.
  public let up: Vector
  /// Gradient of the fraction of the minimum.
  public let low: Vector

  /// Zero gradients.
  public init(rows: Int, groups: Int) {
    up = Vector([Float](repeating: 0, count: rows * groups))
    low = Vector([Float](repeating: 0, count: rows * groups))
  }
}
