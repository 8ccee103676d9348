internal import CKernels

/// Tiles of ``causalAttention(q:k:v:windowTokens:headSize:scale:reach:into:)`` and of its backward pass.
public enum AttentionTiles {
  /// Queries of a tile: each thread holds their scores against all keys of a window.
  public static let queries = 128
}

/// Causal attention of every window and head, by tiles of query rows.
///
/// `out = softmax(q · kᵀ · scale) · v` under the causal mask. Scores of one tile of 128 queries are
/// all that is ever held: no `T × T` matrix outlives its tile. Query head h reads key head
/// `h / (queryHeads / keyHeads)`.
///
/// > Shape: `q`, `out` are `[windows · T, queryHeads · D]`; `k`, `v` are `[windows · T, keyHeads · D]`.
///
/// > Source: Vaswani et al. 2017, arXiv:1706.03762, eq. 1; grouped queries: Ainslie et al. 2023,
///   arXiv:2305.13245.
///
/// - Parameters:
///   - q: Queries.
///   - k: Keys.
///   - v: Values.
///   - windowTokens: T.
///   - headSize: D.
///   - scale: 1/√D where the queries aren't scaled already.
///   - reach: A query sees itself and the `reach − 1` keys before it; all of them where it is nil.
///   - out: Gets the attended values.
public func causalAttention(
  q: Matrix, k: Matrix, v: Matrix, windowTokens: Int, headSize: Int, scale: Float,
  reach: Int? = nil, into out: Matrix
) {
  precondition(
    q.rows % windowTokens == 0 && k.rows == q.rows && v.rows == q.rows && out.rows == q.rows
      && q.columns % headSize == 0 && k.columns % headSize == 0 && k.columns == v.columns
      && out.columns == q.columns && reach ?? 1 > 0,
    "attention of q [\(q.rows), \(q.columns)], k [\(k.rows), \(k.columns)], heads of \(headSize)")
  let queryTile = AttentionTiles.queries
  let windows = q.rows / windowTokens
  let heads = q.columns / headSize
  let group = heads / (k.columns / headSize)
  let tilesPerWindow = tileCount(windowTokens, size: queryTile)
  let threads = Threads.count
  let scratch = (0..<threads).map { _ in
    FloatBuffer(count: min(queryTile, windowTokens) * windowTokens)
  }
  forEachTile(windows * heads * tilesPerWindow, threads: threads) { tile, thread in
    let (head, rest) = (tile % heads, tile / heads)
    // The last tiles of a window see the most keys: they go first, so that no thread ends late.
    let queries = tileRange(
      tilesPerWindow - 1 - rest % tilesPerWindow, of: windowTokens, size: queryTile)
    let first = rest / tilesPerWindow * windowTokens
    let visible = queries.upperBound
    let queryRows = first + queries.lowerBound..<first + queries.upperBound
    let keyRows = first..<first + visible
    let columns = head * headSize..<(head + 1) * headSize
    let keyColumns = head / group * headSize..<(head / group + 1) * headSize
    let scores = Matrix(
      storage: scratch[thread], offset: 0, rows: queries.count, columns: visible)
    BLAS.multiplyTransposed(
      q.rows(queryRows).columns(columns), k.rows(keyRows).columns(keyColumns), into: scores,
      alpha: scale)
    causalSoftmax(scores, firstVisible: queries.lowerBound + 1, reach: reach)
    BLAS.multiply(
      scores, v.rows(keyRows).columns(keyColumns), into: out.rows(queryRows).columns(columns))
  }
}

/// Softmax of each row of scores over the keys that its query sees; 0 for all others.
///
/// Row r sees the keys before `firstVisible + r`, and of those the last `reach`.
func causalSoftmax(_ scores: Matrix, firstVisible: Int, reach: Int?) {
  guard let reach, firstVisible + scores.rows - 1 > reach else {
    return zq_causal_softmax(scores.pointer, scores.rows, scores.columns, firstVisible)
  }
  for r in 0..<scores.rows {
    let hidden = max(0, firstVisible + r - reach)
    let row = scores.row(r)
    row.update(repeating: 0, count: hidden)
    zq_causal_softmax(row + hidden, 1, scores.columns - hidden, firstVisible + r - hidden)
  }
}

/// Turns the gradient `d` of the weights `p` of ``causalSoftmax(_:firstVisible:reach:)`` into that of the
/// scores.
func causalSoftmaxBackward(_ p: Matrix, _ d: Matrix, firstVisible: Int, reach: Int?) {
  guard let reach, firstVisible + p.rows - 1 > reach else {
    return zq_softmax_backward(p.pointer, d.pointer, d.rows, d.columns, firstVisible)
  }
  for r in 0..<p.rows {
    let hidden = max(0, firstVisible + r - reach)
    d.row(r).update(repeating: 0, count: hidden)
    zq_softmax_backward(
      p.row(r) + hidden, d.row(r) + hidden, 1, p.columns - hidden, firstVisible + r - hidden)
  }
}
