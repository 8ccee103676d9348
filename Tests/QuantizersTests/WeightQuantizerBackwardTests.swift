import Checkpoints
import Glibc
import Quantizers
import Tensors
import TestSupport
import Testing

/// The quantizer in double precision with its rounding residuals held constant: what straight-through
/// gradients are the slopes of.
struct SurrogateQuantizer {
  /// Its clip fractions' logits.
  var gammaUp: Double
  var gammaLow: Double
  private let residual: [Double]
  private let free: [Bool]
  private let clamped: [Double]
  private let zero: Double
  private let top: Double
  private let floor: Double

  /// The surrogate around `x`.
  init(_ x: [Double], bits: Int, gammaUp: Double, gammaLow: Double, floor: Double) {
    (self.gammaUp, self.gammaLow, self.floor) = (gammaUp, gammaLow, floor)
    top = Double((1 << bits) - 1)
    let scale = Self.scale(x, gammaUp, gammaLow, top, floor)
    let raw = -Self.sigmoid(gammaLow) * (x.min() ?? 0) / scale
    let zero = min(max(raw, -1e4), 1e4).rounded(.toNearestOrEven)
    self.zero = zero
    residual = x.map { ($0 / scale).rounded(.toNearestOrEven) - $0 / scale }
    let codes = x.map { ($0 / scale).rounded(.toNearestOrEven) + zero }
    let top = top
    free = codes.map { (0...top).contains($0) }
    clamped = codes.map { min(max($0, 0), top) }
  }

  private static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  private static func scale(
    _ x: [Double], _ up: Double, _ low: Double, _ top: Double, _ floor: Double
  ) -> Double {
    max((sigmoid(up) * (x.max() ?? 0) - sigmoid(low) * (x.min() ?? 0)) / top, floor)
  }

  /// Σ r·ŵ at `x` and the current logits.
  func value(_ x: [Double], _ r: [Double]) -> Double {
    let scale = Self.scale(x, gammaUp, gammaLow, top, floor)
    var sum = 0.0
    for i in x.indices {
      let level = free[i] ? x[i] / scale + residual[i] : clamped[i] - zero
      sum += r[i] * level * scale
    }
    return sum
  }

  /// Central differences of ``value(_:_:)`` by x and both logits.
  func slopes(_ x: [Double], _ r: [Double]) -> (x: [Double], up: Double, low: Double) {
    let h = 1e-6
    let byX = x.indices.map { i in
      var (plus, minus) = (x, x)
      plus[i] += h
      minus[i] -= h
      return (value(plus, r) - value(minus, r)) / (2 * h)
    }
    func by(_ path: WritableKeyPath<Self, Double>) -> Double {
      var (plus, minus) = (self, self)
      plus[keyPath: path] += h
      minus[keyPath: path] -= h
      return (plus.value(x, r) - minus.value(x, r)) / (2 * h)
    }
    return (byX, by(\.gammaUp), by(\.gammaLow))
  }
}

/// Straight-through gradients against automatic differentiation of the official code and against slopes.
@Suite("Gradients of the weight quantizer")
struct WeightQuantizerBackwardTests {
  @Test(
    "The official gradients of weights and γ", arguments: ["zeroqat", "omniquant"],
    ["normal", "edge"])
  func vectors(name: String, matrix: String) throws {
    let file = try Vectors.safetensors("quantizer/\(name)")
    let shape = try file.requireTensor("\(matrix).W").shape
    let weights = Matrix(
      rows: shape[0], columns: shape[1], elements: try file.read("\(matrix).W"))
    let upstream = try file.read("\(matrix).R")
    for bits in [2, 3, 4, 6, 8] {
      for (group, size) in [("row", nil), ("g16", 16), ("g32", 32)] as [(String, Int?)] {
        for clipping in ["plain", "lwc"] {
          let name = "\(matrix).b\(bits).\(group).\(clipping)"
          let quantizer = WeightQuantizer(
            bits: bits, groupSize: size, minimumScale: name.isEmpty ? 0 : Self.floor(file))
          let logits =
            clipping == "plain"
            ? nil
            : ClipLogits(
              up: Vector(try file.read("\(matrix).\(group).gamma_up")),
              low: Vector(try file.read("\(matrix).\(group).gamma_low")),
              groups: quantizer.groups(in: shape[1]))
          let gradient = Matrix(rows: shape[0], columns: shape[1], elements: upstream)
          let found = quantizer.fakeQuantizeBackward(
            weights, gradient: gradient, clip: logits?.fractions)
          expectClose(
            gradient.elements, try file.read("\(name).grad_x"), relativeToLargest: 1e-5,
            shape: shape, "\(name).grad_x")
          if let logits {
            let gammas = logits.gradient(of: found)
            expectClose(
              gammas.up, try file.read("\(name).grad_up"), relativeToLargest: 1e-5,
              "\(name).grad_up")
            expectClose(
              gammas.low, try file.read("\(name).grad_low"), relativeToLargest: 1e-5,
              "\(name).grad_low")
          }
        }
      }
    }
  }

  /// The scale floor that the file's numbers were made with.
  private static func floor(_ file: SafetensorsFile) -> Float {
    file.path.hasSuffix("omniquant.safetensors") ? 1e-5 : 1e-4
  }

  @Test("Slopes of the surrogate in double precision", arguments: [1, 3, 7, 33], [2, 3, 4, 8])
  func slopes(columns: Int, bits: Int) {
    var generator = SplitMix64(seed: UInt64(columns * 10 + bits))
    // The last floor is above every Δ: nothing may come through the range there.
    for (up, low, floor) in [
      (4, 4, 1e-5), (0.3, 1.1, 1e-5), (3, 3, 1e-4), (2, 2, 10),
    ] as [(Float, Float, Float)] {
      let rows = 5
      let values = generator.normal(rows * columns)
      let upstream = generator.normal(rows * columns)
      let weights = Matrix(rows: rows, columns: columns, elements: values)
      let gradient = Matrix(rows: rows, columns: columns, elements: upstream)
      let logits = ClipLogits(
        up: Vector([Float](repeating: up, count: rows)),
        low: Vector([Float](repeating: low, count: rows)), groups: 1)
      let quantizer = WeightQuantizer(bits: bits, groupSize: nil, minimumScale: floor)
      let found = logits.gradient(
        of: quantizer.fakeQuantizeBackward(weights, gradient: gradient, clip: logits.fractions))
      for row in 0..<rows {
        let range = row * columns..<(row + 1) * columns
        let (x, r) = (values[range].map(Double.init), upstream[range].map(Double.init))
        let surrogate = SurrogateQuantizer(
          x, bits: bits, gammaUp: Double(up), gammaLow: Double(low), floor: Double(floor))
        let slopes = surrogate.slopes(x, r)
        // One column at σ < 1 has a range that isn't zero; its slopes can be large.
        let expected = (slopes.x + [slopes.up, slopes.low]).map(Float.init)
        let actual =
          gradient.rows(row..<row + 1).elements + [found.up[row], found.low[row]]
        expectClose(
          actual, expected, .elementwise(relative: 1e-4, absolute: 1e-4),
          "\(columns) columns, \(bits) bits, γ \(up), \(low), floor \(floor), row \(row)")
      }
    }
  }

  @Test("Ties share the gradient of the extreme evenly")
  func ties() {
    // Δ = 1, z = 1: codes 0, 3, 3, 0, 1 are free; Σ dŵ·(code − z − w/Δ) = 0.25·dŵ of the last.
    let row: [Float] = [-1, 2, 2, -1, -0.25]
    var gradient: [Float] = [0, 0, 0, 0, 6]
    WeightQuantizer(bits: 2, groupSize: nil).fakeQuantizeBackward(
      row, gradient: &gradient, columns: 5)
    // dΔ = 6·(0 + 0.25) = 1.5, by 3 levels 0.5, halved among two.
    #expect(gradient == [-0.25, 0.25, 0.25, -0.25, 6])
  }

  @Test("The other estimator: unchanged inside the bound, zero from it on, grids constant")
  func identity() {
    let row: [Float] = [-3, -2, -1.99, 0, 1.99, 2, 3]
    let ones = [Float](repeating: 1, count: 7)
    var gradient = ones
    var (up, low) = ([Float](repeating: 5, count: 1), [Float](repeating: 5, count: 1))
    let quantizer = WeightQuantizer(bits: 4, groupSize: nil)
    up.withUnsafeMutableBufferPointer { up in
      low.withUnsafeMutableBufferPointer { low in
        guard let up = up.baseAddress, let low = low.baseAddress else { return }
        quantizer.fakeQuantizeBackward(
          row, gradient: &gradient, columns: 7, estimator: .identity(bound: 2),
          clipGradient: (up, low))
      }
    }
    #expect(gradient == [0, 0, 1, 1, 1, 0, 0] && up == [0] && low == [0])
    gradient = ones
    quantizer.fakeQuantizeBackward(row, gradient: &gradient, columns: 7, estimator: .identity)
    #expect(gradient == ones)
  }

  @Test("A matrix is its rows, whatever the thread count", arguments: [1, 2, 3, 4])
  func threads(count: Int) {
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = count
    var generator = SplitMix64(seed: 5)
    let (rows, columns) = (35, 48)
    let weights = Matrix(rows: rows, columns: columns, elements: generator.normal(rows * columns))
    let upstream = generator.normal(rows * columns)
    let quantizer = WeightQuantizer(bits: 3, groupSize: 12)
    let gradient = Matrix(rows: rows, columns: columns, elements: upstream)
    quantizer.fakeQuantizeBackward(weights, gradient: gradient)
    var expected: [Float] = []
    for row in 0..<rows {
      var own = Array(upstream[row * columns..<(row + 1) * columns])
      quantizer.fakeQuantizeBackward(
        weights.rows(row..<row + 1).elements, gradient: &own, columns: columns)
      expected += own
    }
    #expect(gradient.elements == expected)
  }

  @Test("A weight that isn't finite makes its group's gradient NaN", arguments: [0, 1, 17, 40])
  func notFinite(position: Int) {
    for value in [Float.nan, .infinity, -.infinity] {
      var generator = SplitMix64(seed: 3)
      var row = generator.normal(41)
      row[position] = value
      var gradient = generator.normal(41)
      let found = ClipGradient(rows: 1, groups: 1)
      WeightQuantizer(bits: 4, groupSize: nil).fakeQuantizeBackward(
        row, gradient: &gradient, columns: 41, clipGradient: (found.up.pointer, found.low.pointer))
      #expect(found.up.elements[0].isNaN && found.low.elements[0].isNaN, "\(value)")
      #expect(gradient.allSatisfy { $0.isNaN }, "\(value) at \(position)")
    }
  }

  @Test("Shapes that don't agree stop the process")
  func refusals() async {
    await #expect(processExitsWith: .failure) {
      WeightQuantizer(bits: 4, groupSize: nil).fakeQuantizeBackward(
        Matrix(rows: 2, columns: 8), gradient: Matrix(rows: 2, columns: 7))
    }
    await #expect(processExitsWith: .failure) {
      TokenQuantizer(bits: 4).fakeQuantizeBackward(
        Matrix(rows: 2, columns: 8), gradient: Matrix(rows: 1, columns: 8), groupSize: nil)
    }
  }
}

/// The token quantizer's gradients, which go through each token's own range.
@Suite("Gradients of the token quantizer")
struct TokenQuantizerBackwardTests {
  @Test(
    "The official gradients", arguments: ["zeroqat", "omniquant"],
    [("act3", 48), ("act4", 16)])
  func vectors(name: String, activations: (name: String, columns: Int)) throws {
    let file = try Vectors.safetensors("quantizer/\(name)")
    for bits in [4, 6, 8] {
      let values = try file.read("\(activations.name).X")
      let rows = values.count / activations.columns
      let x = Matrix(rows: rows, columns: activations.columns, elements: values)
      let gradient = Matrix(
        rows: rows, columns: activations.columns, elements: try file.read("\(activations.name).R"))
      TokenQuantizer(bits: bits, minimumScale: name == "omniquant" ? 1e-5 : 1e-4)
        .fakeQuantizeBackward(x, gradient: gradient, groupSize: nil)
      expectClose(
        gradient.elements, try file.read("\(activations.name).b\(bits).grad_x"),
        relativeToLargest: 1e-5, shape: [rows, activations.columns],
        "\(activations.name) at \(bits) bits")
      #expect(x.elements == values, "the activations are only read")
    }
  }

  @Test(
    "Slopes of the surrogate, by head and by token, whatever the thread count",
    arguments: [1, 3, 7, 33], [1, 3])
  func slopes(group: Int, threads: Int) {
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = threads
    var generator = SplitMix64(seed: UInt64(group))
    let (rows, columns) = (70, 2 * group)
    let values = generator.normal(rows * columns)
    let upstream = generator.normal(rows * columns)
    let gradient = Matrix(rows: rows, columns: columns, elements: upstream)
    TokenQuantizer(bits: 4).fakeQuantizeBackward(
      Matrix(rows: rows, columns: columns, elements: values), gradient: gradient, groupSize: group)
    var expected: [Float] = []
    for first in stride(from: 0, to: rows * columns, by: group) {
      let x = values[first..<first + group].map(Double.init)
      let r = upstream[first..<first + group].map(Double.init)
      // σ(40) is 1 in double precision.
      expected += SurrogateQuantizer(x, bits: 4, gammaUp: 40, gammaLow: 40, floor: 1e-4)
        .slopes(x, r).x.map(Float.init)
    }
    expectClose(
      gradient.elements, expected, .elementwise(relative: 1e-4, absolute: 1e-4), "\(group)")
  }

  @Test("The other estimator stops at the bound")
  func identity() {
    let x = Matrix(rows: 2, columns: 3, elements: [1, -2, 0, 2.5, -1.5, 2])
    let gradient = Matrix(rows: 2, columns: 3, elements: [1, 1, 1, 1, 1, 1])
    TokenQuantizer(bits: 4).fakeQuantizeBackward(
      x, gradient: gradient, estimator: .identity(bound: 2))
    #expect(gradient.elements == [1, 0, 1, 0, 1, 0])
  }
}
