internal import CKernels

/// Attention of one new query per sequence over the keys and values kept so far.
///
/// `out = softmax(q · kᵀ · scale) · v`, each sequence and head on its own; query head h reads key head
/// `h / (queryHeads / keyHeads)`.
///
/// > Shape: `q`, `out` are `[sequences.count, queryHeads · D]`; `k`, `v` are `[S · capacity, keyHeads · D]`, of which
///   the first `lengths[r]` rows of sequence `sequences[r]` are read, or the last `reach` of those.
public func cachedAttention(
  q: Matrix, k: Matrix, v: Matrix, sequences: [Int], lengths: [Int], capacity: Int, headSize: Int,
  scale: Float, reach: Int? = nil, into out: Matrix
) {
  precondition(
    sequences.count == q.rows && lengths.count == q.rows && k.rows % capacity == 0
      && sequences.allSatisfy { (0..<k.rows / capacity).contains($0) }
      && v.rows == k.rows && k.columns == v.columns
      && out.rows == q.rows && out.columns == q.columns
      && lengths.allSatisfy { (1...capacity).contains($0) }
      && q.columns % headSize == 0 && k.columns % headSize == 0 && reach ?? 1 > 0,
    "attention of q [\(q.rows), \(q.columns)] over \(lengths) of \(capacity) rows")
  let heads = q.columns / headSize
  let group = heads / (k.columns / headSize)
  let threads = Threads.count
  let longest = lengths.max() ?? 1
  let scratch = (0..<threads).map { _ in FloatBuffer(count: min(longest, reach ?? longest)) }
  forEachTile(q.rows * heads, threads: threads) { tile, thread in
    let (row, head) = (tile / heads, tile % heads)
    let seen = min(lengths[row], reach ?? lengths[row])
    let end = sequences[row] * capacity + lengths[row]
    let rows = end - seen..<end
    let columns = head * headSize..<(head + 1) * headSize
    let keyColumns = head / group * headSize..<(head / group + 1) * headSize
    let scores = Matrix(storage: scratch[thread], offset: 0, rows: 1, columns: seen)
    let own = row..<row + 1
    BLAS.multiplyTransposed(
      q.rows(own).columns(columns), k.rows(rows).columns(keyColumns), into: scores, alpha: scale)
    zq_causal_softmax(scores.pointer, 1, seen, seen)
    BLAS.multiply(
      scores, v.rows(rows).columns(keyColumns), into: out.rows(own).columns(columns))
  }
}
