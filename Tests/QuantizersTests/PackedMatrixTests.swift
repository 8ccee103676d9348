import Checkpoints
import Quantizers
import Tensors
import TestSupport
import Testing

/// Packing is lossless, in the official byte order, and dequantizes to what the quantizer fakes.
@Suite("Packed matrices")
struct PackedMatrixTests {
  @Test("The official bytes", arguments: [1, 2, 4, 8])
  func vectors(bits: Int) throws {
    let file = try Vectors.safetensors("packing")
    let codes = try file.readIntegers("b\(bits).codes").map { UInt8($0) }
    let bytes = try file.readIntegers("b\(bits).packed").map { UInt8(truncatingIfNeeded: $0) }
    #expect(packed(codes, bits: bits) == bytes)
    #expect(unpacked(bytes, count: codes.count, bits: bits) == codes)
  }

  @Test("Every width and length survives a round trip", arguments: 1...8)
  func roundTrip(bits: Int) {
    var generator = SplitMix64(seed: UInt64(bits))
    for length in Array(0...40) + [127, 255, 256, 257, 999] {
      let codes = (0..<length).map { _ in UInt8(generator.next() & (1 << UInt64(bits) - 1)) }
      let bytes = packed(codes, bits: bits)
      #expect(bytes.count == (length * bits + 7) / 8)
      #expect(unpacked(bytes, count: length, bits: bits) == codes, "\(length) codes")
      // The tail is zeros.
      if let last = bytes.last, length * bits % 8 != 0 {
        #expect(last >> UInt8(length * bits % 8) == 0)
      }
    }
  }

  @Test("Element i takes bits i·N to (i+1)·N, across bytes")
  func bitOrder() {
    #expect(
      packed([1, 2, 3, 4, 5, 6, 7, 0], bits: 3) == [0b11_010_001, 0b0_101_100_0, 0b000_111_11])
    #expect(packed([0x3f, 0, 0x3f, 0x15], bits: 6) == [0x3f, 0xf0, 0x57])
    #expect(packed([1, 2, 3], bits: 4) == [0x21, 0x03])
  }

  @Test("Codes that don't fit and bytes that are missing stop the process")
  func refusals() async {
    await #expect(processExitsWith: .failure) { _ = packed([4], bits: 2) }
    await #expect(processExitsWith: .failure) { _ = unpacked([1], count: 3, bits: 3) }
    await #expect(processExitsWith: .failure) { _ = packed([0], bits: 9) }
  }

  private static let shapes: [(Int, Int, Int?)] = [
    (1, 1, nil), (3, 7, nil), (5, 33, nil), (5, 33, 11), (4, 48, 16), (2, 100, 25), (3, 257, nil),
  ]

  @Test("Dequantizes to exactly what the quantizer fakes", arguments: [2, 3, 4, 6, 8], shapes)
  func equality(bits: Int, shape: (rows: Int, columns: Int, group: Int?)) {
    var generator = SplitMix64(seed: UInt64(bits * 1000 + shape.columns))
    let (rows, columns) = (shape.rows, shape.columns)
    // Rows far off zero on either side have zero points of -10,000 and 10,000.
    let offsets: [Float] = [0, 3, -3, 50, -50]
    let values = (0..<rows).flatMap { row in
      generator.normal(columns, deviation: 0.1).map { $0 + offsets[row % 5] }
    }
    let quantizer = WeightQuantizer(bits: bits, groupSize: shape.group)
    let groups = quantizer.groups(in: columns)
    let clip = ClipFractions(constant: 0.97, rows: rows, groups: groups)
    for clipping in [nil, clip] {
      let matrix = Matrix(rows: rows, columns: columns, elements: values)
      let packed = PackedMatrix(matrix, quantizer: quantizer, clip: clipping)
      #expect(matrix.elements == values, "packing leaves its source alone")
      quantizer.fakeQuantize(matrix, clip: clipping)
      var scratch = [UInt8](repeating: 0, count: columns)
      for row in 0..<rows {
        var out = [Float](repeating: .nan, count: columns)
        packed.dequantize(row: row, into: &out, scratch: &scratch)
        #expect(out == matrix.rows(row..<row + 1).elements, "row \(row)")
        #expect(scratch == packed.codes(ofRow: row))
      }
      #expect(packed.byteCount == rows * ((columns * bits + 7) / 8) + rows * groups * 6)
    }
  }

  @Test("Zero points at both ends of their range survive 16 bits")
  func extremeZeros() {
    let quantizer = WeightQuantizer(bits: 4, groupSize: nil)
    for offset in [9, -9] as [Float] {
      let row = [offset, offset + 0.0003, offset + 0.0006]
      #expect(QuantizedRow(row, quantizer).zeros == [offset > 0 ? -10000 : 10000])
      let packed = PackedMatrix(
        Matrix(rows: 1, columns: 3, elements: row), quantizer: quantizer)
      var (out, scratch) = ([Float](repeating: 0, count: 3), [UInt8](repeating: 0, count: 3))
      packed.dequantize(row: 0, into: &out, scratch: &scratch)
      #expect(out == QuantizedRow(row, quantizer).values)
    }
  }
}
