// Blocks of 32 weights with a fifth bit, or with a table of values: Q5_0, Q5_1, IQ4_NL → float32.
//
// SAFETY: every function reads `blocks` blocks at `source`, which needs no alignment, and writes 32
// floats for each at `target`; ``MappedFile/readFloats(_:rows:into:)`` checks both lengths.
//
// > Source: the block layouts in the ggml project's description of its types. Products of a binary16 with
// > an integer of at most 8 bits are exact in float32.

/// The 32 bits at `source`, of which bit `i` is the fifth bit of weight `i`.
@inline(__always)
private func fifthBits(at source: UnsafeRawPointer) -> UInt32 {
  UInt32(littleEndian: source.loadUnaligned(as: UInt32.self))
}

/// The 5-bit codes of weights `i` and `i + 16`: nibbles of byte `i`, above them their bits of `high`.
@inline(__always)
private func fiveBitCodes(_ pair: UInt8, _ high: UInt32, _ i: Int) -> (Int32, Int32) {
  let low = Int32(truncatingIfNeeded: (high &>> UInt32(truncatingIfNeeded: i)) & 1) &<< 4
  let top = Int32(truncatingIfNeeded: (high &>> UInt32(truncatingIfNeeded: i &+ 16)) & 1) &<< 4
  return (Int32(pair & 15) | low, Int32(pair &>> 4) | top)
}

/// Q5_0: `d`, 32 high bits, then 16 bytes of nibbles as in Q4_0; `w = d·(q − 16)`.
func dequantizeQ5(
  _ source: UnsafeRawPointer, blocks: Int, into target: UnsafeMutablePointer<Float>
) {
  for block in 0..<blocks {
    let start = source + block &* 22
    let d = scale(at: start)
    let high = fifthBits(at: start + 2)
    let weights = target + block &* 32
    for i in 0..<16 {
      let (first, second) = fiveBitCodes(
        start.load(fromByteOffset: 6 &+ i, as: UInt8.self), high, i)
      weights[i] = d * Float(first &- 16)
      weights[i &+ 16] = d * Float(second &- 16)
    }
  }
}

/// Q5_1: `d` and `m`, 32 high bits, then 16 bytes of nibbles; `w = d·q + m`, one rounding.
func dequantizeQ5WithMinimum(
  _ source: UnsafeRawPointer, blocks: Int, into target: UnsafeMutablePointer<Float>
) {
  for block in 0..<blocks {
    let start = source + block &* 24
    let d = scale(at: start)
    let m = scale(at: start + 2)
    let high = fifthBits(at: start + 4)
    let weights = target + block &* 32
    for i in 0..<16 {
      let (first, second) = fiveBitCodes(
        start.load(fromByteOffset: 8 &+ i, as: UInt8.self), high, i)
      weights[i] = d * Float(first) + m
      weights[i &+ 16] = d * Float(second) + m
    }
  }
}

/// The 16 values of IQ4_NL's codes.
///
/// > Source: `kvalues` of the type in the gguf package, 0.19.
private let nonlinearValues: [Float] = [
  -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
]

/// IQ4_NL: `d`, then 16 bytes of nibbles as in Q4_0; `w = d·value[q]`.
func dequantizeIQ4(
  _ source: UnsafeRawPointer, blocks: Int, into target: UnsafeMutablePointer<Float>
) {
  nonlinearValues.withUnsafeBufferPointer { values in
    for block in 0..<blocks {
      let start = source + block &* 18
      let d = scale(at: start)
      let weights = target + block &* 32
      for i in 0..<16 {
        let pair = start.load(fromByteOffset: 2 &+ i, as: UInt8.self)
        weights[i] = d * values[Int(pair & 15)]
        weights[i &+ 16] = d * values[Int(pair &>> 4)]
      }
    }
  }
}
