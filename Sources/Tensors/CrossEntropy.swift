internal import CKernels
import Glibc

/// Where the rows of a head matrix come from.
public protocol HeadRows: Sendable {
  /// Number of tokens in the vocabulary.
  var vocabularySize: Int { get }
  /// The rows `range` of the head as a matrix `[range.count, C]`; `scratch` may hold them.
  func rows(_ range: Range<Int>, scratch: Matrix) -> Matrix
  /// Whether ``rows(_:scratch:)`` is a view that needs no scratch space.
  var rowsAreViews: Bool { get }
}

/// Tiles of ``negativeLogLikelihood(hidden:head:targets:)``, which depend on the shapes only.
public enum LossTiles {
  /// Tokens per tile: 256, or of fewer than 512 tokens half, but no fewer than 64, so that two threads
  /// share the head of a short batch.
  public static func tokens(of count: Int) -> Int {
    count >= 512 ? 256 : min(max(count, 1), max(64, tileCount(count, size: 2)))
  }
  /// Vocabulary entries whose logits a thread holds at a time.
  public static let vocabulary = 2048
  /// Rows of a head that a thread converts at a time, where they aren't float32 in memory: 2,048 of
  /// 5,120 channels would take 42 MB for each thread.
  public static let convertedRows = 512
}

/// A head that is one float32 matrix.
public struct DenseHead: HeadRows {
  /// The matrix, `[V, C]`.
  public let matrix: Matrix

  /// A head from its matrix.
  public init(_ matrix: Matrix) { self.matrix = matrix }

  /// V.
  public var vocabularySize: Int { matrix.rows }

  /// A view of the rows; the scratch space isn't needed.
  public func rows(_ range: Range<Int>, scratch: Matrix) -> Matrix { matrix.rows(range) }

  /// They are.
  public var rowsAreViews: Bool { true }
}

/// Negative log-likelihood of each target in nats: `logsumexp(h · headᵀ) − (h · headᵀ)[target]`.
///
/// Logits exist only as a tile of 256 tokens × 2,048 vocabulary entries per thread; the maximum and
/// the sum of exponentials run along. Log-softmax in float32, its sum in float64, in a fixed order.
///
/// > Shape: `hidden` is `[M, C]`; `targets` and the result have M entries. A negative target isn't
///   scored and yields 0.
public func negativeLogLikelihood(
  hidden: Matrix, head: some HeadRows, targets: [Int32]
) -> [Double] {
  precondition(hidden.rows == targets.count, "\(hidden.rows) rows, \(targets.count) targets")
  let (tokenTile, vocabularyTile) = (LossTiles.tokens(of: hidden.rows), LossTiles.vocabulary)
  let rowsAtOnce = head.rowsAreViews ? vocabularyTile : LossTiles.convertedRows
  let vocabulary = head.vocabularySize
  precondition(
    targets.allSatisfy { $0 < vocabulary }, "a target outside the vocabulary of \(vocabulary)")
  let tiles = tileCount(hidden.rows, size: tokenTile)
  let threads = Threads.count
  let logits = (0..<threads).map { _ in
    FloatBuffer(count: min(tokenTile, hidden.rows) * vocabularyTile)
  }
  let scratch = (0..<threads).map { _ in
    Matrix(rows: head.rowsAreViews ? 0 : rowsAtOnce, columns: hidden.columns)
  }
  let result = FloatingResults(count: hidden.rows)
  forEachTile(tiles, threads: threads) { tile, thread in
    let tokens = tileRange(tile, of: hidden.rows, size: tokenTile)
    var maxima = [Float](repeating: -.infinity, count: tokens.count)
    var sums = [Double](repeating: 0, count: tokens.count)
    var chosen = [Float](repeating: 0, count: tokens.count)
    for piece in 0..<tileCount(vocabulary, size: vocabularyTile) {
      let entries = tileRange(piece, of: vocabulary, size: vocabularyTile)
      let scores = Matrix(
        storage: logits[thread], offset: 0, rows: tokens.count, columns: entries.count)
      for part in 0..<tileCount(entries.count, size: rowsAtOnce) {
        let local = tileRange(part, of: entries.count, size: rowsAtOnce)
        let range = entries.lowerBound + local.lowerBound..<entries.lowerBound + local.upperBound
        BLAS.multiplyTransposed(
          hidden.rows(tokens), head.rows(range, scratch: scratch[thread]),
          into: scores.columns(local))
      }
      for (r, token) in tokens.enumerated() {
        zq_fold_logsumexp(scores.row(r), entries.count, &maxima[r], &sums[r])
        let target = Int(targets[token])
        if entries.contains(target) { chosen[r] = scores.row(r)[target - entries.lowerBound] }
      }
    }
    for (r, token) in tokens.enumerated() where targets[token] >= 0 {
      result.pointer[token] = Double(maxima[r]) + log(sums[r]) - Double(chosen[r])
    }
  }
  return result.values
}

/// Doubles that tiles write side by side.
final class FloatingResults: @unchecked Sendable {
  // SAFETY: each tile writes its own tokens' entries only.
  let pointer: UnsafeMutablePointer<Double>
  let count: Int

  init(count: Int) {
    self.count = count
    pointer = .allocate(capacity: max(count, 1))
    pointer.initialize(repeating: 0, count: max(count, 1))
  }

  var values: [Double] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  deinit { pointer.deallocate() }
}

/// All logits, `[M, V]`: only for small models and tests; ``negativeLogLikelihood(hidden:head:targets:)``
/// never forms them.
public func logits(hidden: Matrix, head: Matrix) -> Matrix {
  let result = Matrix(rows: hidden.rows, columns: head.rows)
  linear(hidden, head, into: result)
  return result
}
