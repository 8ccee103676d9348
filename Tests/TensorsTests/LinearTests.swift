import Tensors
import TestSupport
import Testing

/// Tiled products against the definition in double precision.
@Suite("Linear")
struct LinearTests {
  private func inputs(_ m: Int, _ n: Int, _ k: Int) -> (x: [Float], w: [Float], bias: [Float]) {
    var generator = SplitMix64(seed: UInt64(m * 1_000_000 + n * 1000 + k))
    return (generator.uniform(m * k), generator.uniform(n * k), generator.normal(n))
  }

  private func naive(_ x: [Float], _ w: [Float], _ bias: [Float]?, _ m: Int, _ n: Int, _ k: Int)
    -> [Float]
  {
    var y = [Float](repeating: 0, count: m * n)
    x.withUnsafeBufferPointer { x in
      w.withUnsafeBufferPointer { w in
        for i in 0..<m {
          for j in 0..<n {
            var sum = bias.map { Double($0[j]) } ?? 0
            for l in 0..<k { sum += Double(x[i * k + l]) * Double(w[j * k + l]) }
            y[i * n + j] = Float(sum)
          }
        }
      }
    }
    return y
  }

  @Test(
    "Shapes that straddle tiles, both orders, with and without bias",
    arguments: [
      (1, 1, 1), (1, 3, 2), (3, 1, 7), (7, 33, 3), (33, 7, 65), (255, 5, 16), (257, 770, 3),
      (300, 767, 1), (33, 35, 577), (513, 769, 17), (2050, 3, 5),
    ])
  func shape(m: Int, n: Int, k: Int) {
    let (x, w, bias) = inputs(m, n, k)
    for order in [SummationOrder.whole, .halves] {
      for hasBias in [false, true] {
        // Whatever was there before must not shine through.
        let y = Matrix(rows: m, columns: n, elements: [Float](repeating: .nan, count: m * n))
        linear(
          Matrix(rows: m, columns: k, elements: x), Matrix(rows: n, columns: k, elements: w),
          bias: hasBias ? Vector(bias) : nil, into: y, order: order)
        expectClose(
          y.elements, naive(x, w, hasBias ? bias : nil, m, n, k),
          .absolute(1e-6 * Float(k).squareRoot() + 1e-6), shape: [m, n],
          "\(order), bias \(hasBias)")
      }
    }
  }

  @Test("Both orders and every thread count", arguments: [SummationOrder.whole, .halves])
  func threads(order: SummationOrder) {
    let before = Threads.count
    defer { Threads.count = before }
    let (m, n, k) = (600, 800, 97)
    let (x, w, bias) = inputs(m, n, k)
    let results = [1, 2, 3, 4].map { threads in
      Threads.count = threads
      let y = Matrix(rows: m, columns: n)
      linear(
        Matrix(rows: m, columns: k, elements: x), Matrix(rows: n, columns: k, elements: w),
        bias: Vector(bias), into: y, order: order)
      return y.elements
    }
    for other in results { #expect(other == results[0]) }
  }

  @Test("Views with gaps on all three sides")
  func views() {
    var generator = SplitMix64(seed: 9)
    let x = Matrix(rows: 9, columns: 40, elements: generator.uniform(360))
    let w = Matrix(rows: 11, columns: 50, elements: generator.uniform(550))
    let y = Matrix(rows: 9, columns: 20, elements: [Float](repeating: 7, count: 180))
    let (a, b) = (x.columns(3..<20), w.columns(30..<47))
    linear(a, b, into: y.columns(4..<15))
    expectClose(
      y.columns(4..<15).elements, naive(a.elements, b.elements, nil, 9, 11, 17), .absolute(1e-5))
    #expect(y.columns(0..<4).elements.allSatisfy { $0 == 7 })
    #expect(y.columns(15..<20).elements.allSatisfy { $0 == 7 })
  }

  @Test("Shapes that don't fit stop the process and name all of them")
  func refusals() async {
    let inner = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      linear(
        Matrix(rows: 2, columns: 3), Matrix(rows: 4, columns: 5), into: Matrix(rows: 2, columns: 4))
    }
    expectMessage(inner, "[2, 3] × [4, 5]ᵀ into [2, 4]")
    let outer = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      linear(
        Matrix(rows: 2, columns: 3), Matrix(rows: 4, columns: 3), into: Matrix(rows: 2, columns: 5))
    }
    expectMessage(outer, "[2, 3] × [4, 3]ᵀ into [2, 5]")
    await #expect(processExitsWith: .failure) {
      linear(
        Matrix(rows: 2, columns: 3), Matrix(rows: 4, columns: 3), bias: Vector([1, 2, 3, 4, 5]),
        into: Matrix(rows: 2, columns: 4))
    }
    await #expect(processExitsWith: .failure) {
      rmsNorm(
        Matrix(rows: 2, columns: 3), gain: Vector([1, 2]), bias: nil, epsilon: 1e-5,
        into: Matrix(rows: 2, columns: 3))
    }
    await #expect(processExitsWith: .failure) {
      _ = Matrix(storage: FloatBuffer(count: 10), offset: 0, rows: 3, columns: 4)
    }
    await #expect(processExitsWith: .failure) {
      _ = Matrix(rows: 3, columns: 4).rows(2..<4)
    }
  }
}
