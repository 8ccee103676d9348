import Quantizers
import Tensors
import TestSupport
import Testing

/// Products of codes are exact, whatever they are computed with, and equal the products of what the
/// quantizers fake.
@Suite("Integer products", .serialized)
struct IntegerLinearTests {
  /// Tokens and weights with their codes.
  private struct Operands {
    let tokens: Matrix
    let weight: Matrix
    let bias: [Float]
    let tokenQuantizer: TokenQuantizer
    let weightQuantizer: WeightQuantizer

    init(
      _ shape: (tokens: Int, outputs: Int, inputs: Int), bits: (weights: Int, activations: Int),
      offset: Float = 0
    ) {
      var generator = SplitMix64(seed: UInt64(shape.tokens * 7 + shape.outputs * 3 + shape.inputs))
      tokens = Matrix(
        rows: shape.tokens, columns: shape.inputs,
        elements: generator.normal(shape.tokens * shape.inputs, deviation: 2).map { $0 + offset })
      weight = Matrix(
        rows: shape.outputs, columns: shape.inputs,
        elements: generator.normal(shape.outputs * shape.inputs, deviation: 0.05))
      bias = generator.normal(shape.outputs, deviation: 0.3)
      tokenQuantizer = TokenQuantizer(bits: bits.activations)
      weightQuantizer = WeightQuantizer(bits: bits.weights, groupSize: nil)
    }

    func product(_ path: IntegerPath, scratch: IntegerScratch = IntegerScratch()) -> [Float] {
      let y = Matrix(rows: tokens.rows, columns: weight.rows)
      let codes = QuantizedTokens()
      codes.fill(tokens, quantizer: tokenQuantizer)
      integerLinear(codes, outputs: weight.rows, into: y, path: path, scratch: scratch) {
        row, out, _ in
        var (scale, zero) = (Float(0), Float(0))
        weightQuantizer.quantize(
          weight.row(row), columns: weight.columns, codes: out, scales: &scale, zeros: &zero)
        return CodeRow(scale: scale, zero: zero, bias: bias[row])
      }
      return (0..<y.rows).flatMap { r in (0..<y.columns).map { y.row(r)[$0] } }
    }

    /// The product of the fake-quantized operands, in float64, and its largest magnitude.
    func exact() -> (values: [Double], largest: Double) {
      let (x, w) = (tokens.copied(), weight.copied())
      tokenQuantizer.fakeQuantize(x)
      weightQuantizer.fakeQuantize(w)
      var values: [Double] = []
      for t in 0..<x.rows {
        for n in 0..<w.rows {
          var sum = 0.0
          for k in 0..<x.columns { sum += Double(x.row(t)[k]) * Double(w.row(n)[k]) }
          values.append(sum + Double(bias[n]))
        }
      }
      return (values, values.map(\.magnitude).max() ?? 0)
    }
  }

  private static let shapes = [
    (1, 1, 1), (3, 7, 5), (7, 33, 3), (33, 31, 33), (13, 32, 64), (100, 97, 130), (25, 193, 577),
  ]

  @Test(
    "Equal the float product of what is faked, to 1e-5 of the largest output", arguments: shapes,
    [(2, 8), (3, 3), (4, 4), (4, 8), (6, 6), (8, 8), (8, 2)])
  func equality(shape: (Int, Int, Int), bits: (Int, Int)) {
    let operands = Operands(shape, bits: bits)
    let (exact, largest) = operands.exact()
    for path in IntegerPath.available {
      let worst = zip(operands.product(path), exact).map { abs(Double($0) - $1) }.max() ?? 0
      #expect(worst <= 1e-5 * largest, "\(path): \(worst) of \(largest)")
    }
  }

  @Test(
    "Every path, thread count and use of the scratch space gives the same bits", arguments: shapes)
  func bits(shape: (Int, Int, Int)) {
    let operands = Operands(shape, bits: (8, 8))
    let expected = operands.product(.scalar).map(\.bitPattern)
    let (scratch, threads) = (IntegerScratch(), Threads.count)
    defer { Threads.count = threads }
    for path in IntegerPath.available {
      for count in 1...4 {
        Threads.count = count
        #expect(
          operands.product(path, scratch: scratch).map(\.bitPattern) == expected,
          "\(path), \(count) threads")
      }
    }
  }

  @Test(
    "Tokens far off zero have far zero points, and the sum stays exact", arguments: [50, -50, 5000])
  func offsets(offset: Int) {
    let operands = Operands((9, 40, 576), bits: (4, 8), offset: Float(offset))
    let (exact, largest) = operands.exact()
    for path in IntegerPath.available {
      let worst = zip(operands.product(path), exact).map { abs(Double($0) - $1) }.max() ?? 0
      #expect(worst <= 1e-5 * largest, "\(path): \(worst) of \(largest)")
    }
  }

  @Test("The largest sums that there can be don't overflow: 65,536 inputs of extreme codes")
  func extremes() {
    let inputs = 65_536
    // Δ = 1 and z = 128: half of the codes are 0 and half 255, centred −128 and 127.
    let ends = (0..<inputs).map { Float($0 % 2 == 0 ? -128 : 127) }
    let tokens = Matrix(rows: 1, columns: inputs, elements: ends)
    let codes = QuantizedTokens()
    codes.fill(tokens, quantizer: TokenQuantizer(bits: 8))
    for path in IntegerPath.available {
      let y = Matrix(rows: 1, columns: 2)
      integerLinear(codes, outputs: 2, into: y, path: path, scratch: IntegerScratch()) {
        row, out, _ in
        for k in 0..<inputs { out[k] = row == 0 ? (k % 2 == 0 ? 0 : 255) : 255 }
        return CodeRow(scale: 1, zero: row == 0 ? 127.5 : 0, bias: 0)
      }
      let first = Double(inputs / 2) * (128 * 127.5 + 127 * 127.5)
      let second = Double(inputs / 2) * (127 - 128) * 255
      #expect(Double(y.row(0)[0]) == Double(Float(first)), "\(path)")
      #expect(Double(y.row(0)[1]) == second, "\(path)")
    }
    // All codes at their ends: −128 and 255, 2,139,095,040 of the 2,147,483,648 that 32 bits hold.
    let least = Matrix(
      rows: 1, columns: inputs, elements: [Float](repeating: -1, count: inputs))
    codes.fill(least, quantizer: TokenQuantizer(bits: 8, minimumScale: 1))
    for path in IntegerPath.available {
      let y = Matrix(rows: 1, columns: 1)
      integerLinear(codes, outputs: 1, into: y, path: path, scratch: IntegerScratch()) {
        _, out, _ in
        for k in 0..<inputs { out[k] = 255 }
        return CodeRow(scale: 1, zero: 0, bias: 0)
      }
      #expect(Double(y.row(0)[0]) == -255 * Double(inputs), "\(path): \(y.row(0)[0])")
    }
  }

  @Test("What isn't finite makes its own token or output NaN, and no other")
  func poison() {
    let operands = Operands((5, 40, 65), bits: (4, 8))
    let clean = operands.product(.best)
    operands.tokens.row(2)[17] = .nan
    operands.weight.row(33)[64] = .infinity
    for path in IntegerPath.available {
      let found = operands.product(path)
      for t in 0..<5 {
        for n in 0..<40 {
          let i = t * 40 + n
          #expect((t == 2 || n == 33) ? found[i].isNaN : found[i] == clean[i], "\(path) \(t) \(n)")
        }
      }
    }
  }

  @Test("Packed codes multiply as they were quantized")
  func packed() {
    let operands = Operands((6, 50, 66), bits: (3, 8))
    let matrix = PackedMatrix(operands.weight, quantizer: operands.weightQuantizer)
    let codes = QuantizedTokens()
    codes.fill(operands.tokens, quantizer: operands.tokenQuantizer)
    let y = Matrix(rows: 6, columns: 50)
    integerLinear(codes, outputs: 50, into: y, scratch: IntegerScratch()) { row, out, _ in
      matrix.codeRow(row, into: out, bias: operands.bias[row])
    }
    let found = (0..<6).flatMap { r in (0..<50).map { y.row(r)[$0] } }
    #expect(found == operands.product(.best))
  }

  @Test("Only the matrix that codes were made from is held")
  func holding() {
    let (x, other) = (Matrix(rows: 2, columns: 8), Matrix(rows: 2, columns: 8))
    let codes = QuantizedTokens()
    #expect(!codes.holds(x))
    codes.fill(x, quantizer: TokenQuantizer(bits: 8))
    #expect(codes.holds(x) && !codes.holds(other) && !codes.holds(x.rows(0..<1)))
    codes.forget()
    #expect(!codes.holds(x))
  }
}

extension Matrix {
  fileprivate func copied() -> Matrix {
    let copy = Matrix(rows: rows, columns: columns)
    copy.copy(from: self)
    return copy
  }
}
