import Quantizers
import Tensors
import TestSupport
import Testing

@Suite("AWQ's quantizer, scales and clips")
struct AWQQuantizerTests {
  /// The grid and the rounding written down once more.
  private func rounded(_ x: [Float], bits: Int) -> [Float] {
    let top = Float((1 << bits) - 1)
    let (low, high) = (x.min() ?? 0, x.max() ?? 0)
    let scale = max(high - low, 1e-5) / top
    let zero = min(max(-(low / scale).rounded(.toNearestOrEven), 0), top)
    return x.map {
      (min(max(($0 / scale).rounded(.toNearestOrEven) + zero, 0), top) - zero) * scale
    }
  }

  @Test("By hand: z is a code, so that ranges of one sign move to zero")
  func byHand() {
    for (row, expected) in [
      ([-0.5, -0.11, 0.02, 0.07, 0.33, 1], [-0.5, 0, 0, 0, 0.5, 1]),
      // Min 0.4, max 0.7: Δ = 0.1, z = −4 → 0; codes 4…7 → 3.
      ([0.4, 0.5, 0.6, 0.7], [0.3, 0.3, 0.3, 0.3]),
      ([-0.7, -0.6, -0.5, -0.4], [-0.3, -0.3, -0.3, -0.3]),
    ] as [([Float], [Float])] {
      let matrix = Matrix(rows: 1, columns: row.count, elements: row)
      AWQQuantizer(bits: 2, groupSize: nil).fakeQuantize(matrix)
      expectClose(matrix.elements, expected, .absolute(1e-6))
    }
  }

  @Test("Rows and groups are the formula", arguments: [2, 3, 4, 8], [1, 3, 7, 33])
  func formula(bits: Int, columns: Int) {
    var random = SplitMix64(seed: UInt64(bits * 100 + columns))
    for group in [nil, 1, columns] {
      let all = random.normal(18 * columns)
      let matrix = Matrix(rows: 18, columns: columns, elements: all)
      AWQQuantizer(bits: bits, groupSize: group).fakeQuantize(matrix)
      let size = group ?? columns
      let expected = stride(from: 0, to: all.count, by: size).flatMap {
        rounded(Array(all[$0..<$0 + size]), bits: bits)
      }
      #expect(matrix.elements == expected)
    }
  }

  @Test("Scaled columns are rounded and scaled back")
  func scaled() {
    var random = SplitMix64(seed: 4)
    let (all, scales) = (random.normal(5 * 12), random.uniform(12, in: 0.3..<3))
    let matrix = Matrix(rows: 5, columns: 12, elements: all)
    AWQQuantizer(bits: 3, groupSize: 4).fakeQuantize(matrix, scaledBy: Vector(scales))
    let expected = stride(from: 0, to: 60, by: 4).flatMap { start -> [Float] in
      let s = Array(scales[start % 12..<start % 12 + 4])
      let row = zip(all[start..<start + 4], s).map { $0 * $1 }
      return zip(rounded(row, bits: 3), s).map { $0 / $1 }
    }
    #expect(matrix.elements == expected)
  }

  @Test("Scales: 1 at exponent 0, the mean itself at 1, centred; a dead channel is floored")
  func scales() {
    #expect(awqScales(means: [0.5, 2, 8], ratio: 0) == [1, 1, 1])
    expectClose(awqScales(means: [0.5, 2, 8], ratio: 1), [0.25, 1, 4], .absolute(1e-6))
    expectClose(awqScales(means: [1, 0], ratio: 0.5), [100, 0.01], .absolute(1e-4))
    #expect(awqScales(means: [], ratio: 0.5) == [])
  }

  @Test(
    "The clip of each group is the best of ten, tried one by one",
    arguments: [(1, 1, 1), (3, 7, 5), (7, 33, 40), (70, 12, 33)], [2, 3, 4])
  func clips(shape: (rows: Int, columns: Int, tokens: Int), bits: Int) {
    let (rows, columns, tokens) = shape
    var random = SplitMix64(seed: UInt64(rows * 1000 + columns + bits))
    let (w, x) = (random.normal(rows * columns), random.normal(tokens * columns))
    for group in [nil, columns % 3 == 0 ? 3 : 1] {
      let size = group ?? columns
      let quantizer = AWQQuantizer(bits: bits, groupSize: group)
      let weight = Matrix(rows: rows, columns: columns, elements: w)
      let found = quantizer.clipMaxima(
        of: weight, inputs: Matrix(rows: tokens, columns: columns, elements: x))
      #expect(weight.elements == w, "the weight was written to")
      #expect(found.rows == rows && found.columns == columns / size)
      for row in 0..<rows {
        for g in 0..<columns / size {
          let part = Array(w[row * columns + g * size..<row * columns + (g + 1) * size])
          let largest = part.map { abs($0) }.max() ?? 0
          func error(_ limit: Float) -> Double {
            let q = rounded(part.map { min(max($0, -limit), limit) }, bits: bits)
            var sum = 0.0
            for token in 0..<tokens {
              var product = 0.0
              for i in 0..<size {
                product +=
                  Double(x[token * columns + g * size + i]) * Double(q[i] - part[i])
              }
              sum += product * product
            }
            return sum / Double(tokens)
          }
          let candidates = (0..<10).map { largest * Float(1 - Double($0) / 20) }
          let best = candidates.map(error).min() ?? .nan
          let mine = found.row(row)[g]
          #expect(candidates.contains(mine))
          // Candidates may tie within rounding.
          #expect(error(mine) <= best * 1.0001 + 1e-12, "row \(row), group \(g)")
        }
      }
      let clamped = Matrix(rows: rows, columns: columns, elements: w)
      quantizer.clamp(clamped, to: found)
      for row in 0..<rows {
        for i in 0..<columns {
          let limit = found.row(row)[i / size]
          #expect(clamped.row(row)[i] == min(max(w[row * columns + i], -limit), limit))
        }
      }
    }
  }
}
