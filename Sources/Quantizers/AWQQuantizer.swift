internal import CKernels
import Glibc
public import Tensors

/// AWQ's weight quantizer: min-max grids whose zero point is a code, per row or group of columns.
///
/// > Source: Lin et al. 2023, arXiv:2306.00978; official code, quantizer.py (pseudo_quantize_tensor).
public struct AWQQuantizer: Sendable, Equatable {
  /// Bits of a code, N.
  public let bits: Int
  /// Columns that share a grid; nil means a whole row.
  public let groupSize: Int?

  /// A quantizer.
  public init(bits: Int, groupSize: Int?) {
    precondition((1...8).contains(bits), "codes of \(bits) bits")
    precondition(groupSize.map { $0 > 0 } ?? true, "groups of \(groupSize ?? 0) columns")
    self.bits = bits
    self.groupSize = groupSize
  }

  /// Fake-quantizes all rows of `matrix` in place, tiled over rows.
  ///
  /// - Precondition: The group size divides the columns.
  public func fakeQuantize(_ matrix: Matrix) {
    let size = groupSize ?? matrix.columns
    precondition(matrix.columns % max(size, 1) == 0, "groups of \(size) in \(matrix.columns)")
    forEachTile(tileCount(matrix.rows, size: 16)) { tile, _ in
      for row in tileRange(tile, of: matrix.rows, size: 16) {
        for start in stride(from: 0, to: matrix.columns, by: size) {
          fakeQuantize(matrix.row(row) + start, count: size)
        }
      }
    }
  }

  /// Fake-quantizes one group in place.
  func fakeQuantize(_ x: UnsafeMutablePointer<Float>, count: Int) {
    let grid = AffineGrid.clampingZero(x, count: count, bits: bits)
    zq_fake_quantize(x, count, Int32(bits), zq_grid(scale: grid.scale, zero: grid.zero))
  }

  /// Fake-quantizes `matrix` with its columns scaled, in place: `Q(W·diag(s))·diag(s)⁻¹`.
  ///
  /// > Shape: `matrix` is `[outputs, inputs]`, `scales` are `[inputs]`.
  public func fakeQuantize(_ matrix: Matrix, scaledBy scales: Vector) {
    precondition(scales.count == matrix.columns, "\(scales.count) scales")
    forEachRow(of: matrix) { row in
      for i in 0..<scales.count { row[i] *= scales.pointer[i] }
    }
    fakeQuantize(matrix)
    forEachRow(of: matrix) { row in
      for i in 0..<scales.count { row[i] /= scales.pointer[i] }
    }
  }

  private func forEachRow(
    of matrix: Matrix, _ body: @Sendable (UnsafeMutablePointer<Float>) -> Void
  ) {
    forEachTile(tileCount(matrix.rows, size: 16)) { tile, _ in
      for row in tileRange(tile, of: matrix.rows, size: 16) { body(matrix.row(row)) }
    }
  }
}

/// AWQ's scales of input channels: `s = max(x̄^r, 1e-4)`, divided by `√(max s · min s)`.
///
/// > Source: Lin et al. 2023, arXiv:2306.00978, eq. 5; official code, auto_scale.py.
///
/// - Parameters:
///   - means: Mean |x| of each channel, `[C]`.
///   - ratio: r, 0…1.
/// - Returns: s of each channel.
public func awqScales(means: [Float], ratio: Float) -> [Float] {
  let scales = means.map { mean in
    let power = powf(mean, ratio)
    return power < 1e-4 ? 1e-4 : power
  }
  let (least, most) = (scales.min() ?? 1, scales.max() ?? 1)
  let middle = (most * least).squareRoot()
  return scales.map { $0 / middle }
}
