import Tensors
import TestSupport
import Testing

/// Conversion to and from half precision against Swift's own Float16.
@Suite("Half precision")
struct HalfMatrixTests {
  /// `values` stored as halves and loaded again, both ways.
  private func roundTrip(_ values: [Float], columns: Int) -> [Float] {
    let rows = values.count / columns
    let half = HalfMatrix(rows: rows, columns: columns)
    half.store(Matrix(rows: rows, columns: columns, elements: values), at: 0)
    let back = Matrix(rows: rows, columns: columns)
    half.load(0..<rows, into: back)
    var single = [Float](repeating: 0, count: columns)
    for row in 0..<rows {
      half.loadRow(row, to: &single)
      let other = back.rows(row..<row + 1).elements
      #expect(single.map(\.bitPattern) == other.map(\.bitPattern))
    }
    return back.elements
  }

  private func check(_ values: [Float], columns: Int, _ what: String) {
    let found = roundTrip(values, columns: columns)
    let different = zip(values, found).filter { value, back in
      let expected = Float(Float16(value))
      return expected.isNaN ? !back.isNaN : expected.bitPattern != back.bitPattern
    }
    #expect(
      different.isEmpty,
      "\(what): \(different.count) differ, first \(different.first.map { "\($0)" } ?? "")")
  }

  @Test("All 65,536 patterns come back as they are")
  func allPatterns() {
    let values = (0...UInt16.max).map { Float(Float16(bitPattern: $0)) }
    check(values, columns: 257 * 255 + 1, "patterns")
    check(values, columns: 256, "patterns in rows")
  }

  @Test("Random floats of every exponent round to nearest even", arguments: [1, 3, 7, 33, 100])
  func random(columns: Int) {
    var generator = SplitMix64(seed: UInt64(columns))
    let values = (0..<columns * 2000).map { _ -> Float in
      let bits = UInt32(truncatingIfNeeded: generator.next())
      // Half of them inside or near the range of a half.
      let exponent = bits & 1 == 0 ? (bits >> 23) % 60 + 95 : bits >> 23 & 0xff
      return Float(bitPattern: bits & 0x807f_ffff | exponent << 23)
    }
    check(values, columns: columns, "random")
  }

  @Test("Ties, the largest, overflow and subnormals")
  func edges() {
    let halfUlp = Float(0x1p-11)
    let values: [Float] = [
      1 + halfUlp, 1 + 3 * halfUlp, (1 + halfUlp).nextUp, (1 + 3 * halfUlp).nextDown, 65504, 65519,
      Float(65520).nextDown, 65520, 65536, 3e38, -65520, 0x1p-24, 0x1p-25, Float(0x1p-25).nextUp,
      0x1.8p-24, 0x1p-14, Float(0x1p-14).nextDown, -0.0, 0, .infinity, -.infinity, .nan,
      .leastNonzeroMagnitude,
    ]
    let found = roundTrip(values, columns: values.count)
    let expected: [Float] = [
      1, 1 + 4 * halfUlp, 1 + 2 * halfUlp, 1 + 2 * halfUlp, 65504, 65504, 65504, .infinity,
      .infinity, .infinity, -.infinity, 0x1p-24, 0, 0x1p-24, 0x1p-23, 0x1p-14, 0x1p-14, -0.0, 0,
      .infinity, -.infinity, .nan, 0,
    ]
    for (index, (a, b)) in zip(found, expected).enumerated() {
      #expect(a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN), "\(values[index]) → \(a)")
    }
  }

  @Test("Rows beyond the end stop the process")
  func refusals() async {
    await #expect(processExitsWith: .failure) {
      HalfMatrix(rows: 2, columns: 3).store(Matrix(rows: 2, columns: 3), at: 1)
    }
    await #expect(processExitsWith: .failure) {
      HalfMatrix(rows: 2, columns: 3).load(0..<2, into: Matrix(rows: 3, columns: 3))
    }
    await #expect(processExitsWith: .failure) {
      var out: [Float] = [0, 0, 0]
      HalfMatrix(rows: 2, columns: 3).loadRow(2, to: &out)
    }
  }
}
