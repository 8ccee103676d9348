internal import CKernels
public import Tensors

/// Activations as integer codes, token by token: what an integer product reads.
///
/// A code is centred, `round(x/Δ) + z − 2ᴺ⁻¹`, so that it fits a signed byte. Storage
/// is kept from one fill to the next.
public final class QuantizedTokens: @unchecked Sendable {
  // SAFETY: filled and read by the thread that owns the model; tiles write disjoint rows.
  /// Tokens held.
  public private(set) var rows = 0
  /// Channels of a token.
  public private(set) var columns = 0
  /// Channels that a code row takes: a multiple of 4, zero beyond the last channel.
  private(set) var padded = 0
  private var source: UnsafeMutablePointer<Float>?
  private var codes = ByteBuffer(byteCount: 0)
  private var sums = ByteBuffer(byteCount: 0)

  /// Channels that a code row of so many channels takes.
  public static func paddedColumns(_ columns: Int) -> Int {
    columns > .max - 3 ? columns : (columns + 3) / 4 * 4
  }

  /// Bytes that are held of each token beside its codes.
  public static let sumBytes = MemoryLayout<zq_token_sum>.stride

  /// Storage that holds nothing yet.
  public init() {}

  var codePointer: UnsafeMutablePointer<Int8> { codes.base.assumingMemoryBound(to: Int8.self) }

  var sumPointer: UnsafeMutablePointer<zq_token_sum> {
    sums.base.assumingMemoryBound(to: zq_token_sum.self)
  }

  /// Quantizes each row of `x` by its own range; `x` stays as it is.
  ///
  /// > Shape: `x` is `[T, C]`.
  public func fill(_ x: Matrix, quantizer: TokenQuantizer) {
    (rows, columns, padded) = (x.rows, x.columns, Self.paddedColumns(x.columns))
    source = x.pointer
    if codes.byteCount < rows * padded { codes = ByteBuffer(byteCount: rows * padded) }
    let bytes = rows * Self.sumBytes
    if sums.byteCount < bytes { sums = ByteBuffer(byteCount: bytes) }
    let tokens = 32
    forEachTile(tileCount(rows, size: tokens)) { tile, _ in
      for row in tileRange(tile, of: x.rows, size: tokens) {
        let values = x.row(row)
        let grid = zq_grid_of(
          values, x.columns, Int32(quantizer.bits), 1, 1, quantizer.minimumScale)
        zq_token_codes(
          values, x.columns, Int32(quantizer.bits), grid, codePointer + row * padded, padded,
          sumPointer + row)
      }
    }
  }

  /// Whether what is held was made from `x`, and from nothing since.
  public func holds(_ x: Matrix) -> Bool {
    source == x.pointer && rows == x.rows && columns == x.columns
  }

  /// Forgets what it was made from, so that it holds no matrix.
  public func forget() { source = nil }
}
