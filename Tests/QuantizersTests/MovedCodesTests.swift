import Quantizers
import Tensors
import TestSupport
import Testing

/// Packed matrices whose scales are replaced and whose codes are moved.
@Suite("Trained packed matrices")
struct MovedCodesTests {
  private static let (rows, columns) = (3, 48)

  private func matrix(bits: Int, group: Int? = 16) -> PackedMatrix {
    var random = SplitMix64(seed: 5)
    return PackedMatrix(
      Matrix(
        rows: Self.rows, columns: Self.columns,
        elements: random.normal(Self.rows * Self.columns)),
      quantizer: WeightQuantizer(bits: bits, groupSize: group))
  }

  private func weights(_ matrix: PackedMatrix, row: Int) -> [Float] {
    var (out, scratch) = (
      [Float](repeating: 0, count: matrix.columns), [UInt8](repeating: 0, count: matrix.columns)
    )
    matrix.dequantize(row: row, into: &out, scratch: &scratch)
    return out
  }

  @Test("Other scales stretch the same codes; the matrix itself stays", arguments: [2, 3, 4, 6, 8])
  func scaled(bits: Int) {
    let packed = matrix(bits: bits)
    let before = weights(packed, row: 1)
    let scales = Matrix(rows: Self.rows, columns: 3, elements: packed.scales.elements)
    for i in 0..<9 { scales.pointer[i] *= Float(1 << (i % 3)) }
    let stretched = weights(packed.scaled(by: scales), row: 1)
    for i in 0..<Self.columns {
      #expect(stretched[i] == before[i] * Float(1 << (i / 16)), "element \(i)")
    }
    #expect(weights(packed, row: 1) == before)
    #expect(packed.scales.rows == Self.rows && packed.scales.columns == 3 && packed.groups == 3)
  }

  @Test("Codes move by the step over their scale, in the mean", arguments: [2, 3, 4, 6, 8])
  func moved(bits: Int) {
    let draws = 2000
    var random = SplitMix64(seed: 9)
    // Between a hundredth of Δ and a bit more than Δ, either way.
    let shares = random.uniform(Self.columns, in: -1.3..<1.3)
    let first = matrix(bits: bits)
    let (codes, scales) = (first.codes(ofRow: 1), first.scales.rows(1..<2).elements)
    let top = (1 << bits) - 1
    var sums = [Double](repeating: 0, count: Self.columns)
    var counts: Set<Int> = []
    for draw in 0..<draws {
      let packed = matrix(bits: bits)
      let step = (0..<Self.columns).map { shares[$0] * scales[$0 / 16] }
      var uniforms = [Float](repeating: 0, count: Self.columns)
      NormalStream(seed: 1, draw: UInt32(draw)).fillUniforms(
        &uniforms, count: Self.columns, row: 1, tensor: 0, .codes)
      packed.moveCodes(row: 1, by: step, uniforms: uniforms)
      for (i, code) in packed.codes(ofRow: 1).enumerated() {
        let change = Int(code) - Int(codes[i])
        sums[i] += Double(change)
        counts.insert(change)
      }
      for row in [0, 2] { #expect(packed.codes(ofRow: row) == first.codes(ofRow: row)) }
      #expect(packed.scales.elements == first.scales.elements)
    }
    #expect(counts.isSuperset(of: [-1, 0, 1]) && counts.isSubset(of: [-2, -1, 0, 1, 2]))
    var compared = 0
    for i in 0..<Self.columns {
      // Where neither neighbour is beyond the grid.
      guard (2...max(2, top - 2)).contains(Int(codes[i])), top >= 4 else { continue }
      let share = Double(shares[i])
      let fraction = share - share.rounded(.down)
      let deviation = (fraction * (1 - fraction) / Double(draws)).squareRoot()
      let mean = sums[i] / Double(draws)
      #expect(abs(mean - share) <= 5 * deviation + 1e-5, "\(i): \(mean), \(share)")
      compared += 1
    }
    #expect(top < 4 || compared > 10)
  }

  @Test("Codes stay on the grid, and a step of nothing or NaN changes none", arguments: [2, 4, 8])
  func ends(bits: Int) {
    let half = [Float](repeating: 0.5, count: Self.columns)
    for (step, expected) in [
      (1e9 as Float, (1 << bits) - 1), (-1e9, 0), (.infinity, (1 << bits) - 1),
    ] {
      let packed = matrix(bits: bits)
      packed.moveCodes(
        row: 2, by: [Float](repeating: step, count: Self.columns), uniforms: half)
      #expect(packed.codes(ofRow: 2).allSatisfy { Int($0) == expected })
    }
    for step in [0, .nan] as [Float] {
      let packed = matrix(bits: bits)
      let before = packed.codes(ofRow: 2)
      packed.moveCodes(
        row: 2, by: [Float](repeating: step, count: Self.columns), uniforms: half)
      #expect(packed.codes(ofRow: 2) == before)
    }
  }
}
