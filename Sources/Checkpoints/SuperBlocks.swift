// Super-blocks of 256 weights, the K-quants Q2_K to Q6_K → float32.
//
// A super-block has one or two binary16 scales, and a small integer scale (and minimum) for each group of
// 16 or 32 weights. All products are exact: 11 significant bits of `d`, at most 7 of a group's scale
// and at most 6 of a code. Where there is a minimum, the difference is rounded once.
//
// SAFETY: every function reads `blocks` blocks at `source`, which needs no alignment, and writes 256
// floats for each at `target`; ``MappedFile/readFloats(_:rows:into:)`` checks both lengths.
//
// > Source: the block layouts in the ggml project's description of its types; held to the gguf package's
// > `dequantize` to the last bit (`Reference/gguf_blocks.py`).

/// Byte `index` of a block.
@inline(__always)
private func byte(_ block: UnsafeRawPointer, _ index: Int) -> UInt8 {
  block.load(fromByteOffset: index, as: UInt8.self)
}

/// `bits` shifted down by `places`.
@inline(__always)
private func shifted(_ bits: UInt8, _ places: Int) -> UInt8 {
  bits &>> UInt8(truncatingIfNeeded: places)
}

/// Q2_K: 16 bytes (low nibble scale, high nibble minimum of a group of 16), 64 bytes of 2-bit codes, `d`,
/// `dmin`; `w = (d·s)·q − dmin·m`.
///
/// Weights 128h + 32k + j have bits 2k and 2k + 1 of byte 32h + j.
func dequantizeQ2K(
  _ source: UnsafeRawPointer, blocks: Int, into target: UnsafeMutablePointer<Float>
) {
  for number in 0..<blocks {
    let block = source + number &* 84
    let d = scale(at: block + 80)
    let dmin = scale(at: block + 82)
    for group in 0..<16 {
      let scales = byte(block, group)
      let step = d * Float(scales & 15)
      let minimum = dmin * Float(scales &>> 4)
      let codes = block + (16 &+ 32 &* (group / 8) &+ 16 &* (group % 2))
      let places = 2 &* (group % 8 / 2)
      let weights = target + (number &* 256 &+ 16 &* group)
      for i in 0..<16 {
        weights[i] = step * Float(shifted(byte(codes, i), places) & 3) - minimum
      }
    }
  }
}

/// Q3_K: 32 bytes of high bits, 64 bytes of 2-bit codes, 12 bytes of sixteen 6-bit scales, `d`;
/// `w = (d·(s − 32))·(q − 4)`, where `q` has the high bit above the two others.
///
/// Weights 128h + 32k + j have bits 2k and 2k + 1 of code byte 32h + j and bit 4h + k of high byte j.
/// Scale k has its lower bits in a nibble of byte k mod 8 and its upper two in byte 8 + k mod 4.
func dequantizeQ3K(
  _ source: UnsafeRawPointer, blocks: Int, into target: UnsafeMutablePointer<Float>
) {
  for number in 0..<blocks {
    let block = source + number &* 110
    let scales = block + 96
    let d = scale(at: block + 108)
    for group in 0..<16 {
      let low = shifted(byte(scales, group % 8), 4 &* (group / 8)) & 15
      let high = shifted(byte(scales, 8 &+ group % 4), 2 &* (group / 4)) & 3
      let step = d * Float(Int32(low | high &<< 4) &- 32)
      let places = 2 &* (group % 8 / 2)
      let bit = group / 2
      let highBits = block + 16 &* (group % 2)
      let codes = block + (32 &+ 32 &* (group / 8) &+ 16 &* (group % 2))
      let weights = target + (number &* 256 &+ 16 &* group)
      for i in 0..<16 {
        let code =
          shifted(byte(codes, i), places) & 3 | (shifted(byte(highBits, i), bit) & 1) &<< 2
        weights[i] = step * Float(Int32(code) &- 4)
      }
    }
  }
}

/// The 6-bit scale and minimum of group `k` of 8, of the 12 bytes that Q4_K and Q5_K pack them in.
///
/// Groups 0 to 3 have the lower six bits of bytes k and 4 + k; groups 4 to 7 the nibbles of byte 4 + k, and above
/// them the upper two bits of bytes k − 4 and k.
@inline(__always)
private func scaleAndMinimum(_ bytes: UnsafeRawPointer, _ k: Int) -> (UInt8, UInt8) {
  if k < 4 { return (byte(bytes, k) & 63, byte(bytes, 4 &+ k) & 63) }
  let nibbles = byte(bytes, 4 &+ k)
  return (
    nibbles & 15 | (byte(bytes, k &- 4) &>> 2) & 48, nibbles &>> 4 | (byte(bytes, k) &>> 2) & 48
  )
}

/// Q4_K: `d`, `dmin`, 12 bytes of scales and minima, 128 bytes of nibbles; `w = (d·s)·q − dmin·m`.
///
/// Weights 64k + j and 64k + 32 + j have the low and the high nibble of byte 32k + j.
func dequantizeQ4K(
  _ source: UnsafeRawPointer, blocks: Int, into target: UnsafeMutablePointer<Float>
) {
  dequantizeNibbles(source, blocks: blocks, into: target, hasFifthBits: false)
}

/// Q5_K: as Q4_K, with 32 bytes between the scales and the nibbles whose bit `k` is the fifth of group `k`.
func dequantizeQ5K(
  _ source: UnsafeRawPointer, blocks: Int, into target: UnsafeMutablePointer<Float>
) {
  dequantizeNibbles(source, blocks: blocks, into: target, hasFifthBits: true)
}

/// Q4_K, or Q5_K with fifth bits.
@inline(__always)
private func dequantizeNibbles(
  _ source: UnsafeRawPointer, blocks: Int, into target: UnsafeMutablePointer<Float>,
  hasFifthBits: Bool
) {
  let fifthBytes = hasFifthBits ? 32 : 0
  for number in 0..<blocks {
    let block = source + number &* (144 &+ fifthBytes)
    let d = scale(at: block)
    let dmin = scale(at: block + 2)
    for group in 0..<8 {
      let (s, m) = scaleAndMinimum(block + 4, group)
      let step = d * Float(s)
      let minimum = dmin * Float(m)
      let highBits = block + 16
      let codes = block + (16 &+ fifthBytes &+ 32 &* (group / 2))
      let places = 4 &* (group % 2)
      let weights = target + (number &* 256 &+ 32 &* group)
      for i in 0..<32 {
        var code = shifted(byte(codes, i), places) & 15
        if hasFifthBits { code |= (shifted(byte(highBits, i), group) & 1) &<< 4 }
        weights[i] = step * Float(code) - minimum
      }
    }
  }
}

/// Q6_K: 128 bytes of low nibbles, 64 bytes of 2 high bits, 16 signed scales, `d`; `w = (d·s)·(q − 32)`.
///
/// Weights 128h + 64n + j have nibble n of low byte 64h + j; weights 128h + 32k + j have bits 2k and 2k + 1 of
/// high byte 32h + j.
func dequantizeQ6K(
  _ source: UnsafeRawPointer, blocks: Int, into target: UnsafeMutablePointer<Float>
) {
  for number in 0..<blocks {
    let block = source + number &* 210
    let d = scale(at: block + 208)
    for group in 0..<16 {
      let step = d * Float(block.load(fromByteOffset: 192 &+ group, as: Int8.self))
      let half = group / 8
      let low = block + (64 &* half &+ 16 &* (group % 4))
      let lowPlaces = 4 &* (group % 8 / 4)
      let high = block + (128 &+ 32 &* half &+ 16 &* (group % 2))
      let highPlaces = 2 &* (group % 8 / 2)
      let weights = target + (number &* 256 &+ 16 &* group)
      for i in 0..<16 {
        let code =
          shifted(byte(low, i), lowPlaces) & 15 | (shifted(byte(high, i), highPlaces) & 3) &<< 4
        weights[i] = step * Float(Int32(code) &- 32)
      }
    }
  }
}
