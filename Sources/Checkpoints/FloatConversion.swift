// Stored weights → float32. Ranked goals: exact (each format's value is a float32 or is rounded once),
// nothing allocated, and simple enough for the compiler to vectorise.
//
// SAFETY: every function reads `count` elements (or blocks) at `source`, which needs no alignment, and
// writes as many at `target`; ``MappedFile/readFloats(_:rows:into:)`` checks both lengths.

/// The value of an IEEE 754 binary16.
///
/// Its exponent and fraction are placed in a float32's fields and scaled by 2¹¹² (the difference of
/// the biases, 127 − 15), which is exact for normal and subnormal numbers alike. Done on integers and
/// one product because x86-64 has no binary16 instructions before AVX.
@inline(__always)
func float(binary16 bits: UInt16) -> Float {
  let magnitude = UInt32(bits & 0x7fff) &<< 13
  let sign = UInt32(bits & 0x8000) &<< 16
  // 0x1p112 in float32.
  let scaled = (Float(bitPattern: magnitude) * Float(bitPattern: 0x7780_0000)).bitPattern
  // An exponent of all ones means infinity or NaN in both formats.
  let special: UInt32 = bits & 0x7c00 == 0x7c00 ? 0x7f80_0000 : 0
  return Float(bitPattern: sign | scaled | special)
}

/// The IEEE 754 binary16 nearest to `value`, ties to even; nil where that isn't finite.
///
/// Done on integers, as ``float(binary16:)``.
func binary16(_ value: Float) -> UInt16? {
  let sign = UInt16(truncatingIfNeeded: value.bitPattern &>> 16) & 0x8000
  let magnitude = value.bitPattern & 0x7fff_ffff
  // 65520, half way between the largest binary16 and what would follow it, rounds up to infinity.
  guard magnitude < 0x477f_f000 else { return nil }
  if magnitude < 0x3880_0000 {
    // Below 2⁻¹⁴ results are multiples of 2⁻²⁴, and so is the spacing of floats from 0.5 on: the sum
    // rounds as the result must.
    let sum = Float(bitPattern: magnitude) + 0.5
    return sign | UInt16(truncatingIfNeeded: sum.bitPattern &- Float(0.5).bitPattern)
  }
  // 13 bits of fraction go; adding just under half a unit, or half of one when the kept part is odd,
  // carries exactly where rounding goes up. The exponents' biases differ by 127 − 15.
  let odd = (magnitude &>> 13) & 1
  let rounded = (magnitude &+ 0xfff &+ odd) &>> 13
  return sign | UInt16(truncatingIfNeeded: rounded &- (112 &<< 10))
}

/// Converts or dequantizes `blocks` blocks of `type`.
///
/// - Precondition: `type` is a float type.
func convert(
  _ type: ElementType, _ source: UnsafeRawPointer, blocks: Int,
  into target: UnsafeMutablePointer<Float>
) {
  switch type {
  case .f32: UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: blocks &* 4)
  case .f64: convertBinary64(source, count: blocks, into: target)
  case .f16: convertBinary16(source, count: blocks, into: target)
  case .bf16: convertBrain16(source, count: blocks, into: target)
  case .q8_0: dequantizeQ8(source, blocks: blocks, into: target)
  case .q4_0: dequantizeQ4(source, blocks: blocks, into: target)
  case .q4_1: dequantizeQ4WithMinimum(source, blocks: blocks, into: target)
  case .q5_0: dequantizeQ5(source, blocks: blocks, into: target)
  case .q5_1: dequantizeQ5WithMinimum(source, blocks: blocks, into: target)
  case .iq4_NL: dequantizeIQ4(source, blocks: blocks, into: target)
  case .q2_K: dequantizeQ2K(source, blocks: blocks, into: target)
  case .q3_K: dequantizeQ3K(source, blocks: blocks, into: target)
  case .q4_K: dequantizeQ4K(source, blocks: blocks, into: target)
  case .q5_K: dequantizeQ5K(source, blocks: blocks, into: target)
  case .q6_K: dequantizeQ6K(source, blocks: blocks, into: target)
  case .i64, .i32, .i16, .i8, .u64, .u32, .u16, .u8, .bool, .other:
    preconditionFailure("\(type.rawValue) tensors aren't converted to float")
  }
}

private func convertBinary64(
  _ source: UnsafeRawPointer, count: Int, into target: UnsafeMutablePointer<Float>
) {
  for i in 0..<count {
    let bits = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: i &* 8, as: UInt64.self))
    target[i] = Float(Double(bitPattern: bits))
  }
}

private func convertBinary16(
  _ source: UnsafeRawPointer, count: Int, into target: UnsafeMutablePointer<Float>
) {
  for i in 0..<count {
    let bits = source.loadUnaligned(fromByteOffset: i &* 2, as: UInt16.self)
    target[i] = float(binary16: UInt16(littleEndian: bits))
  }
}

private func convertBrain16(
  _ source: UnsafeRawPointer, count: Int, into target: UnsafeMutablePointer<Float>
) {
  for i in 0..<count {
    let bits = source.loadUnaligned(fromByteOffset: i &* 2, as: UInt16.self)
    target[i] = Float(bitPattern: UInt32(UInt16(littleEndian: bits)) &<< 16)
  }
}

/// The binary16 at `source` as a float.
@inline(__always)
func scale(at source: UnsafeRawPointer) -> Float {
  float(binary16: UInt16(littleEndian: source.loadUnaligned(as: UInt16.self)))
}

/// Q8_0: `d`, then 32 signed bytes; `w[i] = d·q[i]`, one rounding.
private func dequantizeQ8(
  _ source: UnsafeRawPointer, blocks: Int, into target: UnsafeMutablePointer<Float>
) {
  for block in 0..<blocks {
    let d = scale(at: source + block &* 34)
    let codes = source + (block &* 34 &+ 2)
    let weights = target + block &* 32
    for i in 0..<32 {
      weights[i] = d * Float(codes.load(fromByteOffset: i, as: Int8.self))
    }
  }
}

/// Q4_0: `d`, then 16 bytes; low nibbles are weights 0 to 15, high ones 16 to 31; `w = d·(q − 8)`.
private func dequantizeQ4(
  _ source: UnsafeRawPointer, blocks: Int, into target: UnsafeMutablePointer<Float>
) {
  for block in 0..<blocks {
    let d = scale(at: source + block &* 18)
    let codes = source + (block &* 18 &+ 2)
    let weights = target + block &* 32
    for i in 0..<16 {
      let pair = codes.load(fromByteOffset: i, as: UInt8.self)
      weights[i] = d * Float(Int32(pair & 15) &- 8)
      weights[i &+ 16] = d * Float(Int32(pair &>> 4) &- 8)
    }
  }
}

/// Q4_1: `d` and `m`, then 16 bytes of nibbles as in Q4_0; `w = d·q + m`.
///
/// `d·q` has at most 15 significant bits and so is exact; the sum is rounded once.
private func dequantizeQ4WithMinimum(
  _ source: UnsafeRawPointer, blocks: Int, into target: UnsafeMutablePointer<Float>
) {
  for block in 0..<blocks {
    let d = scale(at: source + block &* 20)
    let m = scale(at: source + (block &* 20 &+ 2))
    let codes = source + (block &* 20 &+ 4)
    let weights = target + block &* 32
    for i in 0..<16 {
      let pair = codes.load(fromByteOffset: i, as: UInt8.self)
      weights[i] = d * Float(Int32(pair & 15)) + m
      weights[i &+ 16] = d * Float(Int32(pair &>> 4)) + m
    }
  }
}

/// Index of the first NaN or infinity among `count` floats, or nil.
func firstNonFinite(_ values: UnsafePointer<Float>, count: Int) -> Int? {
  // A whole-array test without branches first: almost always nothing is wrong.
  var worst: UInt32 = 0
  for i in 0..<count {
    worst = max(worst, values[i].bitPattern & 0x7fff_ffff)
  }
  guard worst >= 0x7f80_0000 else { return nil }
  return (0..<count).first { !values[$0].isFinite }
}
