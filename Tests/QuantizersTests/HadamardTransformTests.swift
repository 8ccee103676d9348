import Glibc
import Quantizers
import Tensors
import TestSupport
import Testing

@Suite("Hadamard transforms")
struct HadamardTransformTests {
  @Test(
    "Paley's matrices: ±1, rows orthogonal",
    arguments: [4, 8, 12, 20, 24, 28, 32, 36, 44, 48, 60, 68, 72, 76, 108, 124, 140, 148])
  func paley(order: Int) throws {
    let h = try #require(paleyMatrix(order: order))
    #expect(h.count == order * order && h.allSatisfy { abs($0) == 1 })
    for i in 0..<order {
      for j in 0..<order {
        var sum: Float = 0
        for k in 0..<order { sum += h[i * order + k] * h[j * order + k] }
        #expect(sum == (i == j ? Float(order) : 0), "rows \(i) and \(j) of \(order)")
      }
    }
  }

  @Test("Orders that Paley's primes don't give", arguments: [1, 2, 3, 6, 40, 52, 56, 92, 100])
  func noPaley(order: Int) {
    #expect(paleyMatrix(order: order) == nil)
  }

  /// Entry (i, j) of `K ⊗ H` by the definition, with H by the parity of common bits.
  private func definition(_ order: Int, factor: [Float], _ b: Int) -> [Float] {
    let inner = order / b
    let norm = 1 / Float(order).squareRoot()
    return (0..<order * order).map { index in
      let (i, j) = (index / order, index % order)
      let sign: Float = (i % inner & j % inner).nonzeroBitCount % 2 == 0 ? 1 : -1
      return factor[i / inner * b + j / inner] * sign * norm
    }
  }

  @Test(
    "The factor of each order, and the matrix by its definition",
    arguments: [
      (1, 1), (2, 1), (64, 1), (12, 12), (24, 12), (36, 36), (48, 12), (112, 28), (576, 36),
      (1536, 12), (3, 3), (6, 3), (10, 5), (100, 25), (200, 200), (7, 7), (33, 33), (40, 20),
    ])
  func matrix(order: Int, factorOrder: Int) throws {
    let transform = HadamardTransform(order: order)
    #expect(transform.order == order && transform.factorOrder == factorOrder)
    if order > 600 { return }
    let factor = paleyMatrix(order: factorOrder) ?? hartleyMatrix(order: factorOrder)
    let r = transform.matrix
    expectClose(
      r.elements, definition(order, factor: factor, factorOrder), .absolute(1e-6),
      shape: [order, order])
    // Orthogonal, and flat.
    let product = Matrix(rows: order, columns: order)
    BLAS.multiplyTransposed(r, r, into: product)
    let identity = (0..<order * order).map { Float($0 / order == $0 % order ? 1 : 0) }
    expectClose(product.elements, identity, .absolute(4e-6), shape: [order, order])
    let isHadamard = factorOrder == 1 || factorOrder % 4 == 0
    let bound = (isHadamard ? 1 : Float(2).squareRoot()) / Float(order).squareRoot()
    #expect(r.elements.allSatisfy { abs($0) <= bound * 1.00001 })
  }

  @Test(
    "Rows of groups and items of several elements, element by element",
    arguments: [(4, 1), (4, 3), (12, 1), (12, 5), (6, 2), (7, 33), (1, 3)])
  func groups(order: Int, width: Int) {
    let transform = HadamardTransform(order: order)
    let r = transform.matrix
    var random = SplitMix64(seed: UInt64(order * 100 + width))
    for (rows, groups) in [(1, 1), (3, 2), (33, 1), (17, 3)] {
      let columns = groups * order * width
      let x = random.normal(rows * columns)
      let y = Matrix(rows: rows, columns: columns, elements: x)
      transform.apply(to: y, width: width)
      var expected = x
      for row in 0..<rows {
        for group in 0..<groups {
          for element in 0..<width {
            func index(_ i: Int) -> Int {
              row * columns + (group * order + i) * width + element
            }
            for j in 0..<order {
              var sum = 0.0
              for i in 0..<order { sum += Double(x[index(i)]) * Double(r.row(i)[j]) }
              expected[index(j)] = Float(sum)
            }
          }
        }
      }
      expectClose(y.elements, expected, .absolute(1e-5))
    }
  }

  @Test("A single large channel is spread evenly", arguments: [64, 576, 1536, 100])
  func spread(order: Int) {
    let x = Matrix(rows: 1, columns: order)
    x.pointer[order / 3] = 100
    HadamardTransform(order: order).apply(to: x)
    let bound: Float = 100 * Float(2 / Double(order)).squareRoot()
    #expect(x.elements.allSatisfy { abs($0) <= bound * 1.00001 })
  }

  @Test("Every thread count gives the same bits")
  func threads() {
    var random = SplitMix64(seed: 2)
    let all = random.normal(70 * 96)
    let before = Threads.count
    defer { Threads.count = before }
    let results = (1...4).map { threads -> [Float] in
      Threads.count = threads
      let x = Matrix(rows: 70, columns: 96, elements: all)
      HadamardTransform(order: 48).apply(to: x)
      return x.elements
    }
    for other in results.dropFirst() { #expect(other == results[0]) }
  }
}
