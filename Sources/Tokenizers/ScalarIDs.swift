/// The ids of single scalars: a flat table for the first 256, open addressing for the others.
struct ScalarIDs: Sendable {
  /// Ids of U+0000 to U+00FF; −1 where there is none.
  private var low = [Int32](repeating: -1, count: 256)
  /// The others: the pair (scalar, 0) leads to the id.
  private var high = PairTable(capacity: 4096)

  /// The id of `scalar`, or −1.
  subscript(_ scalar: UInt32) -> Int32 {
    if scalar < 256 { return low[Int(scalar)] }
    let found = high[Int32(scalar), 0]
    return found == PairTable.none ? -1 : Int32(truncatingIfNeeded: found)
  }

  /// Gives `scalar` an id.
  ///
  /// - Precondition: `scalar` is a code point and has no id yet.
  mutating func insert(_ scalar: UInt32, _ id: Int32) {
    if scalar < 256 {
      low[Int(scalar)] = id
    } else {
      _ = high.insert(Int32(scalar), 0, UInt64(id))
    }
  }
}
