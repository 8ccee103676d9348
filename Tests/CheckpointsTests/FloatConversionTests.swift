import Checkpoints
import TestSupport
import Testing

/// Every finite value of the 16-bit formats, and agreement across chunk borders.
@Suite struct FloatConversionTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ dimensions: [UInt64], type: UInt32, _ data: [UInt8]) throws -> [Float] {
    var gguf = GGUFBytes()
    gguf.add(tensor: "w", dimensions, type: type, data)
    return try GGUFFile(try folder.write(gguf.file, to: "w.gguf")).read("w")
  }

  @Test func everyFiniteBinary16IsExact() throws {
    let bits = (UInt16.min...UInt16.max).filter { $0 & 0x7c00 != 0x7c00 }
    let values = try read([UInt64(bits.count)], type: 1, bits.flatMap { little($0) })
    // The definition, in double precision: ±(1 + f/2¹⁰)·2^(e−15), or ±f·2⁻²⁴ when e is 0.
    let expected = bits.map { bits in
      let fraction = Double(bits & 0x3ff)
      let exponent = Int((bits >> 10) & 31)
      var magnitude = exponent == 0 ? fraction * 0x1p-24 : (1024 + fraction) * 0x1p-25
      for _ in 0..<exponent { magnitude *= 2 }
      return Float(bits & 0x8000 == 0 ? magnitude : -magnitude)
    }
    #expect(values.map(\.bitPattern) == expected.map(\.bitPattern))
  }

  @Test func everyBinary16IsWrittenAsItself() throws {
    let bits = (UInt16.min...UInt16.max).filter { $0 & 0x7c00 != 0x7c00 }
    let values = try read([UInt64(bits.count)], type: 1, bits.flatMap { little($0) })
    #expect(try halves(of: values) == bits)
  }

  /// Half way between neighbours the even one is chosen, and the nearer one beside it.
  @Test func writingBinary16RoundsToNearestEven() throws {
    let lower = (UInt16.min..<0x7bff).map { $0 }
    let values = try read(
      [UInt64(lower.count + 1)], type: 1, (lower + [0x7bff]).flatMap { little($0) })
    // Exact: neighbours differ by one unit of 11 bits, and a float has 24.
    let middles = zip(values, values.dropFirst()).map { ($0 + $1) / 2 }
    #expect(try halves(of: middles) == lower.map { $0 % 2 == 0 ? $0 : $0 + 1 })
    #expect(try halves(of: middles.map { $0.nextDown }) == lower)
    #expect(try halves(of: middles.map { $0.nextUp }) == lower.map { $0 + 1 })
    #expect(try halves(of: middles.map { -$0.nextUp }) == lower.map { ($0 + 1) | 0x8000 })
  }

  @Test(arguments: [Float(65520), -65520, 1e30, .infinity, .nan])
  func whatBinary16CannotHoldIsRefused(value: Float) throws {
    let path = folder.path("h.safetensors")
    try SafetensorsWriter.write([("w", [2], [0, 65519.996])], precision: .half, to: path)
    let error = #expect(throws: CheckpointError.self) {
      try SafetensorsWriter.write([("w", [2], [0, value])], precision: .half, to: path)
    }
    #expect(
      error?.description
        == "\(path): tensor 'w', element 1: error: expected a number that half precision can hold, "
        + "found \(value)")
    // The file is as it was.
    #expect(try SafetensorsFile(path).read("w") == [0, 65504])
  }

  /// The bits of `values` as they are stored.
  private func halves(of values: [Float]) throws -> [UInt16] {
    let path = folder.path("h.safetensors")
    try SafetensorsWriter.write([("w", [values.count], values)], precision: .half, to: path)
    #expect(try SafetensorsFile(path).requireTensor("w").type == .f16)
    let bytes = try TemporaryFolder.bytes(of: path).suffix(values.count * 2)
    let start = bytes.startIndex
    return (0..<values.count).map {
      UInt16(bytes[start + 2 * $0]) | UInt16(bytes[start + 2 * $0 + 1]) << 8
    }
  }

  @Test func everyFiniteBrain16IsTheUpperHalf() throws {
    let bits = (UInt16.min...UInt16.max).filter { $0 & 0x7f80 != 0x7f80 }
    let values = try read([UInt64(bits.count)], type: 30, bits.flatMap { little($0) })
    #expect(values.map { UInt16($0.bitPattern >> 16) } == bits)
    #expect(values.allSatisfy { $0.bitPattern & 0xffff == 0 })
  }

  @Test(arguments: [
    (type: UInt32(0), bits: UInt64(0x7fc0_0000), bytes: 4, words: "F32", found: "NaN"),
    (type: 0, bits: 0xff80_0000, bytes: 4, words: "F32", found: "-inf"),
    (type: 1, bits: 0x7c00, bytes: 2, words: "F16", found: "inf"),
    (type: 1, bits: 0xfe00, bytes: 2, words: "F16", found: "NaN"),
    (type: 30, bits: 0x7f81, bytes: 2, words: "BF16", found: "NaN"),
    (type: 28, bits: 0x7ff8_0000_0000_0000, bytes: 8, words: "F64", found: "NaN"),
    // 1e300 is finite, but no float32.
    (type: 28, bits: 0x7e37_e43c_8800_759c, bytes: 8, words: "F64", found: "inf"),
  ])
  func everyKindOfNonFiniteElementIsFound(
    type: UInt32, bits: UInt64, bytes: Int, words: String, found: String
  ) throws {
    let good = [UInt8](repeating: 0, count: bytes)
    let bad = Array(little(bits).prefix(bytes))
    let error = #expect(throws: CheckpointError.self) {
      try read([4], type: type, good + good + bad + good)
    }
    #expect(error?.place == .element(tensor: "w", index: 2))
    #expect(error?.kind == .notFinite)
    #expect(error?.reason == "expected a finite \(words) that fits in float32, found \(found)")
  }

  @Test func chunksJoinWithoutASeam() throws {
    // More than two MiB, and no whole number of chunks.
    var generator = SplitMix64(seed: 1)
    let weights = generator.uniform(600_007)
    #expect(try read([600_007], type: 0, little(weights)) == weights)
    let blocks = 70_001
    var data: [UInt8] = []
    data.reserveCapacity(blocks * 18)
    var expected: [Float] = []
    expected.reserveCapacity(blocks * 32)
    for block in 0..<blocks {
      // 1, 2, 4 or 8.
      let exponent = UInt16(15 + block % 4)
      let code = UInt8(block % 16)
      data += little(exponent << 10) + [UInt8](repeating: code | code << 4, count: 16)
      let weight = Float(1 << (block % 4)) * (Float(code) - 8)
      expected += [Float](repeating: weight, count: 32)
    }
    #expect(try read([UInt64(blocks * 32)], type: 2, data) == expected)
  }

  @Test func anErrorBehindTheFirstChunkNamesItsElement() throws {
    var weights = [Float](repeating: 0, count: 600_000)
    weights[500_000] = .nan
    let error = #expect(throws: CheckpointError.self) {
      try read([600_000], type: 0, little(weights))
    }
    #expect(error?.place == .element(tensor: "w", index: 500_000))
  }
}
