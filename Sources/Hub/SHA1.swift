/// The Secure Hash Algorithm SHA-1 of FIPS 180-4, for data that comes in pieces.
///
/// Git names small files by it. It proves that nothing was damaged on the way, not that nobody meant to: who trusts
/// the hub trusts its names.
package struct SHA1: Sendable {
  /// Hash value H of FIPS 180-4 §6.1.
  private var state: [UInt32] = [
    0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0,
  ]
  /// Bytes that don't fill a block yet: always fewer than 64.
  private var pending: [UInt8] = []
  /// How many bytes have come so far.
  private var byteCount: UInt64 = 0

  private static let blockSize = 64

  /// A hash of no bytes yet.
  package init() {}

  /// Takes in more bytes.
  package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update(bytes: $0) } }

  /// Takes in more bytes.
  package mutating func update(bytes: UnsafeRawBufferPointer) {
    byteCount &+= UInt64(bytes.count)
    pending.append(contentsOf: bytes)
    var start = 0
    while pending.count - start >= Self.blockSize {
      compress(pending[start..<start + Self.blockSize])
      start += Self.blockSize
    }
    pending.removeFirst(start)
  }

  /// The digest of all bytes so far as 40 lowercase hexadecimal digits.
  package var hex: String {
    // §5.1.1: a one bit, zeros, and the length in bits, up to a multiple of 512 bits.
    var last = self
    let bits = byteCount &* 8
    var tail: [UInt8] = [0x80]
    let used = (pending.count + 9) % Self.blockSize
    tail.append(contentsOf: repeatElement(0, count: used == 0 ? 0 : Self.blockSize - used))
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      tail.append(UInt8(truncatingIfNeeded: bits >> shift))
    }
    last.update(tail)
    let digits = Array("0123456789abcdef")
    return last.state.reduce(into: "") { text, word in
      for shift in stride(from: UInt32(28), through: 0, by: -4) {
        text.append(digits[Int(word >> shift & 15)])
      }
    }
  }

  /// Works one block into the state (§6.1.2).
  private mutating func compress(_ block: ArraySlice<UInt8>) {
    var w: [UInt32] = []
    w.reserveCapacity(80)
    for t in 0..<16 {
      let i = block.startIndex + 4 * t
      w.append(
        UInt32(block[i]) << 24 | UInt32(block[i + 1]) << 16 | UInt32(block[i + 2]) << 8
          | UInt32(block[i + 3]))
    }
    for t in 16..<80 { w.append(Self.rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1)) }
    var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
    for t in 0..<80 {
      // f and K of §4.1.1 and §4.2.1, which change every twenty rounds.
      let (f, k): (UInt32, UInt32) =
        switch t {
        case ..<20: ((b & c) ^ (~b & d), 0x5a82_7999)
        case ..<40: (b ^ c ^ d, 0x6ed9_eba1)
        case ..<60: ((b & c) ^ (b & d) ^ (c & d), 0x8f1b_bcdc)
        default: (b ^ c ^ d, 0xca62_c1d6)
        }
      let sum = Self.rotate(a, 5) &+ f &+ e &+ k &+ w[t]
      (a, b, c, d, e) = (sum, a, Self.rotate(b, 30), c, d)
    }
    for (index, value) in [a, b, c, d, e].enumerated() { state[index] &+= value }
  }

  /// ROTL of §3.2.
  private static func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { (x << n) | (x >> (32 - n)) }
}
