internal import CKernels

// Backward of `linear`. Legend: M tokens, K inputs, N outputs; dY is the gradient of y, and so on.

/// Accumulates into `dX` the gradient of a linear's input: `dX += dY · W`.
///
/// > Shape: `dY` is `[M, N]`, `w` is `[N, K]`, `dX` is `[M, K]`.
///
/// - Complexity: O(M · N · K); tiles depend on the shapes only.
public func linearInputBackward(dOutput dY: Matrix, weight w: Matrix, dInput dX: Matrix) {
  precondition(
    dY.columns == w.rows && dX.rows == dY.rows && dX.columns == w.columns,
    "[\(dY.rows), \(dY.columns)] × [\(w.rows), \(w.columns)] into [\(dX.rows), \(dX.columns)]")
  let (tokenTile, inputTile) = (256, 1024)
  let tokenTiles = tileCount(dY.rows, size: tokenTile)
  let inputTiles = tileCount(w.columns, size: inputTile)
  forEachTile(tokenTiles * inputTiles) { tile, _ in
    let tokens = tileRange(tile % tokenTiles, of: dY.rows, size: tokenTile)
    let inputs = tileRange(tile / tokenTiles, of: w.columns, size: inputTile)
    BLAS.multiply(
      dY.rows(tokens), w.columns(inputs), into: dX.rows(tokens).columns(inputs),
      accumulate: true)
  }
}

/// Accumulates into `dW` the gradient of a linear's weight: `dW += dYᵀ · X`.
///
/// > Shape: `dY` is `[M, N]`, `x` is `[M, K]`, `dW` is `[N, K]`.
///
/// - Complexity: O(M · N · K); tiles depend on the shapes only.
public func linearWeightBackward(dOutput dY: Matrix, input x: Matrix, dWeight dW: Matrix) {
  precondition(
    dY.rows == x.rows && dW.rows == dY.columns && dW.columns == x.columns,
    "[\(dY.rows), \(dY.columns)]ᵀ × [\(x.rows), \(x.columns)] into [\(dW.rows), \(dW.columns)]")
  let (outputTile, inputTile) = (128, 1024)
  let outputTiles = tileCount(dY.columns, size: outputTile)
  let inputTiles = tileCount(x.columns, size: inputTile)
  forEachTile(outputTiles * inputTiles) { tile, _ in
    let outputs = tileRange(tile % outputTiles, of: dY.columns, size: outputTile)
    let inputs = tileRange(tile / outputTiles, of: x.columns, size: inputTile)
    BLAS.multiplyFirstTransposed(
      dY.columns(outputs), x.columns(inputs), into: dW.rows(outputs).columns(inputs),
      accumulate: true)
  }
}

/// Accumulates into `sums` the sum of each column of `x`: `db += Σ dY`, summed in float64.
///
/// > Shape: `x` is `[M, N]`, `sums` is `[N]`.
public func addColumnSums(of x: Matrix, to sums: Vector) {
  precondition(sums.count == x.columns, "\(sums.count) sums for \(x.columns) columns")
  let columnTile = 64
  forEachTile(tileCount(x.columns, size: columnTile)) { tile, _ in
    let columns = tileRange(tile, of: x.columns, size: columnTile)
    zq_add_column_sums(
      x.pointer + columns.lowerBound, sums.pointer + columns.lowerBound, x.rows, columns.count,
      x.stride)
  }
}

/// Accumulates the gradients of `y = x · Wᵀ + b` into `dX`, `dW` and `db`, each where it is asked for.
///
/// > Shape: `x` is `[M, K]`, `w` and `dW` are `[N, K]`, `dY` is `[M, N]`, `db` is `[N]`.
public func linearBackward(
  input x: Matrix, weight w: Matrix, dOutput dY: Matrix, dInput dX: Matrix?, dWeight dW: Matrix?,
  dBias db: Vector?
) {
  if let dX { linearInputBackward(dOutput: dY, weight: w, dInput: dX) }
  if let dW { linearWeightBackward(dOutput: dY, input: x, dWeight: dW) }
  if let db { addColumnSums(of: dY, to: db) }
}

/// Accumulates into `dTable` the gradients of gathered rows: `dTable[ids[r]] += dX[r]`.
///
/// Each thread owns columns and takes the rows in order, so that the sums don't depend on threads.
///
/// > Shape: `dX` is `[ids.count, C]`, `dTable` is `[V, C]`.
public func gatherBackward(dOutput dX: Matrix, ids: [Int32], dTable: Matrix) {
  precondition(
    dX.rows == ids.count && dX.columns == dTable.columns
      && ids.allSatisfy { $0 >= 0 && $0 < dTable.rows },
    "\(ids.count) rows of [\(dX.rows), \(dX.columns)] into [\(dTable.rows), \(dTable.columns)]")
  let columnTile = 64
  forEachTile(tileCount(dX.columns, size: columnTile)) { tile, _ in
    let columns = tileRange(tile, of: dX.columns, size: columnTile)
    for (row, id) in ids.enumerated() {
      zq_add(
        dTable.row(Int(id)) + columns.lowerBound, dX.row(row) + columns.lowerBound, columns.count)
    }
  }
}
