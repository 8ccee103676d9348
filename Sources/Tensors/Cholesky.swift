internal import CBLAS

/// LAPACK's Cholesky factorisation, as OpenBLAS provides it, on the calling thread.
public enum Cholesky {
  /// Overwrites a symmetric positive definite matrix by the upper factor of its inverse.
  ///
  /// `A⁻¹ = Uᵀ · U` with U upper triangular; zeros below its diagonal. `a` is destroyed when this throws.
  ///
  /// > Shape: `a` is `[N, N]`; only its upper triangle is read.
  ///
  /// > Source: LAPACK's spotrf and spotri; the three steps of GPTQ's official code, gptq.py.
  ///
  /// - Throws: ``NotPositiveDefinite`` when a leading minor isn't positive in float32, or not a number.
  /// - Complexity: O(N³), in place.
  public static func factorOfInverse(_ a: Matrix) throws(NotPositiveDefinite) {
    precondition(a.rows == a.columns, "a factor of [\(a.rows), \(a.columns)]")
    if a.rows == 0 { return }
    BLAS.useOneThread()
    // LAPACK counts columns first: its lower triangle is our upper one.
    var lower = CChar(UInt8(ascii: "L"))
    var (order, leading, info) = (blasint(a.rows), blasint(a.stride), blasint(0))
    func check() throws(NotPositiveDefinite) {
      if info != 0 { throw NotPositiveDefinite(order: a.rows, minor: Int(info)) }
      // OpenBLAS's factorisation lets NaN through.
      for i in 0..<a.rows where !a.row(i)[i].isFinite {
        throw NotPositiveDefinite(order: a.rows, minor: i + 1)
      }
    }
    _ = spotrf_(&lower, &order, a.pointer, &leading, &info)
    try check()
    _ = spotri_(&lower, &order, a.pointer, &leading, &info)
    try check()
    _ = spotrf_(&lower, &order, a.pointer, &leading, &info)
    try check()
    for i in 1..<max(a.rows, 1) { a.row(i).update(repeating: 0, count: i) }
  }
}

/// A matrix that should be positive definite isn't, to the precision of float32.
public struct NotPositiveDefinite: Error, Sendable, Equatable, CustomStringConvertible {
  /// Rows of the matrix.
  public let order: Int
  /// The first leading minor that isn't positive, counted from 1.
  public let minor: Int

  /// One line: which matrix, where it fails.
  public var description: String {
    "expected a positive definite matrix of order \(order), found a leading minor of order \(minor) "
      + "that is not positive"
  }
}
