/// The bytes of one frame of a ``ReplayLog``, read field by field.
struct Payload {
  var bytes: [UInt8]

  init?(_ slice: ArraySlice<UInt8>) { bytes = Array(slice) }

  init(probe: Probe) {
    bytes = []
    bytes.append(littleEndian: UInt32(probe.step))
    bytes.append(littleEndian: UInt32(probe.direction))
    bytes.append(littleEndian: probe.plus.bitPattern)
    bytes.append(littleEndian: probe.minus.bitPattern)
    bytes.append(littleEndian: probe.projectedGradient.bitPattern)
    bytes.append(littleEndian: UInt32(probe.isClipped ? 1 : 0))
  }

  init(evaluation: ReplayLog.Evaluation) {
    bytes = []
    bytes.append(littleEndian: UInt32(evaluation.step))
    bytes.append(littleEndian: UInt32(evaluation.development.count))
    bytes.append(littleEndian: UInt32(evaluation.test.count))
    for value in evaluation.development + evaluation.test {
      bytes.append(littleEndian: value.bitPattern)
    }
  }

  var probe: Probe? {
    guard bytes.count == 36 else { return nil }
    return Probe(
      step: Int(bytes.littleEndian(at: 0) as UInt32),
      direction: Int(bytes.littleEndian(at: 4) as UInt32),
      plus: Double(bitPattern: bytes.littleEndian(at: 8)),
      minus: Double(bitPattern: bytes.littleEndian(at: 16)),
      projectedGradient: Double(bitPattern: bytes.littleEndian(at: 24)),
      isClipped: bytes.littleEndian(at: 32) as UInt32 != 0)
  }

  var evaluation: ReplayLog.Evaluation? {
    guard bytes.count >= 12 else { return nil }
    let development = Int(bytes.littleEndian(at: 4) as UInt32)
    let test = Int(bytes.littleEndian(at: 8) as UInt32)
    guard bytes.count == 12 + 8 * (development + test) else { return nil }
    let values = (0..<development + test).map { index in
      Double(bitPattern: bytes.littleEndian(at: 12 + 8 * index))
    }
    return ReplayLog.Evaluation(
      step: Int(bytes.littleEndian(at: 0) as UInt32),
      development: Array(values[0..<development]), test: Array(values[development...]))
  }
}

extension [UInt8] {
  /// Appends an integer, least significant byte first.
  mutating func append<T: FixedWidthInteger>(littleEndian value: T) {
    for shift in stride(from: 0, to: T.bitWidth, by: 8) {
      append(UInt8(truncatingIfNeeded: value >> T(shift)))
    }
  }

  /// The integer that starts at `offset`, least significant byte first.
  func littleEndian<T: FixedWidthInteger>(at offset: Int) -> T {
    var value = T.zero
    for index in 0..<T.bitWidth / 8 { value |= T(self[offset + index]) << T(8 * index) }
    return value
  }
}
