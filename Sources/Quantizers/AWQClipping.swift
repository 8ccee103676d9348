public import Tensors

extension AWQQuantizer {
  /// The symmetric clip of each group of weights that changes its products least.
  ///
  /// Ten candidates per group, `m·(1 − i/20)` with `m = max|w|`, i = 0…9; the first with the least mean of
  /// `(x·Q(clamp(w, ±candidate)) − x·w)²` over the tokens, each group on its own.
  ///
  /// > Source: Lin et al. 2023, arXiv:2306.00978; official code, auto_clip.py (auto_clip_layer).
  ///
  /// > Shape: `weight` is `[outputs, inputs]`; `inputs` is `[tokens, inputs]`.
  ///
  /// - Returns: The best candidates, `[outputs, groups]`.
  /// - Complexity: O(10 · tokens · outputs · inputs).
  public func clipMaxima(of weight: Matrix, inputs: Matrix) -> Matrix {
    precondition(
      weight.columns == inputs.columns, "\(inputs.columns) inputs for \(weight.columns) columns")
    let size = groupSize ?? weight.columns
    let groups = weight.columns / size
    let result = Matrix(rows: weight.rows, columns: groups)
    // A tile of rows of one group at a time: its changes, times all tokens.
    let rowTiles = tileCount(weight.rows, size: 64)
    forEachTile(rowTiles * groups) { tile, _ in
      let rows = tileRange(tile / groups, of: weight.rows, size: 64)
      let columns = tile % groups * size..<(tile % groups + 1) * size
      searchTile(
        weight.rows(rows).columns(columns), inputs.columns(columns),
        best: result.rows(rows).columns(tile % groups..<tile % groups + 1))
    }
    return result
  }

  private func searchTile(_ weight: Matrix, _ inputs: Matrix, best: Matrix) {
    let (rows, size) = (weight.rows, weight.columns)
    let change = Matrix(rows: rows, columns: size)
    let products = Matrix(rows: rows, columns: inputs.rows)
    var least = [Double](repeating: 1e9, count: rows)
    let largest = (0..<rows).map { row in
      (0..<size).reduce(Float(0)) { max($0, abs(weight.row(row)[$1])) }
    }
    for row in 0..<rows { best.row(row)[0] = largest[row] }
    for step in 0..<10 {
      for row in 0..<rows {
        let (w, d) = (weight.row(row), change.row(row))
        let limit = largest[row] * Float(1 - Double(step) / 20)
        for i in 0..<size { d[i] = w[i] < -limit ? -limit : w[i] > limit ? limit : w[i] }
        fakeQuantize(d, count: size)
        for i in 0..<size { d[i] -= w[i] }
      }
      BLAS.multiplyTransposed(change, inputs, into: products)
      for row in 0..<rows {
        var error = 0.0
        let p = products.row(row)
        for token in 0..<inputs.rows { error += Double(p[token]) * Double(p[token]) }
        error /= Double(max(inputs.rows, 1))
        if error < least[row] {
          least[row] = error
          best.row(row)[0] = largest[row] * Float(1 - Double(step) / 20)
        }
      }
    }
  }

  /// Clamps every group of `weight` to ± its maximum, in place.
  ///
  /// > Shape: `weight` is `[outputs, inputs]`, `maxima` are `[outputs, groups]`.
  public func clamp(_ weight: Matrix, to maxima: Matrix) {
    let size = groupSize ?? weight.columns
    precondition(
      maxima.rows == weight.rows && maxima.columns * size == weight.columns,
      "[\(maxima.rows), \(maxima.columns)] maxima")
    for row in 0..<weight.rows {
      let w = weight.row(row)
      for i in 0..<weight.columns {
        let limit = maxima.row(row)[i / size]
        w[i] = w[i] < -limit ? -limit : w[i] > limit ? limit : w[i]
      }
    }
  }
}
