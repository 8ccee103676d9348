internal import CBLAS

/// OpenBLAS, always on one thread: parallelism is ours, over fixed tiles.
public enum BLAS {
  /// The kernel set that OpenBLAS chose, such as `SkylakeX`.
  public static let coreName: String = {
    _ = singleThreaded
    guard let name = openblas_get_corename() else { return "unknown" }
    return String(cString: name)
  }()

  /// The library's name and version, such as `OpenBLAS 0.3.21`.
  public static let version: String = {
    guard let text = openblas_get_config() else { return "unknown" }
    return String(cString: text).split(separator: " ").prefix(2).joined(separator: " ")
  }()

  private static let singleThreaded: Void = openblas_set_num_threads(1)

  /// `c = alpha · a · bᵀ` (or `+=` when `accumulate`), on the calling thread.
  ///
  /// > Shape: `a` is `[M, K]`, `b` is `[N, K]`, `c` is `[M, N]`.
  public static func multiplyTransposed(
    _ a: Matrix, _ b: Matrix, into c: Matrix, alpha: Float = 1, accumulate: Bool = false
  ) {
    precondition(
      a.columns == b.columns && c.rows == a.rows && c.columns == b.rows,
      "[\(a.rows), \(a.columns)] × [\(b.rows), \(b.columns)]ᵀ into [\(c.rows), \(c.columns)]")
    if a.rows == 0 || b.rows == 0 { return }
    _ = singleThreaded
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(a.rows), blasint(b.rows),
      blasint(a.columns), alpha, a.pointer, blasint(a.stride), b.pointer, blasint(b.stride),
      accumulate ? 1 : 0, c.pointer, blasint(c.stride))
  }

  /// `c = alpha · a · b` (or `+=` when `accumulate`), on the calling thread.
  ///
  /// > Shape: `a` is `[M, K]`, `b` is `[K, N]`, `c` is `[M, N]`.
  public static func multiply(
    _ a: Matrix, _ b: Matrix, into c: Matrix, alpha: Float = 1, accumulate: Bool = false
  ) {
    precondition(
      a.columns == b.rows && c.rows == a.rows && c.columns == b.columns,
      "[\(a.rows), \(a.columns)] × [\(b.rows), \(b.columns)] into [\(c.rows), \(c.columns)]")
    if a.rows == 0 || b.columns == 0 { return }
    _ = singleThreaded
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(a.rows), blasint(b.columns),
      blasint(a.columns), alpha, a.pointer, blasint(a.stride), b.pointer, blasint(b.stride),
      accumulate ? 1 : 0, c.pointer, blasint(c.stride))
  }

  /// `c = alpha · aᵀ · b` (or `+=` when `accumulate`), on the calling thread.
  ///
  /// > Shape: `a` is `[K, M]`, `b` is `[K, N]`, `c` is `[M, N]`.
  public static func multiplyFirstTransposed(
    _ a: Matrix, _ b: Matrix, into c: Matrix, alpha: Float = 1, accumulate: Bool = false
  ) {
    precondition(
      a.rows == b.rows && c.rows == a.columns && c.columns == b.columns,
      "[\(a.rows), \(a.columns)]ᵀ × [\(b.rows), \(b.columns)] into [\(c.rows), \(c.columns)]")
    if a.columns == 0 || b.columns == 0 { return }
    _ = singleThreaded
    cblas_sgemm(
      CblasRowMajor, CblasTrans, CblasNoTrans, blasint(a.columns), blasint(b.columns),
      blasint(a.rows), alpha, a.pointer, blasint(a.stride), b.pointer, blasint(b.stride),
      accumulate ? 1 : 0, c.pointer, blasint(c.stride))
  }

  /// Whatever calls OpenBLAS by another door says this first.
  static func useOneThread() { _ = singleThreaded }
}

/// The order in which a product sums over its inner dimension.
///
/// Both are equally valid; the difference between their results is the rounding floor of a model.
public enum SummationOrder: Sendable {
  /// One pass over all of K.
  case whole
  /// The second half of K first, then the first half on top.
  case halves
}

/// `y = x · wᵀ + bias`, tiled over tokens and output rows; tiles depend on the shapes only.
///
/// > Shape: `x` is `[M, K]`, `w` is `[N, K]`, `y` is `[M, N]`, `bias` is `[N]`.
///
/// - Complexity: O(M · N · K).
public func linear(
  _ x: Matrix, _ w: Matrix, bias: Vector? = nil, into y: Matrix, order: SummationOrder = .whole
) {
  precondition(
    x.columns == w.columns && y.rows == x.rows && y.columns == w.rows,
    "[\(x.rows), \(x.columns)] × [\(w.rows), \(w.columns)]ᵀ into [\(y.rows), \(y.columns)]")
  precondition(
    bias.map { $0.count == w.rows } ?? true, "\(bias?.count ?? 0) biases for \(w.rows) outputs")
  // With few tokens a weight's rows are shared out instead, so that each is packed once only.
  let tokenTile = 512
  let outputTile = x.rows >= manyTokens ? 768 : linearTileHeight(rows: w.rows)
  let tokenTiles = tileCount(x.rows, size: tokenTile)
  let outputTiles = tileCount(w.rows, size: outputTile)
  forEachTile(tokenTiles * outputTiles) { tile, _ in
    let tokens = tileRange(tile % tokenTiles, of: x.rows, size: tokenTile)
    let outputs = tileRange(tile / tokenTiles, of: w.rows, size: outputTile)
    linearTile(
      x.rows(tokens), w.rows(outputs), bias: bias.map { Vector($0, outputs) },
      into: y.rows(tokens).columns(outputs), order: order)
  }
}

/// From so many tokens on, a product's tiles are cut from tokens and weights alike; with fewer, from weights alone.
public let manyTokens = 2048

/// Rows of a weight that a tile of ``linear(_:_:bias:into:order:)`` takes where tokens are few: a quarter of them,
/// so that four threads share them evenly, and at least 64.
public func linearTileHeight(rows: Int) -> Int { max(64, tileCount(rows, size: 64) * 16) }

/// `y = x · wᵀ + bias` on the calling thread, for callers that share out tiles themselves.
///
/// > Shape: `x` is `[M, K]`, `w` is `[N, K]`, `y` is `[M, N]`, `bias` is `[N]`.
///
/// - Complexity: O(M · N · K).
public func linearTile(
  _ x: Matrix, _ w: Matrix, bias: Vector? = nil, into y: Matrix, order: SummationOrder = .whole
) {
  switch order {
  case .whole: BLAS.multiplyTransposed(x, w, into: y)
  case .halves:
    let middle = x.columns / 2
    BLAS.multiplyTransposed(
      x.columns(middle..<x.columns), w.columns(middle..<x.columns), into: y)
    if middle > 0 {
      BLAS.multiplyTransposed(
        x.columns(0..<middle), w.columns(0..<middle), into: y, accumulate: true)
    }
  }
  if let bias { addBias(bias, to: y) }
}

extension Vector {
  /// The elements in `range` as a view.
  public init(_ vector: Vector, _ range: Range<Int>) {
    self.init(
      storage: vector.storage, offset: vector.offset + range.lowerBound, count: range.count)
  }
}
