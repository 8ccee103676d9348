internal import CKernels
public import Tensors

/// Scales of frozen levels: `ŵ = level·Δ`, with a Δ for each group of a row.
///
/// > Source: EfficientQAT (E2E-QP), Chen et al. 2024, arXiv:2407.11062, section 3.3.
public struct GroupScale: Sendable {
  /// Δ, `[rows · groups]`.
  public let values: Vector
  /// Groups in a row.
  public let groups: Int

  /// Scales that share the storage of `values`.
  public init(_ values: Vector, groups: Int) {
    precondition(groups > 0 && values.count % groups == 0, "\(values.count) scales by \(groups)")
    self.values = values
    self.groups = groups
  }

  /// Multiplies levels by their scales, in place.
  public func multiply(_ levels: Matrix) {
    let size = size(levels)
    forEachTile(tileCount(levels.rows, size: 16)) { tile, _ in
      for row in tileRange(tile, of: levels.rows, size: 16) {
        for group in 0..<groups {
          zq_scale_row(
            levels.row(row) + group * size, nil, values.pointer[row * groups + group], size)
        }
      }
    }
  }

  /// Gradients of the scales, `dΔ = Σ dŵ·level`; turns `gradient` into that of the levels, in place.
  public func multiplyBackward(_ levels: Matrix, gradient: Matrix) -> Vector {
    let size = size(levels)
    precondition(
      gradient.rows == levels.rows && gradient.columns == levels.columns,
      "levels of [\(levels.rows), \(levels.columns)], "
        + "gradients of [\(gradient.rows), \(gradient.columns)]")
    let result = Vector([Float](repeating: 0, count: values.count))
    forEachTile(tileCount(levels.rows, size: 16)) { tile, _ in
      for row in tileRange(tile, of: levels.rows, size: 16) {
        for group in 0..<groups {
          let index = row * groups + group
          let (x, d) = (levels.row(row) + group * size, gradient.row(row) + group * size)
          result.pointer[index] = Float(zq_dot(d, x, size))
          zq_scale_row(d, nil, values.pointer[index], size)
        }
      }
    }
    return result
  }

  private func size(_ levels: Matrix) -> Int {
    precondition(
      levels.rows * groups == values.count && levels.columns % groups == 0,
      "[\(levels.rows), \(levels.columns)] with \(values.count) scales, \(groups) in a row")
    return levels.columns / groups
  }
}
