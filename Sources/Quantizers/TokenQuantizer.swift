internal import CKernels
public import Tensors

/// The dynamic per-token activation quantizer: each row, or each group of a row, by its own range.
///
/// The formula of ``WeightQuantizer`` without clipping, over `groupSize` consecutive channels.
///
/// > Source: ZeroQAT's official code, quantize/quantizer.py, `dynamic_method="per_token"`.
public struct TokenQuantizer: Sendable, Equatable {
  /// Bits of a code.
  public let bits: Int
  /// Floor under Δ.
  public let minimumScale: Float

  /// A quantizer.
  public init(bits: Int, minimumScale: Float = 1e-4) {
    precondition((1...8).contains(bits), "codes of \(bits) bits")
    self.bits = bits
    self.minimumScale = minimumScale
  }

  /// Fake-quantizes `x` in place, tiled over rows.
  ///
  /// > Shape: `x` is `[T, C]`, contiguous; `groupSize` divides C; nil means C.
  public func fakeQuantize(_ x: Matrix, groupSize: Int? = nil) {
    let size = groupSize ?? x.columns
    precondition(
      x.stride == x.columns && x.columns % size == 0, "tokens of \(x.columns) by \(size)")
    let rows = 64
    forEachTile(tileCount(x.rows, size: rows)) { tile, _ in
      let range = tileRange(tile, of: x.rows, size: rows)
      zq_fake_quantize_rows(
        x.row(range.lowerBound), range.count * (x.columns / size), size, size, Int32(bits),
        minimumScale)
    }
  }
}
