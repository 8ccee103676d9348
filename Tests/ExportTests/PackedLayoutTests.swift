import Export
import Tensors
import TestSupport
import Testing

/// Packed tensors against a packer that sets one bit at a time.
@Suite struct PackedLayoutTests {
  /// A weight of these codes, with zero points and scales that follow from row and group.
  private struct Case {
    let rows: Int
    let columns: Int
    let size: Int
    let bits: Int
    var codes: [Int] = []
    var zeros: [Int] = []
    var scales: [Float] = []

    init(rows: Int, columns: Int, size: Int, bits: Int, leastZero: Int = 1) {
      (self.rows, self.columns, self.size, self.bits) = (rows, columns, size, bits)
      var random = SplitMix64(seed: UInt64(rows * columns + bits))
      let top = (1 << bits) - 1
      for group in 0..<rows * columns / size {
        zeros.append(leastZero + Int(random.next() % UInt64(top - leastZero + 1)))
        scales.append(Float(group + 1) / 64)
        var own = (0..<size).map { _ in Int(random.next() & UInt64(top)) }
        // Both ends, so that the grid has no choice of a zero point.
        (own[0], own[1]) = (0, top)
        codes += own
      }
    }

    var coded: CodedMatrix {
      get throws {
        let elements = codes.indices.map {
          scales[$0 / size] * Float(codes[$0] - zeros[$0 / size])
        }
        return try CodedMatrix(
          Matrix(rows: rows, columns: columns, elements: elements),
          groupSize: size == columns ? nil : size, bits: bits)
      }
    }

    var groups: Int { columns / size }
  }

  /// Sets bits of words one by one.
  private func packed(_ codes: [Int], bits: Int) -> [UInt32] {
    var words = [UInt32](repeating: 0, count: (codes.count * bits + 31) / 32)
    for (index, code) in codes.enumerated() {
      for bit in 0..<bits where code >> bit & 1 == 1 {
        words[(index * bits + bit) / 32] |= 1 << UInt32((index * bits + bit) % 32)
      }
    }
    return words
  }

  @Test(arguments: [2, 4, 8])
  func gptq(bits: Int) throws {
    for (offset, least) in [(1, 1), (0, 0)] {
      let c = Case(rows: 32, columns: 64, size: 32, bits: bits, leastZero: least)
      let layout = try PackedLayout.GPTQ(try c.coded, offset: offset)
      let width = c.columns * bits / 32
      for row in 0..<c.rows {
        let own = packed(Array(c.codes[row * c.columns..<(row + 1) * c.columns]), bits: bits)
        #expect((0..<width).map { layout.qweight[$0 * c.rows + row] } == own, "row \(row)")
      }
      for group in 0..<c.groups {
        let zeros = (0..<c.rows).map { c.zeros[$0 * c.groups + group] - offset }
        let words = packed(zeros, bits: bits)
        let start = group * words.count
        #expect(Array(layout.qzeros[start..<start + words.count]) == words, "group \(group)")
        let scales = (0..<c.rows).map { c.scales[$0 * c.groups + group] }
        #expect(Array(layout.scales[group * c.rows..<(group + 1) * c.rows]) == scales)
      }
      #expect(layout.groupIndex == (0..<64).map { UInt32($0 / 32) })
    }
  }

  @Test(arguments: [2, 4, 8])
  func compressed(bits: Int) throws {
    for (rows, size) in [(32, 16), (10, 48), (3, 24)] {
      let c = Case(rows: rows, columns: 48, size: size, bits: bits, leastZero: 0)
      let layout = try PackedLayout.Compressed(try c.coded)
      let rowsOfCodes = (0..<rows).map { Array(c.codes[$0 * 48..<($0 + 1) * 48]) }
      #expect(layout.packed == rowsOfCodes.flatMap { packed($0, bits: bits) })
      for group in 0..<c.groups {
        let words = packed((0..<rows).map { c.zeros[$0 * c.groups + group] }, bits: bits)
        #expect(words.indices.map { layout.zeroPoints[$0 * c.groups + group] } == words)
      }
      #expect(layout.scales == c.scales)
    }
  }

  /// By hand: codes 0 to 15 of 4 bits are the digits of two words, the first code lowest.
  @Test func words() throws {
    let levels = (0..<16).map { Float($0 - 3) }
    let row = Matrix(rows: 8, columns: 16, elements: (0..<8).flatMap { _ in levels })
    let coded = try CodedMatrix(row, groupSize: nil, bits: 4)
    let layout = try PackedLayout.GPTQ(coded, offset: 1)
    #expect(
      layout.qweight == [UInt32](repeating: 0x7654_3210, count: 8)
        + [UInt32](repeating: 0xfedc_ba98, count: 8))
    #expect(layout.qzeros == [0x2222_2222])
    let other = try PackedLayout.Compressed(coded)
    #expect(other.packed.prefix(2) == [0x7654_3210, 0xfedc_ba98])
    #expect(other.zeroPoints == [0x3333_3333])
  }

  @Test func zeroPointsThatAreNoCodesAreRefused() throws {
    // All weights of the second group are positive and far from zero.
    let elements: [Float] = [-1, 0, 1, 2] + [20, 21, 22, 23]
    let coded = try CodedMatrix(
      Matrix(rows: 1, columns: 8, elements: elements), groupSize: 4, bits: 2)
    let error = #expect(throws: CodedMatrix.OneSigned.self) { try PackedLayout.Compressed(coded) }
    #expect(error?.row == 0 && error?.group == 1 && error?.zero == -20 && error?.most == 3)
    // Version 1 of GPTQ stores z − 1.
    let positive = try CodedMatrix(
      Matrix(rows: 16, columns: 16, elements: (0..<256).map { Float($0 % 4) }), groupSize: nil,
      bits: 2)
    let none = #expect(throws: CodedMatrix.OneSigned.self) {
      try PackedLayout.GPTQ(positive, offset: 1)
    }
    #expect(none?.zero == 0)
    #expect(try PackedLayout.GPTQ(positive, offset: 0).qzeros == [0])
  }

  @Test func aGroupOffTheGridIsNamed() {
    let elements: [Float] = [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2.2, 3]
    let other = #expect(throws: CodedMatrix.OffGrid.self) {
      try CodedMatrix(Matrix(rows: 3, columns: 4, elements: elements), groupSize: nil, bits: 2)
    }
    #expect(other.map { [$0.row, $0.group, $0.values] } == [2, 0, 4])
  }
}
