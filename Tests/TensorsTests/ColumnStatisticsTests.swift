import Tensors
import TestSupport
import Testing

@Suite("Statistics of columns")
struct ColumnStatisticsTests {
  @Test(
    "Means, mean squares and divisions are the definition, for every thread count",
    arguments: [(1, 1), (3, 7), (7, 33), (65, 3), (200, 130)])
  func definition(rows: Int, columns: Int) {
    var random = SplitMix64(seed: UInt64(rows * 1000 + columns))
    let (a, b) = (random.normal(rows * columns), random.normal(rows * columns))
    let divisors = random.uniform(columns, in: 0.5..<2)
    let (x, y) = (
      Matrix(rows: rows, columns: columns, elements: a),
      Matrix(rows: rows, columns: columns, elements: b)
    )
    var (means, square) = ([Float](), 0.0)
    for column in 0..<columns {
      means.append(
        Float((0..<rows).reduce(0.0) { $0 + Double(abs(a[$1 * columns + column])) } / Double(rows)))
    }
    for (p, q) in zip(a, b) { square += Double(p - q) * Double(p - q) }
    let before = Threads.count
    defer { Threads.count = before }
    var squares: Set<Double> = []
    for threads in 1...3 {
      Threads.count = threads
      #expect(meanMagnitudes(of: x) == means)
      squares.insert(meanSquare(of: x, less: y))
    }
    #expect(squares.count == 1)
    for found in squares {
      #expect(abs(found / (square / Double(rows * columns)) - 1) < 1e-12)
    }
    divideColumns(of: x, by: Vector(divisors))
    #expect(x.elements == a.indices.map { a[$0] / divisors[$0 % columns] })
  }

  @Test("What isn't finite stays so")
  func notFinite() {
    let x = Matrix(rows: 2, columns: 2, elements: [1, .nan, 2, -.infinity])
    #expect(meanMagnitudes(of: x)[0] == 1.5 && meanMagnitudes(of: x)[1].isNaN)
    #expect(meanSquare(of: x, less: Matrix(rows: 2, columns: 2)).isNaN)
  }
}
