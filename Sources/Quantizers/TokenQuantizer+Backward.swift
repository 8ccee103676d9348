internal import CKernels
public import Tensors

extension TokenQuantizer {
  /// Turns the gradient of fake-quantized activations into that of the activations, in place.
  ///
  /// As ``WeightQuantizer/fakeQuantizeBackward(_:gradient:columns:clip:estimator:clipGradient:)`` without
  /// clipping: each token's minimum and maximum take their share.
  ///
  /// > Shape: `x`, `gradient` are `[T, C]`, contiguous; `groupSize` divides C; nil means C.
  ///
  /// - Parameters:
  ///   - x: The activations as they were before quantization.
  ///   - gradient: Gradient of the quantized activations; becomes that of the activations.
  ///   - groupSize: Channels that share a grid.
  ///   - estimator: What passes.
  public func fakeQuantizeBackward(
    _ x: Matrix, gradient: Matrix, groupSize: Int? = nil, estimator: StraightThrough
  ) {
    let size = groupSize ?? x.columns
    precondition(
      x.stride == x.columns && x.columns % size == 0 && gradient.stride == x.columns
        && gradient.columns == x.columns && gradient.rows == x.rows,
      "tokens of \(x.columns) by \(size), gradients of [\(gradient.rows), \(gradient.columns)]")
    let rows = 64
    forEachTile(tileCount(x.rows, size: rows)) { tile, _ in
      for row in tileRange(tile, of: x.rows, size: rows) {
        for first in stride(from: 0, to: x.columns, by: size) {
          let (x, d) = (x.row(row) + first, gradient.row(row) + first)
          switch estimator {
          case .throughGrid:
            let grid = zq_grid_of(x, size, Int32(bits), 1, 1, minimumScale)
            _ = zq_fake_quantize_backward(x, d, size, Int32(bits), grid, 1, 1, minimumScale)
          case .identity(let bound): zq_pass_inside(x, d, size, bound)
          }
        }
      }
    }
  }
}
