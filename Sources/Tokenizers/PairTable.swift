/// A map from pairs of ids to 64 bits: open addressing, 16 bytes a slot.
///
/// A dictionary of 50,000 merges would cost three times as much and hash for security; the keys here
/// come from a vocabulary file and a multiplicative hash spreads them well.
package struct PairTable: Sendable {
  /// What ``subscript(_:_:)`` returns for a pair that isn't there.
  package static let none = UInt64.max

  /// `left << 32 | right`; `none` marks an empty slot, which no pair of valid ids equals.
  private var keys: [UInt64]
  private var values: [UInt64]
  private var shift: UInt64
  /// How many pairs there are.
  package private(set) var count = 0

  /// An empty table with room for about `capacity` pairs before it grows.
  package init(capacity: Int = 16) {
    var bits: UInt64 = 4
    while (1 << bits) < capacity + capacity / 3 { bits += 1 }
    keys = Array(repeating: Self.none, count: 1 << bits)
    values = Array(repeating: Self.none, count: 1 << bits)
    shift = 64 - bits
  }

  /// The value of the pair, or ``none``.
  ///
  /// - Complexity: O(1) on average.
  package subscript(_ left: Int32, _ right: Int32) -> UInt64 {
    let key = Self.key(left, right)
    var slot = slot(of: key)
    while true {
      let found = keys[slot]
      if found == key { return values[slot] }
      if found == Self.none { return Self.none }
      slot = (slot + 1) & (keys.count - 1)
    }
  }

  /// Adds a pair, and returns ``none``; or returns the value it already has, and changes nothing.
  ///
  /// - Precondition: both ids are at least 0.
  package mutating func insert(_ left: Int32, _ right: Int32, _ value: UInt64) -> UInt64 {
    precondition(left >= 0 && right >= 0, "pair (\(left), \(right)) of ids below 0")
    let existing = self[left, right]
    guard existing == Self.none else { return existing }
    if count * 4 >= keys.count * 3 { grow() }
    place(Self.key(left, right), value)
    count += 1
    return Self.none
  }

  private mutating func grow() {
    let (oldKeys, oldValues) = (keys, values)
    keys = Array(repeating: Self.none, count: oldKeys.count * 2)
    values = Array(repeating: Self.none, count: oldKeys.count * 2)
    shift -= 1
    for (key, value) in zip(oldKeys, oldValues) where key != Self.none { place(key, value) }
  }

  private mutating func place(_ key: UInt64, _ value: UInt64) {
    var slot = slot(of: key)
    while keys[slot] != Self.none { slot = (slot + 1) & (keys.count - 1) }
    keys[slot] = key
    values[slot] = value
  }

  private func slot(of key: UInt64) -> Int {
    // 2⁶⁴ divided by the golden ratio: Fibonacci hashing, Knuth, TAOCP vol. 3, 6.4.
    let mixed = (key ^ key >> 29) &* 0x9E37_79B9_7F4A_7C15
    return Int(mixed >> shift)
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }
}
