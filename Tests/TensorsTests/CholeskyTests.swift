import Tensors
import TestSupport
import Testing

/// LAPACK through OpenBLAS, against the definition in double precision.
@Suite("Cholesky")
struct CholeskyTests {
  /// `(2/T)·XᵀX` of random inputs plus a little on the diagonal.
  private func positive(_ n: Int, seed: UInt64) -> Matrix {
    var random = SplitMix64(seed: seed)
    let tokens = 2 * n + 1
    let x = Matrix(rows: tokens, columns: n, elements: random.normal(tokens * n))
    let a = Matrix(rows: n, columns: n)
    BLAS.multiplyFirstTransposed(x, x, into: a, alpha: 2 / Float(tokens))
    for i in 0..<n { a.row(i)[i] += 0.1 }
    return a
  }

  @Test("The factor's square is the inverse", arguments: [1, 2, 3, 7, 33, 64, 200, 577])
  func inverse(n: Int) throws {
    let a = positive(n, seed: UInt64(n))
    let u = Matrix(rows: n, columns: n)
    u.copy(from: a)
    // Only the upper triangle counts.
    for i in 0..<n { for j in 0..<i { u.row(i)[j] = .nan } }
    try Cholesky.factorOfInverse(u)
    for i in 0..<n {
      #expect(u.row(i)[i] > 0)
      for j in 0..<i { #expect(u.row(i)[j] == 0) }
    }
    // A·UᵀU = I, with the product in double precision.
    let inverse = Matrix(rows: n, columns: n)
    BLAS.multiplyFirstTransposed(u, u, into: inverse)
    var identity = [Float](repeating: 0, count: n * n)
    for i in 0..<n { identity[i * n + i] = 1 }
    var product = [Float](repeating: 0, count: n * n)
    for i in 0..<n {
      var sums = [Double](repeating: 0, count: n)
      for k in 0..<n {
        let (left, right) = (Double(a.row(i)[k]), inverse.row(k))
        for j in 0..<n { sums[j] += left * Double(right[j]) }
      }
      for j in 0..<n { product[i * n + j] = Float(sums[j]) }
    }
    expectClose(product, identity, .absolute(1e-4), shape: [n, n], "order \(n)")
  }

  @Test("A view with wider rows leaves its neighbours alone")
  func views() throws {
    let (a, wide) = (positive(5, seed: 1), Matrix(rows: 7, columns: 9))
    for i in 0..<7 { for j in 0..<9 { wide.row(i)[j] = -3 } }
    wide.rows(1..<6).columns(2..<7).copy(from: a)
    try Cholesky.factorOfInverse(wide.rows(1..<6).columns(2..<7))
    try Cholesky.factorOfInverse(a)
    #expect(wide.rows(1..<6).columns(2..<7).elements == a.elements)
    for i in 0..<7 {
      for j in 0..<9 where !(1..<6).contains(i) || !(2..<7).contains(j) {
        #expect(wide.row(i)[j] == -3)
      }
    }
  }

  @Test("What isn't positive definite is refused, with the place")
  func refusals() {
    for (elements, minor) in [
      ([0, 0, 0, 1], 1), ([-1, 0, 0, 1], 1), ([1, 2, 2, 1], 2), ([1, 0, 0, .nan], 2),
      ([.nan, 0, 0, 1], 1), ([1, .nan, .nan, 1], 2), ([.infinity, 0, 0, 1], 1),
    ] as [([Float], Int)] {
      let error = #expect(throws: NotPositiveDefinite.self, "\(elements)") {
        try Cholesky.factorOfInverse(Matrix(rows: 2, columns: 2, elements: elements))
      }
      #expect(error?.order == 2 && error?.minor == minor, "\(elements): \(error?.minor ?? 0)")
    }
    let error = #expect(throws: NotPositiveDefinite.self) {
      try Cholesky.factorOfInverse(Matrix(rows: 2, columns: 2, elements: [1, 2, 2, 1]))
    }
    #expect(
      error?.description
        == "expected a positive definite matrix of order 2, found a leading minor of order 2 that "
        + "is not positive")
  }
}
