import Tensors
import TestSupport
import Testing

/// Backward passes of products and look-ups against finite differences and definitions.
@Suite("Backward of linears and gathers")
struct LinearBackwardTests {
  private struct Case {
    let (m, k, n): (Int, Int, Int)
    let (x, w, b, dY): ([Float], [Float], [Float], [Float])

    init(_ m: Int, _ k: Int, _ n: Int) {
      var generator = SplitMix64(seed: UInt64(m * 10_000 + k * 100 + n))
      (self.m, self.k, self.n) = (m, k, n)
      (x, w) = (generator.normal(m * k), generator.normal(n * k))
      (b, dY) = (generator.normal(n), generator.normal(m * n))
    }

    func loss(_ x: [Double], _ w: [Double], _ b: [Double]) -> Double {
      var y: [Double] = []
      for row in 0..<m {
        for out in 0..<n {
          var sum = b[out]
          for i in 0..<k { sum += x[row * k + i] * w[out * k + i] }
          y.append(sum)
        }
      }
      return FiniteDifferences.dot(y, dY)
    }

    func backward() -> (dX: Matrix, dW: Matrix, db: Vector) {
      let (dX, dW) = (Matrix(rows: m, columns: k), Matrix(rows: n, columns: k))
      let db = Vector(zeros: n)
      linearBackward(
        input: Matrix(rows: m, columns: k, elements: x),
        weight: Matrix(rows: n, columns: k, elements: w),
        dOutput: Matrix(rows: m, columns: n, elements: dY), dInput: dX, dWeight: dW, dBias: db)
      return (dX, dW, db)
    }
  }

  @Test(
    "Gradients equal finite differences",
    arguments: [(1, 1, 1), (1, 3, 7), (3, 7, 1), (7, 1, 3), (7, 33, 3), (33, 7, 33), (3, 33, 33)])
  func finiteDifferences(m: Int, k: Int, n: Int) {
    let test = Case(m, k, n)
    let found = test.backward()
    let (x, w, b) = (
      test.x.map { Double($0) }, test.w.map { Double($0) }, test.b.map { Double($0) }
    )
    expectClose(
      found.dX.elements, FiniteDifferences.gradient(at: test.x) { test.loss($0, w, b) },
      .relativeToLargest(1e-5), shape: [m, k], "dX")
    expectClose(
      found.dW.elements, FiniteDifferences.gradient(at: test.w) { test.loss(x, $0, b) },
      .relativeToLargest(1e-5), shape: [n, k], "dW")
    expectClose(
      found.db.elements, FiniteDifferences.gradient(at: test.b) { test.loss(x, w, $0) },
      .relativeToLargest(1e-5), "db")
  }

  /// Sizes above every tile, against sums in double precision.
  @Test("Tiles fit together", arguments: [(300, 70, 130), (5, 1100, 257), (513, 33, 65)])
  func tiles(m: Int, k: Int, n: Int) {
    let test = Case(m, k, n)
    let found = test.backward()
    var (dX, dW) = ([Double](repeating: 0, count: m * k), [Double](repeating: 0, count: n * k))
    var db = [Double](repeating: 0, count: n)
    for row in 0..<m {
      for out in 0..<n {
        let d = Double(test.dY[row * n + out])
        db[out] += d
        for i in 0..<k {
          dX[row * k + i] += d * Double(test.w[out * k + i])
          dW[out * k + i] += d * Double(test.x[row * k + i])
        }
      }
    }
    for (name, found, expected) in [
      ("dX", found.dX.elements, dX), ("dW", found.dW.elements, dW), ("db", found.db.elements, db),
    ] {
      expectClose(found, expected.map { Float($0) }, .relativeToLargest(2e-6), name)
    }
  }

  @Test("Gradients are added to what is there, and every thread count gives the same bits")
  func accumulationAndThreads() {
    let before = Threads.count
    defer { Threads.count = before }
    let test = Case(300, 70, 130)
    let results = [1, 2, 3, 4].map { threads in
      Threads.count = threads
      let found = test.backward()
      return found.dX.elements + found.dW.elements + found.db.elements
    }
    for other in results { #expect(other == results[0]) }
    let dX = Matrix(rows: 300, columns: 70, elements: [Float](repeating: 5, count: 21000))
    linearInputBackward(
      dOutput: Matrix(rows: 300, columns: 130, elements: test.dY),
      weight: Matrix(rows: 130, columns: 70, elements: test.w), dInput: dX)
    expectClose(dX.elements, results[0][..<21000].map { $0 + 5 }, .absolute(2e-5), "added")
  }

  @Test("Rows of a table gather the gradients of all their uses", arguments: [1, 3, 7, 33, 130])
  func gather(columns: Int) {
    var generator = SplitMix64(seed: UInt64(columns))
    let ids: [Int32] = [2, 0, 2, 4, 2, 0, 1]
    let d = generator.normal(ids.count * columns)
    let table = Matrix(
      rows: 5, columns: columns, elements: [Float](repeating: 1, count: 5 * columns))
    gatherBackward(
      dOutput: Matrix(rows: ids.count, columns: columns, elements: d), ids: ids, dTable: table)
    var expected = [Float](repeating: 1, count: 5 * columns)
    for (row, id) in ids.enumerated() {
      for c in 0..<columns { expected[Int(id) * columns + c] += d[row * columns + c] }
    }
    #expect(table.elements == expected)
  }
}
