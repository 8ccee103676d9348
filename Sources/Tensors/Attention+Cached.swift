internal import CKernels

/// Attention of one new query per sequence over the keys and values kept so far.
///
/// `out = softmax(q · kᵀ · scale) · v`, each sequence and head on its own; query head h reads key head
/// `h / (queryHeads / keyHeads)`.
///
/// > Shape: `q`, `out` are `[S, queryHeads · D]`; `k`, `v` are `[S · capacity, keyHeads · D]`, of which the
///   first `length` rows of each sequence are read, or the last `reach` of those.
public func cachedAttention(
  q: Matrix, k: Matrix, v: Matrix, length: Int, capacity: Int, headSize: Int, scale: Float,
  reach: Int? = nil, into out: Matrix
) {
  precondition(
    k.rows == q.rows * capacity && v.rows == k.rows && k.columns == v.columns
      && out.rows == q.rows && out.columns == q.columns && (1...capacity).contains(length)
      && q.columns % headSize == 0 && k.columns % headSize == 0 && reach ?? 1 > 0,
    "attention of q [\(q.rows), \(q.columns)] over \(length) of \(capacity) rows")
  let heads = q.columns / headSize
  let group = heads / (k.columns / headSize)
  let threads = Threads.count
  let seen = min(length, reach ?? length)
  let scratch = (0..<threads).map { _ in FloatBuffer(count: seen) }
  forEachTile(q.rows * heads, threads: threads) { tile, thread in
    let (sequence, head) = (tile / heads, tile % heads)
    let end = sequence * capacity + length
    let rows = end - seen..<end
    let columns = head * headSize..<(head + 1) * headSize
    let keyColumns = head / group * headSize..<(head / group + 1) * headSize
    let scores = Matrix(storage: scratch[thread], offset: 0, rows: 1, columns: seen)
    let own = sequence..<sequence + 1
    BLAS.multiplyTransposed(
      q.rows(own).columns(columns), k.rows(rows).columns(keyColumns), into: scores, alpha: scale)
    zq_causal_softmax(scores.pointer, 1, seen, seen)
    BLAS.multiply(
      scores, v.rows(rows).columns(keyColumns), into: out.rows(own).columns(columns))
  }
}
