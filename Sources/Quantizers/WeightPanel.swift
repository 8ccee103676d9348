public import Tensors

/// The one transient space that all weights of a model share which aren't held in float32 as they are
/// multiplied: live ones, perturbed and quantized at every use, and packed ones.
public final class WeightPanel: @unchecked Sendable {
  // SAFETY: forward passes of one model run one after another, on the thread that owns the model; inside one, each
  // thread has a part of the buffer to itself.
  private var buffer = FloatBuffer(count: 0)

  /// No space yet.
  public init() {}

  /// Rows of a panel of `columns` columns: 4 MiB of them, so that a panel stays in the last cache, and at
  /// least 256, as the inputs are packed anew for each panel; 128 of more than 16,384 columns, where
  /// 256 would take more memory than anything else that a short step holds beside the weights.
  public static func height(columns: Int) -> Int {
    max(columns > 16_384 ? 128 : 256, (1 << 20) / max(columns, 1))
  }

  /// Rows of what one thread fills and multiplies at a time: up to 4 MiB and at least 64 rows, and no more than a
  /// tile of a weight in float32 has.
  ///
  /// OpenBLAS packs the inputs anew for each tile, so that tiles are as high as caches allow.
  public static func tileHeight(rows: Int, columns: Int) -> Int {
    min(linearTileHeight(rows: rows), max(64, (1 << 20) / max(columns, 1) / 16 * 16), max(rows, 1))
  }

  /// Numbers that are held for a weight of `[rows, columns]`, whichever way it is multiplied.
  public static func elementCount(rows: Int, columns: Int, threads: Int) -> Int {
    let tile = tileHeight(rows: rows, columns: columns)
    let tiles = min(threads, tileCount(rows, size: tile))
    let most = max(min(rows, height(columns: columns)), tile.timesOrMost(tiles))
    return most.timesOrMost(columns.plusOrMost(1))
  }

  /// `y = x · wᵀ + b` of a weight of `[rows, columns]` whose rows `fill` makes.
  ///
  /// From ``Tensors/manyTokens`` tokens on, all threads fill a panel and then multiply it; with fewer tokens, each thread
  /// fills rows and multiplies them while they are in its cache. Tiles depend on the shapes alone, so that results don't
  /// depend on the number of threads; weights of up to 16 MiB have no more than four.
  ///
  /// > Shape: `x` is `[T, K]`, `y` is `[T, N]`.
  ///
  /// - Parameters:
  ///   - x: The inputs.
  ///   - rows: N, rows of the weight.
  ///   - columns: K, columns of the weight.
  ///   - hasBias: Whether biases are added.
  ///   - y: Gets the outputs.
  ///   - order: Order of summation.
  ///   - threads: How many threads share the tiles.
  ///   - fill: Gets a range of rows, space for them and for their biases, valid during the call only and filled with
  ///     whatever was there before, and the number of threads that it may use.
  public func multiply(
    _ x: Matrix, rows: Int, columns: Int, hasBias: Bool, into y: Matrix, order: SummationOrder,
    threads: Int = Threads.count,
    _ fill: @Sendable (_ rows: Range<Int>, _ panel: Matrix, _ bias: Vector, _ threads: Int) -> Void
  ) {
    precondition(
      x.columns == columns && y.rows == x.rows && y.columns == rows,
      "[\(x.rows), \(x.columns)] × [\(rows), \(columns)]ᵀ into [\(y.rows), \(y.columns)]")
    guard x.rows < manyTokens else {
      return forEach(rows: rows, columns: columns) { range, panel, bias in
        fill(range, panel, bias, threads)
        linear(x, panel, bias: hasBias ? bias : nil, into: y.columns(range), order: order)
      }
    }
    reserve(rows: rows, columns: columns, threads: threads)
    let height = Self.tileHeight(rows: rows, columns: columns)
    let space = buffer
    forEachTile(tileCount(rows, size: height), threads: threads) { tile, thread in
      let range = tileRange(tile, of: rows, size: height)
      let offset = thread * height * (columns + 1)
      let panel = Matrix(storage: space, offset: offset, rows: range.count, columns: columns)
      let bias = Vector(
        storage: space, offset: offset + height * columns, count: range.count)
      fill(range, panel, bias, 1)
      linearTile(x, panel, bias: hasBias ? bias : nil, into: y.columns(range), order: order)
    }
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
    reserve(rows: rows, columns: columns, threads: Threads.count)
    let height = min(rows, Self.height(columns: columns))
    for index in 0..<tileCount(rows, size: height) {
      let range = tileRange(index, of: rows, size: height)
      body(
        range, Matrix(storage: buffer, offset: 0, rows: range.count, columns: columns),
        Vector(storage: buffer, offset: height * columns, count: range.count))
    }
  }

  private func reserve(rows: Int, columns: Int, threads: Int) {
    let count = Self.elementCount(rows: rows, columns: columns, threads: threads)
    if buffer.count < count { buffer = FloatBuffer(count: count) }
  }
}
