public import Tensors

/// The one transient panel that all weights of a model share which aren't held in float32 as they are
/// multiplied: live ones, perturbed and quantised at every use, and packed ones.
public final class WeightPanel: @unchecked Sendable {
  // SAFETY: forward passes of one model run one after another, on the thread that owns the model.
  private var buffer = FloatBuffer(count: 0)

  /// No space yet.
  public init() {}

  /// Rows of a panel of `columns` columns: 4 MiB of them, so that a panel stays in the last cache, and at
  /// least 256, as the inputs are packed anew for each panel; 128 of more than 16,384 columns, where
  /// 256 would take more memory than anything else that a short step holds beside the weights.
  public static func height(columns: Int) -> Int {
    max(columns > 16_384 ? 128 : 256, (1 << 20) / max(columns, 1))
  }

  /// Cuts a weight of `[rows, columns]` into panels and calls `body` for each, from the first row on.
  ///
  /// - Parameters:
  ///   - rows: Rows of the weight.
  ///   - columns: Columns of the weight.
  ///   - body: Gets a range of rows, space for them, and space for their biases, all valid during the
  ///     call only and filled with whatever was there before.
  public func forEach(
    rows: Int, columns: Int, _ body: (_ rows: Range<Int>, _ panel: Matrix, _ bias: Vector) -> Void
  ) {
    let height = min(rows, Self.height(columns: columns))
    let count = height * (columns + 1)
    if buffer.count < count { buffer = FloatBuffer(count: count) }
    for index in 0..<tileCount(rows, size: height) {
      let range = tileRange(index, of: rows, size: height)
      body(
        range, Matrix(storage: buffer, offset: 0, rows: range.count, columns: columns),
        Vector(storage: buffer, offset: height * columns, count: range.count))
    }
  }
}
