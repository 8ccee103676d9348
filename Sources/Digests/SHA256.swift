internal import CDigests

/// The Secure Hash Algorithm SHA-256 of FIPS 180-4, for data that comes in pieces.
///
/// ```swift
/// var hash = SHA256()
/// hash.update(bytes)
/// let digest = hash.finalize()
/// ```
///
/// Blocks go through the processor's own instructions where it has them, several times as fast as the rounds here,
/// which are what those are held to.
public struct SHA256: Sendable {
  /// Hash value H of FIPS 180-4 §6.2.
  private var state = SIMD8<UInt32>(
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
    0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19)
  /// Bytes that don't fill a block yet: always fewer than 64.
  private var pending: [UInt8] = []
  /// How many bytes have come so far.
  private var byteCount: UInt64 = 0
  /// Whether the processor's instructions are used.
  private let isFast: Bool

  private static let blockSize = 64
  /// Whether the processor has instructions for it.
  package static let hasInstructions = zq_sha256_is_here() != 0

  /// A hash of no bytes yet.
  public init() { self.init(byInstructions: true) }

  /// A hash of no bytes yet, by the processor's instructions where it has them, or by the rounds written here.
  package init(byInstructions: Bool) {
    isFast = byInstructions && Self.hasInstructions
    pending.reserveCapacity(Self.blockSize)
  }

  /// Takes in more bytes.
  public mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update(bytes: $0) }
  }

  /// Takes in the bytes of numbers, as they lie in memory.
  public mutating func update(numbers values: [Float]) {
    values.withUnsafeBytes { update(bytes: $0) }
  }

  /// Takes in more bytes.
  public mutating func update(bytes: UnsafeRawBufferPointer) {
    byteCount &+= UInt64(bytes.count)
    var rest = bytes[...]
    if !pending.isEmpty {
      let missing = rest.prefix(Self.blockSize - pending.count)
      pending.append(contentsOf: missing)
      rest = rest.dropFirst(missing.count)
      guard pending.count == Self.blockSize else { return }
      let block = pending
      block.withUnsafeBytes { compress($0) }
      pending.removeAll(keepingCapacity: true)
    }
    let whole = rest.count / Self.blockSize * Self.blockSize
    if whole > 0 { compress(UnsafeRawBufferPointer(rebasing: rest.prefix(whole))) }
    pending.append(contentsOf: rest.dropFirst(whole))
  }

  /// The digest of all bytes so far; more may follow all the same.
  public func finalize() -> Digest256 {
    // §5.1.1: a one bit, zeros, and the length in bits, up to a multiple of 512 bits.
    var tail = pending
    tail.append(0x80)
    let used = (tail.count + 8) % Self.blockSize
    tail.append(contentsOf: repeatElement(0, count: used == 0 ? 0 : Self.blockSize - used))
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      tail.append(UInt8(truncatingIfNeeded: (byteCount &* 8) >> shift))
    }
    var last = self
    tail.withUnsafeBytes { last.compress($0) }
    return Digest256(words: last.state)
  }

  /// Works `blocks`, a multiple of 64 bytes, into the state (§6.2.2).
  private mutating func compress(_ blocks: UnsafeRawBufferPointer) {
    precondition(blocks.count % Self.blockSize == 0, "\(blocks.count) bytes aren't whole blocks")
    guard !isFast else { return compressByInstructions(blocks) }
    var state = self.state
    // SAFETY: the schedule has 16 words, initialised per block; every index into it is masked to
    // 0...15, indices into `k` go from 0 to 63, and those into `blocks` stay below its count.
    Self.roundConstants.withUnsafeBufferPointer { k in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 16) { w in
        for start in stride(from: 0, to: blocks.count, by: Self.blockSize) {
          for t in 0..<16 {
            let word = blocks.loadUnaligned(fromByteOffset: start &+ 4 &* t, as: UInt32.self)
            w.initializeElement(at: t, to: UInt32(bigEndian: word))
          }
          var (a, b, c, d) = (state[0], state[1], state[2], state[3])
          var (e, f, g, h) = (state[4], state[5], state[6], state[7])
          for t in stride(from: 0, to: 64, by: 8) {
            if t >= 16 { Self.extend(w, from: t) }
            // Eight rounds with the names turned by one each time, instead of moving the values.
            let u = t & 15
            Self.round(a, b, c, &d, e, f, g, &h, k[t] &+ w[u])
            Self.round(h, a, b, &c, d, e, f, &g, k[t &+ 1] &+ w[u &+ 1])
            Self.round(g, h, a, &b, c, d, e, &f, k[t &+ 2] &+ w[u &+ 2])
            Self.round(f, g, h, &a, b, c, d, &e, k[t &+ 3] &+ w[u &+ 3])
            Self.round(e, f, g, &h, a, b, c, &d, k[t &+ 4] &+ w[u &+ 4])
            Self.round(d, e, f, &g, h, a, b, &c, k[t &+ 5] &+ w[u &+ 5])
            Self.round(c, d, e, &f, g, h, a, &b, k[t &+ 6] &+ w[u &+ 6])
            Self.round(b, c, d, &e, f, g, h, &a, k[t &+ 7] &+ w[u &+ 7])
          }
          state = state &+ SIMD8(a, b, c, d, e, f, g, h)
        }
      }
    }
    self.state = state
  }

  /// The same by the processor's instructions.
  private mutating func compressByInstructions(_ blocks: UnsafeRawBufferPointer) {
    guard let start = blocks.baseAddress else { return }
    withUnsafeMutableBytes(of: &state) { words in
      // SAFETY: eight words of 32 bits lie in a SIMD8 in their order, and the blocks are whole.
      guard let first = words.baseAddress else { return }
      zq_sha256_blocks(
        first.assumingMemoryBound(to: UInt32.self), start.assumingMemoryBound(to: UInt8.self),
        blocks.count / Self.blockSize)
    }
  }

  /// Replaces eight words of the schedule by W(t)…W(t+7) (§6.2.2 step 1), 16 words being kept.
  @inline(__always)
  private static func extend(_ w: UnsafeMutableBufferPointer<UInt32>, from t: Int) {
    for i in t..<(t &+ 8) {
      let (w15, w2) = (w[(i &+ 1) & 15], w[(i &+ 14) & 15])
      let s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 &>> 3)
      let s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 &>> 10)
      w[i & 15] = w[i & 15] &+ s0 &+ w[(i &+ 9) & 15] &+ s1
    }
  }

  /// One round (§6.2.2 step 3): `input` is K(t) + W(t); the new `a` is left in `h`, the new `e` in `d`.
  @inline(__always)
  private static func round(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32,
    _ g: UInt32, _ h: inout UInt32, _ input: UInt32
  ) {
    let sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    let choice = (e & f) ^ (~e & g)
    let t1 = h &+ sum1 &+ choice &+ input
    let sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    let majority = (a & b) ^ (a & c) ^ (b & c)
    d = d &+ t1
    h = t1 &+ sum0 &+ majority
  }

  /// ROTR of §3.2.
  @inline(__always)
  private static func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { (x &>> n) | (x &<< (32 &- n)) }

  /// K of §4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let roundConstants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
    0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
    0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
    0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
    0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
    0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
  ]
}

/// The SHA-256 of `bytes` as 64 lowercase hexadecimal digits.
public func sha256Hex(of bytes: [UInt8]) -> String {
  var hash = SHA256()
  hash.update(bytes)
  return hash.finalize().hex
}

/// The SHA-256 of the UTF-8 bytes of `text` as 64 lowercase hexadecimal digits.
public func sha256Hex(of text: String) -> String { sha256Hex(of: Array(text.utf8)) }
