import Quantizers
import Tensors
import TestSupport
import Testing

/// Gradients of the smoothing algebra against slopes in double precision.
@Suite("Gradients of smoothing")
struct SmoothingBackwardTests {
  /// The five members and what they act on, in double precision.
  private struct Oracle {
    var weight: [Double]
    var bias: [Double]
    var columnScale: [Double]?
    var columnShift: [Double]?
    var rowDivisor: [Double]?
    var rowFactor: [Double]?
    var biasShift: [Double]?

    /// Σ R·W' + Σ r·b'.
    func value(rows: Int, columns: Int, _ upstream: [Double], _ ofBias: [Double]) -> Double {
      var sum = 0.0
      for i in 0..<rows {
        let scale = (rowFactor?[i] ?? 1) / (rowDivisor?[i] ?? 1)
        var b = bias[i] - (biasShift?[i] ?? 0)
        for j in 0..<columns {
          let w = weight[i * columns + j]
          b += w * (columnShift?[j] ?? 0)
          sum += upstream[i * columns + j] * w * (columnScale?[j] ?? 1) * scale
        }
        sum += ofBias[i] * b * scale
      }
      return sum
    }
  }

  private static func wide(_ values: [Float]) -> [Double] { values.map(Double.init) }

  @Test(
    "Every member alone and all together, on several shapes, whatever the thread count",
    arguments: [(1, 1), (3, 7), (7, 3), (33, 33), (3, 300)], 0..<32)
  func linears(shape: (rows: Int, columns: Int), members: Int) {
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = 1 + members % 3
    let (rows, columns) = shape
    var generator = SplitMix64(seed: UInt64(rows * 100 + columns * 7 + members))
    func member(_ bit: Int, _ count: Int, _ range: Range<Float>) -> [Float]? {
      let values = generator.uniform(count, in: range)
      return members >> bit & 1 == 1 ? values : nil
    }
    let (weight, bias) = (generator.normal(rows * columns), generator.normal(rows))
    let columnScale = member(0, columns, 0.5..<2)
    let columnShift = member(1, columns, -1..<1)
    let rowDivisor = member(2, rows, 0.5..<2)
    let rowFactor = member(3, rows, 0.5..<2)
    let biasShift = member(4, rows, -1..<1)
    let (upstream, ofBias) = (generator.normal(rows * columns), generator.normal(rows))
    var smoothing = LinearSmoothing()
    smoothing.columnScale = columnScale.map { Vector($0) }
    smoothing.columnShift = columnShift.map { Vector($0) }
    smoothing.rowDivisor = rowDivisor.map { Vector($0) }
    smoothing.rowFactor = rowFactor.map { Vector($0) }
    smoothing.biasShift = biasShift.map { Vector($0) }
    let (dWeight, dBias) = (
      Matrix(rows: rows, columns: columns, elements: upstream), Vector(ofBias)
    )
    let found = smoothing.backward(
      weight: Matrix(rows: rows, columns: columns, elements: weight), bias: Vector(bias),
      dWeight: dWeight, dBias: dBias)

    var oracle = Oracle(
      weight: Self.wide(weight), bias: Self.wide(bias), columnScale: columnScale.map(Self.wide),
      columnShift: columnShift.map(Self.wide), rowDivisor: rowDivisor.map(Self.wide),
      rowFactor: rowFactor.map(Self.wide), biasShift: biasShift.map(Self.wide))
    let (r, rb) = (Self.wide(upstream), Self.wide(ofBias))
    func slopes(_ count: Int, _ move: (inout Oracle, Int, Double) -> Void) -> [Float] {
      let h = 1e-5
      return (0..<count).map { i in
        let rest = oracle
        move(&oracle, i, h)
        let plus = oracle.value(rows: rows, columns: columns, r, rb)
        oracle = rest
        move(&oracle, i, -h)
        let minus = oracle.value(rows: rows, columns: columns, r, rb)
        oracle = rest
        return Float((plus - minus) / (2 * h))
      }
    }
    func expect(
      _ found: Vector?, _ what: String, _ path: WritableKeyPath<Oracle, [Double]?>
    ) {
      guard let count = oracle[keyPath: path]?.count else {
        #expect(found == nil, "\(what)")
        return
      }
      expectClose(
        found?.elements ?? [], slopes(count) { $0[keyPath: path]?[$1] += $2 },
        relativeToLargest: 1e-5, "\(what), members \(members), [\(rows), \(columns)]")
    }
    expect(found.columnScale, "columnScale", \.columnScale)
    expect(found.columnShift, "columnShift", \.columnShift)
    expect(found.rowDivisor, "rowDivisor", \.rowDivisor)
    expect(found.rowFactor, "rowFactor", \.rowFactor)
    expect(found.biasShift, "biasShift", \.biasShift)
    expectClose(
      dBias.elements, slopes(rows) { $0.bias[$1] += $2 }, relativeToLargest: 1e-5, "bias")
    // All slopes of the large shapes would take long; every seventh tells as much.
    let step = rows * columns > 100 ? 7 : 1
    let places = Array(stride(from: 0, to: rows * columns, by: step))
    expectClose(
      places.map { dWeight.elements[$0] },
      slopes(places.count) { $0.weight[places[$1]] += $2 }, relativeToLargest: 1e-5, "weight")
  }

  @Test("A linear without a bias: shifts get nothing when the smoothed one has none either")
  func withoutBias() {
    var generator = SplitMix64(seed: 2)
    var smoothing = LinearSmoothing()
    smoothing.rowDivisor = Vector([2, 4])
    let weight = Matrix(rows: 2, columns: 3, elements: generator.normal(6))
    let upstream = generator.normal(6)
    let dWeight = Matrix(rows: 2, columns: 3, elements: upstream)
    let found = smoothing.backward(weight: weight, bias: nil, dWeight: dWeight, dBias: nil)
    for row in 0..<2 {
      let divisor: Float = row == 0 ? 2 : 4
      var sum: Float = 0
      for column in 0..<3 {
        #expect(dWeight.row(row)[column] == upstream[row * 3 + column] * (1 / divisor))
        sum -= upstream[row * 3 + column] * weight.row(row)[column] / (divisor * divisor)
      }
      expectClose([found.rowDivisor?.elements[row] ?? .nan], [sum], .absolute(1e-6))
    }
    #expect(found.columnScale == nil && found.rowFactor == nil && found.biasShift == nil)
  }

  @Test("Norms", arguments: [1, 3, 7, 33], 0..<8)
  func norms(channels: Int, members: Int) {
    var generator = SplitMix64(seed: UInt64(channels * 8 + members))
    let gain = generator.normal(channels)
    let bias = members & 1 == 0 ? nil : generator.normal(channels)
    let scale = members & 2 == 0 ? nil : generator.uniform(channels, in: 0.5..<2)
    let shift = members & 4 == 0 ? nil : generator.normal(channels)
    let hasBias = bias != nil || shift != nil
    let dGain = generator.normal(channels)
    let dBias = hasBias ? generator.normal(channels) : nil
    let found = BlockSmoothing.normBackward(
      gain: gain, bias: bias, scale: scale, shift: shift, dGain: dGain, dBias: dBias)
    // By the quotient rule, element by element.
    for j in 0..<channels {
      let s = Double(scale?[j] ?? 1)
      let b = Double(bias?[j] ?? 0) - Double(shift?[j] ?? 0)
      let (g, h) = (Double(dGain[j]), Double(dBias?[j] ?? 0))
      func value(_ w: Double, _ b: Double, _ s: Double) -> Double { g * w / s + h * b / s }
      let e = 1e-6
      let w = Double(gain[j])
      func close(_ actual: Float?, _ expected: Double, _ what: String) {
        expectClose(
          [actual ?? .nan], [Float(expected)], .elementwise(relative: 1e-5, absolute: 1e-5), what)
      }
      close(found.gain[j], (value(w + e, b, s) - value(w - e, b, s)) / (2 * e), "gain")
      if hasBias {
        close(found.bias?[j], (value(w, b + e, s) - value(w, b - e, s)) / (2 * e), "bias")
      }
      if scale != nil {
        close(found.scale?[j], (value(w, b, s + e) - value(w, b, s - e)) / (2 * e), "scale")
      }
      if shift != nil {
        close(found.shift?[j], -(value(w, b + e, s) - value(w, b - e, s)) / (2 * e), "shift")
      }
    }
    #expect((found.scale == nil) == (scale == nil) && (found.shift == nil) == (shift == nil))
    #expect((found.bias == nil) == !hasBias)
  }
}
