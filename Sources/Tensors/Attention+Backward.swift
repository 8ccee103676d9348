/// Writes the gradients of ``causalAttention(q:k:v:windowTokens:headSize:scale:reach:into:)``.
///
/// Weights P of one tile of 128 queries are computed again from q and k: with `dP = dOut · vᵀ` and
/// `dS = P·(dP − Σ P·dP)`, `dQ = dS · k · scale`, `dK = Σ dSᵀ · q · scale`, `dV = Σ Pᵀ · dOut`. One
/// thread takes a key head of a window with all its tiles and query heads, in a fixed order.
///
/// > Shape: `q`, `dOut`, `dQ` are `[windows · T, queryHeads · D]`; `k`, `v`, `dK`, `dV` are
///   `[windows · T, keyHeads · D]`.
public func causalAttentionBackward(
  q: Matrix, k: Matrix, v: Matrix, windowTokens: Int, headSize: Int, scale: Float,
  reach: Int? = nil, dOutput dOut: Matrix, dQ: Matrix, dK: Matrix, dV: Matrix
) {
  precondition(
    q.rows % windowTokens == 0 && [k, v, dOut, dQ, dK, dV].allSatisfy { $0.rows == q.rows }
      && q.columns % headSize == 0 && k.columns % headSize == 0 && k.columns == v.columns
      && dQ.columns == q.columns && dOut.columns == q.columns && dK.columns == k.columns
      && dV.columns == k.columns && q.columns % k.columns == 0,
    "attention gradient of q [\(q.rows), \(q.columns)], k [\(k.rows), \(k.columns)], "
      + "heads of \(headSize)")
  let queryTile = AttentionTiles.queries
  let windows = q.rows / windowTokens
  let keyHeads = k.columns / headSize
  let group = q.columns / k.columns
  let tiles = tileCount(windowTokens, size: queryTile)
  let threads = Threads.count
  let scratch = (0..<min(threads, windows * keyHeads)).map { _ in
    FloatBuffer(count: 2 * min(queryTile, windowTokens) * windowTokens)
  }
  forEachTile(windows * keyHeads, threads: threads) { unit, thread in
    let first = unit / keyHeads * windowTokens
    let keyColumns = unit % keyHeads * headSize..<(unit % keyHeads + 1) * headSize
    for member in 0..<group {
      let head = unit % keyHeads * group + member
      let columns = head * headSize..<(head + 1) * headSize
      // The last tile sees every key, so its products start the sums and the others add.
      for tile in (0..<tiles).reversed() {
        let queries = tileRange(tile, of: windowTokens, size: queryTile)
        let visible = queries.upperBound
        let queryRows = first + queries.lowerBound..<first + visible
        let keyRows = first..<first + visible
        let isFirst = member == 0 && tile == tiles - 1
        let area = queries.count * visible
        let p = Matrix(
          storage: scratch[thread], offset: 0, rows: queries.count, columns: visible)
        let d = Matrix(
          storage: scratch[thread], offset: area, rows: queries.count, columns: visible)
        let (qTile, dOutTile) = (
          q.rows(queryRows).columns(columns), dOut.rows(queryRows).columns(columns)
        )
        let keys = k.rows(keyRows).columns(keyColumns)
        BLAS.multiplyTransposed(qTile, keys, into: p, alpha: scale)
        causalSoftmax(p, firstVisible: queries.lowerBound + 1, reach: reach)
        BLAS.multiplyFirstTransposed(
          p, dOutTile, into: dV.rows(keyRows).columns(keyColumns), accumulate: !isFirst)
        BLAS.multiplyTransposed(dOutTile, v.rows(keyRows).columns(keyColumns), into: d)
        causalSoftmaxBackward(p, d, firstVisible: queries.lowerBound + 1, reach: reach)
        BLAS.multiply(d, keys, into: dQ.rows(queryRows).columns(columns), alpha: scale)
        BLAS.multiplyFirstTransposed(
          d, qTile, into: dK.rows(keyRows).columns(keyColumns), alpha: scale,
          accumulate: !isFirst)
      }
    }
  }
}
