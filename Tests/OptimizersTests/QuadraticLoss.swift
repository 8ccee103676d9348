import Optimizers
import Tensors
import TestSupport

/// `L(w) = ½ wᵀAw + bᵀw` over one tensor of a few rows: gradient `Aw + b`, known exactly.
///
/// Parameters are float32 as a model's are, sums are in Double; the numbers are multiples of 1/64, so
/// that rounding is far below the tests' bounds.
struct QuadraticLoss: ProbedLoss {
  static let (rows, columns, tensor) = (2, 4, 3)
  static var count: Int { rows * columns }
  let curvature: [[Double]]
  let slope: [Double]
  var weights: Matrix
  /// How often the loss was asked for.
  final class Calls { var count = 0 }
  let calls = Calls()

  init(seed: UInt64 = 7) {
    var random = SplitMix64(seed: seed)
    func coarse(_ value: Float) -> Double { Double((value * 64).rounded() / 64) }
    let n = Self.count
    var a = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
    for i in 0..<n {
      for j in 0...i {
        a[i][j] = coarse(random.uniform() - 0.5)
        a[j][i] = a[i][j]
      }
    }
    curvature = a
    slope = random.uniform(n, in: 0.5..<1.5).map(coarse)
    weights = Matrix(
      rows: Self.rows, columns: Self.columns,
      elements: random.uniform(n).map { Float(coarse($0)) })
  }

  var gradient: [Double] {
    let w = weights.elements
    return slope.indices.map { i in
      w.indices.reduce(slope[i]) { $0 + curvature[i][$1] * Double(w[$1]) }
    }
  }

  func value(_ w: [Float]) -> Double {
    w.indices.reduce(0) { sum, i in
      let row = w.indices.reduce(0) { $0 + curvature[i][$1] * Double(w[$1]) }
      return sum + Double(w[i]) * (row / 2 + slope[i])
    }
  }

  func loss(epsilon: Float, along directions: any Directions) throws -> Double {
    calls.count += 1
    let moved = Matrix(rows: Self.rows, columns: Self.columns, elements: weights.elements)
    add(epsilon, directions, to: moved)
    return value(moved.elements)
  }

  mutating func update(factor: Float, along directions: any Directions) {
    let moved = Matrix(rows: Self.rows, columns: Self.columns, elements: weights.elements)
    add(factor, directions, to: moved)
    weights = moved
  }

  private func add(_ factor: Float, _ directions: any Directions, to w: Matrix) {
    for row in 0..<Self.rows {
      directions.add(
        to: w.row(row), factor: factor, count: Self.columns, row: row, tensor: Self.tensor)
    }
  }
}

/// The direction itself: what `W + 1·z` has more than W, for W = 0.
func elements(of directions: any Directions) -> [Float] {
  let z = Matrix(rows: QuadraticLoss.rows, columns: QuadraticLoss.columns)
  for row in 0..<z.rows {
    directions.add(
      to: z.row(row), factor: 1, count: z.columns, row: row, tensor: QuadraticLoss.tensor)
  }
  return z.elements
}
