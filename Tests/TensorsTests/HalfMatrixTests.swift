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

  @Test("bfloat16 is float32's upper half, rounded to nearest even")
  func brain() {
    var generator = SplitMix64(seed: 3)
    var values = (0..<20_000).map { _ in
      Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
    }
    let ulp = Float(0x1p-7)
    values += [
      1 + ulp / 2, 1 + 3 * ulp / 2, (1 + ulp / 2).nextUp, 0, -0.0, .infinity, -.infinity, .nan,
      .greatestFiniteMagnitude, .leastNonzeroMagnitude, 0x1.fep127, Float(0x1.ffp127).nextDown,
    ]
    let half = HalfMatrix(rows: 1, columns: values.count, format: .brain)
    half.store(Matrix(rows: 1, columns: values.count, elements: values), at: 0)
    var found = [Float](repeating: 0, count: values.count)
    half.loadRow(0, to: &found)
    for (value, back) in zip(values, found) {
      // Brute force: the nearer of the two patterns around it, the even one of a tie.
      let low = Float(bitPattern: value.bitPattern & 0xffff_0000)
      let high = Float(bitPattern: (value.bitPattern & 0xffff_0000) &+ 0x1_0000)
      guard value.isFinite else {
        #expect(value.isNaN ? back.isNaN : back == value)
        continue
      }
      let rest = value.bitPattern & 0xffff
      let expected =
        rest < 0x8000 || (rest == 0x8000 && low.bitPattern & 0x1_0000 == 0) ? low : high
      #expect(back.bitPattern == expected.bitPattern, "\(value)")
    }
  }

  @Test(
    "Stochastic rounding takes a neighbour, and the mean is the number",
    arguments: HalfFormat.allCases)
  func stochastic(format: HalfFormat) {
    let values: [Float] = [
      1, 1.0003, -1.0007, 0.1, -0.3, 3e-6, -2e-8, 0, 1234.5, -65503.9, 1e-5, 2.999,
    ]
    let draws = 40_000
    var sums = [Double](repeating: 0, count: values.count)
    var seen = [Set<Float>](repeating: [], count: values.count)
    let half = HalfMatrix(rows: 1, columns: values.count, format: format)
    var (uniforms, found) = (
      [Float](repeating: 0, count: values.count), [Float](repeating: 0, count: values.count)
    )
    for draw in 0..<draws {
      NormalStream(seed: 1, draw: UInt32(draw)).fillUniforms(
        &uniforms, count: values.count, row: 0, tensor: 0, .weights)
      half.storeRow(0, values, uniforms: uniforms)
      half.loadRow(0, to: &found)
      for i in values.indices {
        sums[i] += Double(found[i])
        seen[i].insert(found[i])
      }
    }
    for i in values.indices {
      let near = seen[i].sorted()
      #expect(near.count <= 2 && near[0] <= values[i] && values[i] <= near[near.count - 1])
      // Five standard errors of a coin between the two.
      let gap = Double((near.last ?? 0) - near[0])
      let bound = 5 * gap / 2 / Double(draws).squareRoot()
      let mean = sums[i] / Double(draws)
      #expect(abs(mean - Double(values[i])) <= bound + 1e-12, "\(values[i]): \(mean), \(near)")
    }
    half.storeRow(0, [.nan, .infinity, -.infinity] + values.dropFirst(3), uniforms: uniforms)
    half.loadRow(0, to: &found)
    #expect(found[0].isNaN && found[1] == .infinity && found[2] == -.infinity)
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
