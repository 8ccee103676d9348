internal import Tensors

/// The bytes of numbers as files have them, little-endian.
enum FloatBytes {
  /// float32.
  static func singles(_ values: [Float]) -> [UInt8] {
    values.map { $0.bitPattern.littleEndian }.withUnsafeBytes { Array($0) }
  }

  /// IEEE half precision, to nearest even; nil where a number is beyond it, which is given back then.
  static func halves(_ values: [Float]) -> (bytes: [UInt8], beyond: Float?) {
    var bytes: [UInt16] = []
    bytes.reserveCapacity(values.count)
    for value in values {
      guard let half = half(value) else { return ([], value) }
      bytes.append(half.littleEndian)
    }
    return (bytes.withUnsafeBytes { Array($0) }, nil)
  }

  /// Words of 32 bits.
  static func words(_ values: [UInt32]) -> [UInt8] {
    values.map { $0.littleEndian }.withUnsafeBytes { Array($0) }
  }

  /// The binary16 nearest to `value`, ties to even; nil where that isn't finite.
  ///
  /// > Source: IEEE 754-2019, 4.3.1; the fraction's last 13 bits decide, below 2⁻¹⁴ those under 2⁻²⁴.
  static func half(_ value: Float) -> UInt16? {
    let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
    let magnitude = value.magnitude
    // 65520 lies half way between the largest binary16 and the next power.
    guard magnitude < 65520 else { return nil }
    guard magnitude >= 0x1p-14 else {
      return sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven))
    }
    let bits = magnitude.bitPattern
    let kept = (bits + 0xfff + (bits >> 13 & 1)) >> 13
    return sign | UInt16(kept - (112 << 10))
  }

  /// The float32 that a binary16 is.
  static func single(_ half: UInt16) -> Float {
    let (exponent, fraction) = (Int(half >> 10 & 0x1f), Float(half & 0x3ff))
    let magnitude =
      exponent == 0
      ? fraction * 0x1p-24
      : Float(sign: .plus, exponent: exponent - 25, significand: fraction + 1024)
    return half & 0x8000 == 0 ? magnitude : -magnitude
  }
}

extension Matrix {
  /// The numbers of one row.
  func values(ofRow row: Int) -> [Float] { rows(row..<row + 1).elements }
}
