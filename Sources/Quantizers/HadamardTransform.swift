public import Tensors

/// An orthogonal transform with entries of about one size, `R = K ⊗ H`, applied without forming it.
///
/// H is the Walsh–Hadamard matrix of a power of two, K a factor of order b: 1; or, where one of order
/// b = n/2ᵏ can be constructed from a prime, a Hadamard matrix of Paley's; or else, for the odd part b of n,
/// the Hartley matrix `(cos(2πij/b) + sin(2πij/b))`. All divided by √n. Entries are ±1/√n, with Hartley's at most
/// √(2/n) in size.
///
/// > Source: Ashkboos et al. 2024, arXiv:2404.00456, section 3; Paley 1933, doi:10.1002/sapm1933121311.
///
/// DEVIATION: the official code takes Hadamard matrices of a dozen orders from a published table; Paley's
/// constructions over primes give most of these orders, and Hartley's factor fits all the rest.
public struct HadamardTransform: Sendable, Equatable {
  /// n, the order of R.
  public let order: Int
  /// b, the order of K.
  public let factorOrder: Int
  /// K, `[b, b]`, orthogonal.
  private let factor: [Float]

  /// The transform of order `order`.
  public init(order: Int) {
    precondition(order > 0, "a transform of order \(order)")
    self.order = order
    let odd = order >> order.trailingZeroBitCount
    var (factorOrder, matrix) = (odd, hartleyMatrix(order: odd))
    // From the smallest multiple of four on: the smaller K is, the cheaper the transform. Beyond 256 it
    // would cost more than the linear behind it.
    var candidate = 4 * odd
    while odd > 1, candidate <= min(order, 256), order % candidate == 0 {
      if let signs = paleyMatrix(order: candidate) {
        (factorOrder, matrix) = (candidate, signs)
        break
      }
      candidate *= 2
    }
    self.factorOrder = factorOrder
    let norm = Float(1 / Double(factorOrder).squareRoot())
    factor = matrix.map { $0 * norm }
  }

  /// Multiplies every group of n neighbouring items of each row by R, in place: `x ← x·R`.
  ///
  /// > Shape: rows of `x` are `[groups, n, width]`; each of the `groups · width` vectors of n is multiplied.
  ///
  /// - Parameters:
  ///   - x: What is multiplied.
  ///   - width: Neighbouring elements that form an item: 1 for channels, the head size for whole heads.
  /// - Precondition: `n · width` divides the columns.
  /// - Complexity: O(elements · (b + log₂(n/b))).
  public func apply(to x: Matrix, width: Int = 1) {
    let size = order * width
    precondition(
      width > 0 && x.columns % size == 0, "groups of \(order) by \(width) in \(x.columns) columns")
    if order == 1 { return }
    forEachTile(tileCount(x.rows, size: 16)) { tile, _ in
      let scratch = FloatBuffer(count: factorOrder > 1 ? size : 0)
      for row in tileRange(tile, of: x.rows, size: 16) {
        for start in stride(from: 0, to: x.columns, by: size) {
          transform(x.row(row) + start, width, scratch.pointer)
        }
      }
    }
  }

  /// R, `[n, n]`.
  public var matrix: Matrix {
    let result = Matrix(rows: order, columns: order)
    for i in 0..<order { result.row(i)[i] = 1 }
    apply(to: result)
    return result
  }

  private func transform(
    _ x: UnsafeMutablePointer<Float>, _ width: Int, _ scratch: UnsafeMutablePointer<Float>
  ) {
    let inner = order / factorOrder
    // The butterflies of H inside each of the b parts.
    var distance = 1
    while distance < inner {
      for first in stride(from: 0, to: order, by: 2 * distance) {
        let (low, high) = (x + first * width, x + (first + distance) * width)
        for i in 0..<distance * width {
          let (a, b) = (low[i], high[i])
          low[i] = a + b
          high[i] = a - b
        }
      }
      distance *= 2
    }
    let part = inner * width
    let norm = Float(1 / Double(inner).squareRoot())
    guard factorOrder > 1 else {
      for i in 0..<part { x[i] *= norm }
      return
    }
    // Part j of the result is Σ_i part i · K[i, j].
    scratch.update(from: x, count: order * width)
    for j in 0..<factorOrder {
      let out = x + j * part
      for k in 0..<part { out[k] = 0 }
      for i in 0..<factorOrder {
        let (weight, source) = (factor[i * factorOrder + j] * norm, scratch + i * part)
        for k in 0..<part { out[k] += weight * source[k] }
      }
    }
  }
}
