import Tensors
import TestSupport
import Testing

/// Backward passes of row-wise layers against finite differences of their definitions.
@Suite("Backward of layers")
struct LayerBackwardTests {
  static let shapes = [(1, 1), (1, 3), (3, 7), (7, 33), (33, 3), (33, 33), (65, 17)]
  private static let epsilon: Float = 1e-5

  private struct Case {
    let (rows, columns): (Int, Int)
    let (x, gain, bias, d): ([Float], [Float], [Float], [Float])

    init(_ rows: Int, _ columns: Int, seed: UInt64) {
      var generator = SplitMix64(seed: seed + UInt64(rows * 100 + columns))
      (self.rows, self.columns) = (rows, columns)
      x = generator.normal(rows * columns).map { $0 + 0.3 }
      gain = generator.normal(columns)
      bias = generator.normal(columns)
      d = generator.normal(rows * columns)
    }

    func matrix(_ values: [Float]) -> Matrix {
      Matrix(rows: rows, columns: columns, elements: values)
    }

    /// Σ dOut·norm(x), each row with its own mean (or none) and mean square.
    func norm(_ x: [Double], _ gain: [Double], _ bias: [Double], isCentred: Bool) -> Double {
      var out: [Double] = []
      for r in 0..<rows {
        let row = Array(x[r * columns..<(r + 1) * columns])
        let mean = isCentred ? row.reduce(0, +) / Double(columns) : 0
        let square = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
        let rstd = 1 / (square + Double(LayerBackwardTests.epsilon)).squareRoot()
        for c in 0..<columns { out.append((row[c] - mean) * rstd * gain[c] + bias[c]) }
      }
      return FiniteDifferences.dot(out, d)
    }
  }

  @Test("RMSNorm and LayerNorm: input, gain and bias", arguments: shapes, [false, true])
  func norms(shape: (Int, Int), isCentred: Bool) {
    let test = Case(shape.0, shape.1, seed: 1)
    let dX = Matrix(rows: test.rows, columns: test.columns)
    let (dGain, dBias) = (Vector(zeros: test.columns), Vector(zeros: test.columns))
    let (x, d) = (test.matrix(test.x), test.matrix(test.d))
    if isCentred {
      layerNormBackward(
        x, gain: Vector(test.gain), epsilon: Self.epsilon, dOutput: d, dInput: dX, dGain: dGain,
        dBias: dBias)
    } else {
      rmsNormBackward(
        x, gain: Vector(test.gain), epsilon: Self.epsilon, dOutput: d, dInput: dX, dGain: dGain,
        dBias: dBias)
    }
    let (px, pg, pb) = (
      test.x.map { Double($0) }, test.gain.map { Double($0) }, test.bias.map { Double($0) }
    )
    // Where a row is constant by construction (one column), LayerNorm's gradient is zero: an absolute
    // floor beside the relative limit.
    let floor: Float = 2e-5
    func compare(_ found: [Float], _ expected: [Float], _ what: String) {
      let largest = expected.map { abs($0) }.max() ?? 0
      expectClose(found, expected, .absolute(max(floor, 2e-5 * largest)), what)
    }
    compare(
      dX.elements,
      FiniteDifferences.gradient(at: test.x) { test.norm($0, pg, pb, isCentred: isCentred) },
      "dX")
    compare(
      dGain.elements,
      FiniteDifferences.gradient(at: test.gain) { test.norm(px, $0, pb, isCentred: isCentred) },
      "dGain")
    compare(
      dBias.elements,
      FiniteDifferences.gradient(at: test.bias) { test.norm(px, pg, $0, isCentred: isCentred) },
      "dBias")
  }

  @Test("RMSNorm without a bias gives the same, and adds to what is there")
  func withoutBias() {
    let test = Case(70, 20, seed: 2)
    let (with, without) = (
      Matrix(rows: 70, columns: 20),
      Matrix(rows: 70, columns: 20, elements: [Float](repeating: 1, count: 1400))
    )
    let (a, b) = (Vector(zeros: 20), Vector([Float](repeating: 1, count: 20)))
    rmsNormBackward(
      test.matrix(test.x), gain: Vector(test.gain), epsilon: 1e-5, dOutput: test.matrix(test.d),
      dInput: with, dGain: a, dBias: Vector(zeros: 20))
    rmsNormBackward(
      test.matrix(test.x), gain: Vector(test.gain), epsilon: 1e-5, dOutput: test.matrix(test.d),
      dInput: without, dGain: b, dBias: nil)
    expectClose(without.elements, with.elements.map { $0 + 1 }, .absolute(1e-6), "dX")
    expectClose(b.elements, a.elements.map { $0 + 1 }, .absolute(2e-6), "dGain")
  }

  @Test("SwiGLU: gate and up", arguments: shapes)
  func silu(rows: Int, columns: Int) {
    let test = Case(rows, columns, seed: 3)
    let up = Case(rows, columns, seed: 4).x
    let gate = test.x.map { $0 * 3 }
    func loss(_ gate: [Double], _ up: [Double]) -> Double {
      FiniteDifferences.dot(
        gate.indices.map { gate[$0] / (1 + exponentialOf(-gate[$0])) * up[$0] }, test.d)
    }
    let (dGate, dUp) = (Matrix(rows: rows, columns: columns), test.matrix(test.d))
    siluMultiplyBackward(
      gate: test.matrix(gate), up: test.matrix(up), dGate: dGate, dOutputToUp: dUp)
    let (g, u) = (gate.map { Double($0) }, up.map { Double($0) })
    expectClose(
      dGate.elements, FiniteDifferences.gradient(at: gate) { loss($0, u) },
      .relativeToLargest(1e-5), "dGate")
    expectClose(
      dUp.elements, FiniteDifferences.gradient(at: up) { loss(g, $0) }, .relativeToLargest(1e-5),
      "dUp")
  }

  @Test("GEGLU: the product, gate and up", arguments: shapes)
  func gelu(rows: Int, columns: Int) {
    let test = Case(rows, columns, seed: 6)
    let up = Case(rows, columns, seed: 7).x
    let gate = test.x.map { $0 * 3 }
    func products(_ gate: [Double], _ up: [Double]) -> [Double] {
      gate.indices.map { i in
        let u = (2 / Double.pi).squareRoot() * (gate[i] + 0.044715 * gate[i] * gate[i] * gate[i])
        return gate[i] / (1 + exponentialOf(-2 * u)) * up[i]
      }
    }
    let (g, u) = (gate.map { Double($0) }, up.map { Double($0) })
    let out = Matrix(rows: rows, columns: columns)
    geluProduct(test.matrix(gate), test.matrix(up), into: out)
    expectClose(
      out.elements, products(g, u).map { Float($0) }, .relativeToLargest(1e-6), "product")
    let inPlace = test.matrix(gate)
    geluProduct(inPlace, test.matrix(up), into: inPlace)
    #expect(inPlace.elements == out.elements)
    let (dGate, dUp) = (Matrix(rows: rows, columns: columns), test.matrix(test.d))
    geluMultiplyBackward(
      gate: test.matrix(gate), up: test.matrix(up), dGate: dGate, dOutputToUp: dUp)
    expectClose(
      dGate.elements,
      FiniteDifferences.gradient(at: gate) { FiniteDifferences.dot(products($0, u), test.d) },
      .relativeToLargest(1e-5), "dGate")
    expectClose(
      dUp.elements,
      FiniteDifferences.gradient(at: up) { FiniteDifferences.dot(products(g, $0), test.d) },
      .relativeToLargest(1e-5), "dUp")
  }

  @Test("The product in other memory is the product in place, to the bit")
  func product() {
    let test = Case(33, 33, seed: 5)
    let (gate, out) = (test.matrix(test.x), test.matrix(test.d))
    siluProduct(gate, test.matrix(test.bias + test.d.dropFirst(33)), into: out)
    #expect(gate.elements == test.x)
    siluMultiply(gate, by: test.matrix(test.bias + test.d.dropFirst(33)))
    #expect(gate.elements == out.elements)
  }

  @Test("ReLU passes gradients where its output is above zero only")
  func rectifier() {
    let x = Matrix(rows: 1, columns: 5, elements: [-1, 0, 1e-30, 2, -0.0])
    relu(x)
    let d = Matrix(rows: 1, columns: 5, elements: [3, 4, 5, 6, 7])
    reluBackward(d, output: x)
    #expect(d.elements == [0, 0, 5, 6, 0])
  }

  @Test("Rotation, both conventions", arguments: [2, 6, 8, 34], [false, true])
  func rotation(head: Int, isInterleaved: Bool) {
    let (windows, tokens, heads) = (2, 7, 3)
    let test = Case(windows * tokens, heads * head, seed: 6)
    let table = RotaryTable(
      frequencies: (0..<head / 2).map { 1 / Double(1 + 3 * $0) }, positions: tokens)
    let d = test.matrix(test.d)
    rotateBackward(
      d, table: table, windowTokens: tokens, headSize: head, isInterleaved: isInterleaved)
    let expected = FiniteDifferences.gradient(at: test.x) { x in
      var out = x
      for r in 0..<test.rows {
        for h in 0..<heads {
          for i in 0..<head / 2 {
            let angle = Double(r % tokens) / Double(1 + 3 * i)
            let start = r * test.columns + h * head
            let first = start + (isInterleaved ? 2 * i : i)
            let second = start + (isInterleaved ? 2 * i + 1 : i + head / 2)
            out[first] = x[first] * cosineOf(angle) - x[second] * sineOf(angle)
            out[second] = x[first] * sineOf(angle) + x[second] * cosineOf(angle)
          }
        }
      }
      return FiniteDifferences.dot(out, test.d)
    }
    expectClose(d.elements, expected, .relativeToLargest(1e-5), "dX")
  }
}
