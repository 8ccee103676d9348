import Tensors
import TestSupport
import Testing

/// Row-wise layers against definitions in double precision, on shapes that no tile or lane divides.
@Suite("Layers")
struct LayerTests {
  private static let shapes = [
    (1, 1), (1, 3), (3, 1), (2, 7), (7, 33), (33, 7), (63, 16), (64, 17), (65, 129), (129, 48),
    (130, 577),
  ]

  private func inputs(_ rows: Int, _ columns: Int, seed: UInt64) -> (
    x: [Float], gain: [Float], bias: [Float]
  ) {
    var generator = SplitMix64(seed: seed + UInt64(rows * 10_000 + columns))
    // Far from zero mean, so that a one-pass variance would cancel.
    return (
      generator.normal(rows * columns).map { $0 + 30 }, generator.normal(columns),
      generator.normal(columns)
    )
  }

  /// `f` over each row in double precision.
  private func byRow(_ x: [Float], _ columns: Int, _ f: ([Double]) -> [Double]) -> [Float] {
    stride(from: 0, to: x.count, by: columns).flatMap { start in
      f(x[start..<start + columns].map(Double.init)).map { Float($0) }
    }
  }

  @Test("RMSNorm, with and without bias", arguments: shapes)
  func rootMeanSquare(rows: Int, columns: Int) {
    let (x, gain, bias) = inputs(rows, columns, seed: 1)
    for (epsilon, factor) in [(1e-5, 1), (1e-6, 1e-3), (0.5, 1e-1)] as [(Float, Float)] {
      for hasBias in [false, true] {
        let scaled = x.map { $0 * factor }
        let out = Matrix(rows: rows, columns: columns)
        rmsNorm(
          Matrix(rows: rows, columns: columns, elements: scaled), gain: Vector(gain),
          bias: hasBias ? Vector(bias) : nil, epsilon: epsilon, into: out)
        let expected = byRow(scaled, columns) { row in
          let mean = row.reduce(0) { $0 + $1 * $1 } / Double(columns)
          let root = (mean + Double(epsilon)).squareRoot()
          return row.indices.map {
            row[$0] / root * Double(gain[$0]) + (hasBias ? Double(bias[$0]) : 0)
          }
        }
        expectClose(
          out.elements, expected, .elementwise(relative: 2e-6, absolute: 1e-6), "ε = \(epsilon)")
      }
    }
  }

  @Test("LayerNorm", arguments: shapes)
  func layer(rows: Int, columns: Int) {
    let (x, gain, bias) = inputs(rows, columns, seed: 2)
    for epsilon in [1e-5, 0.5] as [Float] {
      let out = Matrix(rows: rows, columns: columns)
      layerNorm(
        Matrix(rows: rows, columns: columns, elements: x), gain: Vector(gain),
        bias: Vector(bias), epsilon: epsilon, into: out)
      let expected = byRow(x, columns) { row in
        let mean = row.reduce(0, +) / Double(columns)
        let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
        let root = (variance + Double(epsilon)).squareRoot()
        return row.indices.map { (row[$0] - mean) / root * Double(gain[$0]) + Double(bias[$0]) }
      }
      // The mean of numbers around 30 is good to about 2e-6, and so are the differences from it.
      expectClose(
        out.elements, expected, .elementwise(relative: 1e-5, absolute: columns < 4 ? 2e-4 : 3e-5))
    }
  }

  @Test("silu(gate) · up, from −90 to 90", arguments: shapes)
  func silu(rows: Int, columns: Int) {
    var generator = SplitMix64(seed: UInt64(rows + columns))
    let count = rows * columns
    let gate = generator.uniform(count, in: -90..<90).enumerated().map {
      $0.offset % 3 == 0 ? $0.element / 30 : $0.element
    }
    let up = generator.normal(count)
    let x = Matrix(rows: rows, columns: columns, elements: gate)
    siluMultiply(x, by: Matrix(rows: rows, columns: columns, elements: up))
    let expected = zip(gate, up).map {
      Float(Double($0) / (1 + exponentialOf(-Double($0))) * Double($1))
    }
    expectClose(x.elements, expected, .elementwise(relative: 1e-6, absolute: 1e-30))
  }

  @Test("ReLU, sums, biases and scaling are exact", arguments: shapes)
  func exact(rows: Int, columns: Int) {
    var generator = SplitMix64(seed: UInt64(rows * columns))
    let (a, b) = (generator.normal(rows * columns), generator.normal(rows * columns))
    let bias = generator.normal(columns)
    func matrix(_ elements: [Float]) -> Matrix {
      Matrix(rows: rows, columns: columns, elements: elements)
    }
    let positive = matrix(a)
    relu(positive)
    #expect(positive.elements == a.map { max($0, 0) })
    let sum = matrix(a)
    add(matrix(b), to: sum)
    #expect(sum.elements == zip(a, b).map { $0 + $1 })
    let biased = matrix(a)
    addBias(Vector(bias), to: biased)
    #expect(biased.elements == a.indices.map { a[$0] + bias[$0 % columns] })
    let scaled = matrix(a)
    scale(scaled, by: 0.3)
    #expect(scaled.elements == a.map { $0 * 0.3 })
  }

  @Test("Views with gaps are computed in place and nothing between them is touched")
  func views() {
    let storage = Matrix(rows: 70, columns: 50, elements: [Float](repeating: -3, count: 3500))
    let other = Matrix(rows: 70, columns: 50, elements: [Float](repeating: 2, count: 3500))
    let inner = 10..<43
    relu(storage.columns(inner))
    add(other.columns(inner), to: storage.columns(inner))
    scale(storage.columns(inner), by: 4)
    siluMultiply(storage.columns(inner), by: other.columns(inner))
    addBias(Vector([Float](repeating: 1, count: 33)), to: storage.columns(inner))
    let value = Float(8 / (1 + exponentialOf(-8)) * 2 + 1)
    for row in [0, 63, 64, 69] {
      for column in 0..<50 {
        let found = storage.row(row)[column]
        #expect(inner.contains(column) ? abs(found - value) < 1e-5 : found == -3)
      }
    }
  }

  @Test("Rotary positions in both conventions", arguments: [true, false], [2, 8, 64, 80])
  func rotary(isInterleaved: Bool, head: Int) {
    let (heads, tokens, windows) = (3, 37, 2)
    let frequencies = (0..<head / 2).map { 1 / Double(1 + 3 * $0) }
    let table = RotaryTable(frequencies: frequencies, positions: tokens + 5)
    var generator = SplitMix64(seed: UInt64(head))
    let values = generator.normal(windows * tokens * heads * head)
    let x = Matrix(rows: windows * tokens, columns: heads * head, elements: values)
    rotate(x, table: table, windowTokens: tokens, headSize: head, isInterleaved: isInterleaved)
    var expected = values.map(Double.init)
    for row in 0..<windows * tokens {
      for h in 0..<heads {
        for i in 0..<head / 2 {
          let start = row * heads * head + h * head
          let first = start + (isInterleaved ? 2 * i : i)
          let second = start + (isInterleaved ? 2 * i + 1 : i + head / 2)
          let angle = Double(Float(row % tokens) * Float(frequencies[i]))
          let (a, b) = (Double(values[first]), Double(values[second]))
          expected[first] = a * cosineOf(angle) - b * sineOf(angle)
          expected[second] = a * sineOf(angle) + b * cosineOf(angle)
        }
      }
    }
    expectClose(x.elements, expected.map { Float($0) }, .absolute(2e-6))
    // Position 0 stands still, in every window.
    for row in [0, tokens] {
      #expect(
        x.rows(row..<row + 1).elements
          == Array(values[row * heads * head..<(row + 1) * heads * head]))
    }
  }

  @Test("Every thread count gives the same bits")
  func threads() {
    let before = Threads.count
    defer { Threads.count = before }
    let (x, gain, bias) = inputs(331, 65, seed: 3)
    let results = [1, 2, 3, 4].map { threads in
      Threads.count = threads
      let matrix = Matrix(rows: 331, columns: 65, elements: x)
      let out = Matrix(rows: 331, columns: 65)
      rmsNorm(matrix, gain: Vector(gain), bias: Vector(bias), epsilon: 1e-5, into: out)
      layerNorm(out, gain: Vector(gain), bias: Vector(bias), epsilon: 1e-5, into: matrix)
      siluMultiply(matrix, by: out)
      return matrix.elements
    }
    for other in results { #expect(other == results[0]) }
  }

  @Test("Column maxima and ranges fold over calls")
  func folds() {
    var generator = SplitMix64(seed: 5)
    let (a, b) = (generator.normal(7 * 33), generator.normal(5 * 33))
    let maxima = Vector([Float](repeating: 0, count: 33))
    let least = Vector([Float](repeating: .infinity, count: 33))
    let most = Vector([Float](repeating: -.infinity, count: 33))
    for (values, rows) in [(a, 7), (b, 5)] {
      let matrix = Matrix(rows: rows, columns: 33, elements: values)
      foldColumnMaxima(of: matrix, into: maxima)
      foldColumnRange(of: matrix, least: least, most: most)
    }
    let all = a + b
    for column in 0..<33 {
      let values = stride(from: column, to: all.count, by: 33).map { all[$0] }
      #expect(maxima.elements[column] == values.map(abs).max())
      #expect(least.elements[column] == values.min())
      #expect(most.elements[column] == values.max())
    }
  }
}
