/// Merges neighbouring ids, lowest rank first and leftmost among equals, until no pair has a rank.
///
/// This is the heart of both tokenizers: byte-level BPE ranks pairs by their line in merges.txt,
/// SentencePiece by the score of what they spell.
///
/// > Source: Sennrich, Haddow, Birch 2016, arXiv:1508.07909, algorithm 1, applied to one word; ties
/// > and order as in the tokenizers and sentencepiece packages.
package struct PairMerger {
  /// `rank << 32 | merged id` by pair.
  private let merges: PairTable
  /// Up to this many ids, scanning for the best pair beats a heap.
  private let scanLimit: Int

  private var ids: [Int32] = []
  /// The merge of id i with the next one, or `PairTable.none`; used by the scan.
  private var pairs: [UInt64] = []
  /// Neighbours, −1 beyond the ends; used by the heap.
  private var previous: [Int32] = []
  private var next: [Int32] = []
  /// `rank << 32 | position`, smallest first.
  private var heap = MinimumHeap()

  /// A merger for the pairs of `merges`.
  package init(_ merges: PairTable, scanLimit: Int = 32) {
    self.merges = merges
    self.scanLimit = scanLimit
  }

  /// What a merge is stored as.
  package static func merge(rank: UInt32, id: Int32) -> UInt64 {
    UInt64(rank) << 32 | UInt64(UInt32(bitPattern: id))
  }

  /// Whether no ids wait to be merged.
  package var isEmpty: Bool { ids.isEmpty }

  /// Adds an id to those that will be merged.
  package mutating func append(_ id: Int32) {
    ids.append(id)
  }

  /// Merges the ids added so far, appends the result to `output` and starts anew.
  ///
  /// - Complexity: O(n log n) for n ids.
  package mutating func finish(into output: inout [Int32]) {
    if ids.count > scanLimit {
      mergeWithHeap(into: &output)
    } else {
      if ids.count > 1 { mergeByScan() }
      output.append(contentsOf: ids)
    }
    ids.removeAll(keepingCapacity: true)
  }

  private mutating func mergeByScan() {
    pairs.removeAll(keepingCapacity: true)
    for index in 1..<ids.count { pairs.append(merges[ids[index - 1], ids[index]]) }
    while true {
      var best = -1
      var bestRank = PairTable.none >> 32
      for index in 0..<pairs.count where pairs[index] >> 32 < bestRank {
        best = index
        bestRank = pairs[index] >> 32
      }
      guard best >= 0 else { return }
      ids[best] = Self.id(of: pairs[best])
      ids.remove(at: best + 1)
      pairs.remove(at: best)
      if best > 0 { pairs[best - 1] = merges[ids[best - 1], ids[best]] }
      if best < pairs.count { pairs[best] = merges[ids[best], ids[best + 1]] }
    }
  }

  private mutating func mergeWithHeap(into output: inout [Int32]) {
    let count = Int32(ids.count)
    previous = Array(-1..<(count - 1))
    next = Array(1...count)
    next[ids.count - 1] = -1
    for position in 0..<(count - 1) { push(position) }
    while let top = heap.popMinimum() {
      let left = Int(top & 0xFFFF_FFFF)
      // Stale when the id here was swallowed, or the pair here is another one by now.
      guard ids[left] >= 0, next[left] >= 0 else { continue }
      let right = Int(next[left])
      let merge = merges[ids[left], ids[right]]
      guard merge != PairTable.none, merge >> 32 == top >> 32 else { continue }
      ids[left] = Self.id(of: merge)
      ids[right] = -1
      next[left] = next[right]
      if next[right] >= 0 { previous[Int(next[right])] = Int32(left) }
      if previous[left] >= 0 { push(previous[left]) }
      push(Int32(left))
    }
    for id in ids where id >= 0 { output.append(id) }
    // A long stretch is rare: its memory isn't worth keeping.
    (previous, next) = ([], [])
    heap = MinimumHeap()
  }

  /// Puts the pair that begins at `position` into the heap, if it can merge.
  private mutating func push(_ position: Int32) {
    let right = next[Int(position)]
    guard right >= 0 else { return }
    let merge = merges[ids[Int(position)], ids[Int(right)]]
    guard merge != PairTable.none else { return }
    heap.push(merge & ~0xFFFF_FFFF | UInt64(UInt32(bitPattern: position)))
  }

  private static func id(of merge: UInt64) -> Int32 {
    Int32(truncatingIfNeeded: merge)
  }
}

/// A binary heap of 64-bit keys.
struct MinimumHeap {
  private var keys: [UInt64] = []

  /// Adds a key.
  mutating func push(_ key: UInt64) {
    keys.append(key)
    var child = keys.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if keys[parent] <= key { break }
      keys[child] = keys[parent]
      child = parent
    }
    keys[child] = key
  }

  /// Removes and returns the smallest key, or nil when there is none.
  mutating func popMinimum() -> UInt64? {
    guard let last = keys.popLast() else { return nil }
    guard let minimum = keys.first else { return last }
    var parent = 0
    while true {
      var child = 2 * parent + 1
      if child >= keys.count { break }
      if child + 1 < keys.count && keys[child + 1] < keys[child] { child += 1 }
      if last <= keys[child] { break }
      keys[parent] = keys[child]
      parent = child
    }
    keys[parent] = last
    return minimum
  }
}
