internal import CKernels
// Row-wise layers, each tiled over rows. Legend: T tokens, C channels.
import Glibc

/// Rows per tile of a row-wise layer; fixed, so that results don't depend on the thread count.
private let rowTile = 64

/// Divides each row by its root mean square, then scales it and, if given, shifts it.
///
/// `out = x / sqrt(mean(x²) + ε) · gain + bias`. The bias exists only after a smoothing shift.
///
/// > Shape: `x`, `out` are `[T, C]`, contiguous; `gain`, `bias` are `[C]`.
///
/// > Source: Zhang and Sennrich 2019, arXiv:1910.07467, eq. 4; ε as in LLaMA.
public func rmsNorm(_ x: Matrix, gain: Vector, bias: Vector?, epsilon: Float, into out: Matrix) {
  checkNorm(x, gain, bias, out)
  forEachTile(tileCount(x.rows, size: rowTile)) { tile, _ in
    let rows = tileRange(tile, of: x.rows, size: rowTile)
    zq_rms_norm(
      x.row(rows.lowerBound), gain.pointer, bias?.pointer, out.row(rows.lowerBound), rows.count,
      x.columns, epsilon)
  }
}

/// Normalizes each row to zero mean and unit variance, then scales and shifts it.
///
/// `out = (x − μ) / sqrt(σ² + ε) · gain + bias`.
///
/// > Shape: `x`, `out` are `[T, C]`, contiguous; `gain`, `bias` are `[C]`.
///
/// > Source: Ba et al. 2016, arXiv:1607.06450, eq. 4; σ² is the biased variance, as in PyTorch.
public func layerNorm(_ x: Matrix, gain: Vector, bias: Vector, epsilon: Float, into out: Matrix) {
  checkNorm(x, gain, bias, out)
  forEachTile(tileCount(x.rows, size: rowTile)) { tile, _ in
    let rows = tileRange(tile, of: x.rows, size: rowTile)
    zq_layer_norm(
      x.row(rows.lowerBound), gain.pointer, bias.pointer, out.row(rows.lowerBound), rows.count,
      x.columns, epsilon)
  }
}

private func checkNorm(_ x: Matrix, _ gain: Vector, _ bias: Vector?, _ out: Matrix) {
  precondition(
    x.rows == out.rows && x.columns == out.columns && gain.count == x.columns
      && (bias?.count ?? x.columns) == x.columns && x.stride == x.columns
      && out.stride == out.columns,
    "norm of [\(x.rows), \(x.columns)] with \(gain.count) gains into [\(out.rows), \(out.columns)]")
}

/// `gate ← silu(gate) · up`, the gate of LLaMA's MLP; silu(x) = x / (1 + e^−x).
///
/// > Source: Shazeer 2020, arXiv:2002.05202 (SwiGLU).
public func siluMultiply(_ gate: Matrix, by up: Matrix) {
  precondition(gate.rows == up.rows && gate.columns == up.columns, "gate and up differ in shape")
  forEachTile(tileCount(gate.rows, size: rowTile)) { tile, _ in
    for r in tileRange(tile, of: gate.rows, size: rowTile) {
      zq_silu_multiply(gate.row(r), up.row(r), gate.columns)
    }
  }
}

/// `x ← max(x, 0)`.
public func relu(_ x: Matrix) {
  forEachTile(tileCount(x.rows, size: rowTile)) { tile, _ in
    for r in tileRange(tile, of: x.rows, size: rowTile) { zq_relu(x.row(r), x.columns) }
  }
}

/// `x ← x + y`.
public func add(_ y: Matrix, to x: Matrix) {
  precondition(x.rows == y.rows && x.columns == y.columns, "sum of different shapes")
  forEachTile(tileCount(x.rows, size: rowTile)) { tile, _ in
    for r in tileRange(tile, of: x.rows, size: rowTile) { zq_add(x.row(r), y.row(r), x.columns) }
  }
}

/// Adds `bias` to each row of `x`, on the calling thread.
public func addBias(_ bias: Vector, to x: Matrix) {
  precondition(bias.count == x.columns, "\(bias.count) biases for \(x.columns) columns")
  zq_add_bias(x.pointer, bias.pointer, x.rows, x.columns, x.stride)
}

/// Multiplies every element by `factor`.
public func scale(_ x: Matrix, by factor: Float) {
  forEachTile(tileCount(x.rows, size: rowTile)) { tile, _ in
    for r in tileRange(tile, of: x.rows, size: rowTile) {
      zq_scale_row(x.row(r), nil, factor, x.columns)
    }
  }
}

/// Cosines and sines of the rotary angles of positions `0..<positions`, `[positions, head/2]`.
public struct RotaryTable: Sendable {
  /// Cosines.
  public let cosine: Matrix
  /// Sines.
  public let sine: Matrix

  /// Angles `position · frequency[i]`, computed in double precision; both functions times `factor`.
  ///
  /// > Source: Su et al. 2021, arXiv:2104.09864, eq. 15; the factor is YaRN's, Peng et al. 2023,
  /// > arXiv:2309.00071, eq. 22.
  public init(frequencies: [Double], positions: Int, factor: Float = 1) {
    cosine = Matrix(rows: positions, columns: frequencies.count)
    sine = Matrix(rows: positions, columns: frequencies.count)
    for p in 0..<positions {
      for (i, frequency) in frequencies.enumerated() {
        // PyTorch's models form the angle in float32; so do we, to stay within their rounding.
        let angle = Float(p) * Float(frequency)
        cosine.row(p)[i] = Float(cos(Double(angle))) * factor
        sine.row(p)[i] = Float(sin(Double(angle))) * factor
      }
    }
  }

  private init(cosine: Matrix, sine: Matrix) {
    self.cosine = cosine
    self.sine = sine
  }

  /// The angles of some positions, a row for each.
  public func at(_ positions: [Int]) -> RotaryTable {
    func gathered(_ table: Matrix) -> Matrix {
      let rows = Matrix(rows: positions.count, columns: table.columns)
      for (row, position) in positions.enumerated() {
        rows.rows(row..<row + 1).copy(from: table.rows(position..<position + 1))
      }
      return rows
    }
    return RotaryTable(cosine: gathered(cosine), sine: gathered(sine))
  }
}

/// Rotates each head of each row by its position; row r of `x` has position `r % windowTokens`.
///
/// > Shape: `x` is `[windows · windowTokens, heads · headSize]`.
public func rotate(
  _ x: Matrix, table: RotaryTable, windowTokens: Int, headSize: Int, isInterleaved: Bool
) {
  precondition(
    x.columns % headSize == 0 && table.cosine.columns == headSize / 2
      && windowTokens <= table.cosine.rows, "rotation of \(x.columns) channels by \(headSize)")
  forEachTile(tileCount(x.rows, size: rowTile)) { tile, _ in
    for r in tileRange(tile, of: x.rows, size: rowTile) {
      let position = r % windowTokens
      zq_rope_row(
        x.row(r), table.cosine.row(position), table.sine.row(position), x.columns / headSize,
        headSize, isInterleaved ? 1 : 0)
    }
  }
}

extension Matrix {
  /// Whether no element is NaN or infinite.
  public var isFinite: Bool {
    (0..<rows).allSatisfy { zq_all_finite(row($0), columns) != 0 }
  }
}

/// Folds the largest absolute value of each column of `x` into `maxima`.
public func foldColumnMaxima(of x: Matrix, into maxima: Vector) {
  precondition(
    maxima.count == x.columns && x.stride == x.columns, "\(maxima.count) for \(x.columns) columns")
  zq_fold_column_maxima(x.pointer, maxima.pointer, x.rows, x.columns)
}

/// Folds the least and largest value of each column of `x` into `least` and `most`.
public func foldColumnRange(of x: Matrix, least: Vector, most: Vector) {
  precondition(
    least.count == x.columns && most.count == x.columns && x.stride == x.columns,
    "\(least.count) for \(x.columns) columns")
  zq_fold_column_range(x.pointer, least.pointer, most.pointer, x.rows, x.columns)
}
