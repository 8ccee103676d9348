public import Tensors

/// The Hessian of a linear's squared output error, from the inputs that it saw.
///
/// `H = (2/n) · Σ x·xᵀ` over all tokens of n sequences, summed in float32; the same for every row of the
/// weight.
///
/// > Source: Frantar et al. 2022, arXiv:2210.17323, section 3; official code, gptq.py (add_batch).
public final class InputHessian: @unchecked Sendable {
  // SAFETY: `add` is called by the one thread that runs the model; the tiles of one call are disjoint.
  /// Channels of the input.
  public let columns: Int
  /// Sequences seen.
  public private(set) var sequences = 0
  /// `Σ x·xᵀ` on and above the diagonal's tiles; what lies below is never written.
  private let upper: Matrix

  /// Nothing seen yet.
  public init(columns: Int) {
    self.columns = columns
    upper = Matrix(rows: columns, columns: columns)
  }

  /// Folds the inputs of some sequences in.
  ///
  /// > Shape: `x` is `[sequences · T, C]`.
  ///
  /// - Complexity: O(rows · C²).
  public func add(_ x: Matrix, sequences new: Int) {
    precondition(x.columns == columns && new > 0, "\(x.columns) channels for \(columns)")
    let size = 256
    let across = tileCount(columns, size: size)
    let tiles = (0..<across).flatMap { i in (i..<across).map { (i, $0) } }
    forEachTile(tiles.count) { tile, _ in
      let (i, j) = tiles[tile]
      let (a, b) = (tileRange(i, of: columns, size: size), tileRange(j, of: columns, size: size))
      BLAS.multiplyFirstTransposed(
        x.columns(a), x.columns(b), into: upper.rows(a).columns(b), accumulate: true)
    }
    sequences += new
  }

  /// H, symmetric, in storage of its own.
  public var matrix: Matrix {
    let result = Matrix(rows: columns, columns: columns)
    let factor = 2 / Float(max(sequences, 1))
    for i in 0..<columns {
      let row = upper.row(i)
      for j in i..<columns {
        let value = factor * row[j]
        result.row(i)[j] = value
        result.row(j)[i] = value
      }
    }
    return result
  }
}
