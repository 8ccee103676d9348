/// Mean |x| of each column.
///
/// > Shape: `x` is `[T, C]`; the result is `[C]`.
public func meanMagnitudes(of x: Matrix) -> [Float] {
  // Columns in tiles, rows in order: the same sums for every thread count.
  let sums = Matrix(rows: 1, columns: x.columns)
  forEachTile(tileCount(x.columns, size: 64)) { tile, _ in
    let columns = tileRange(tile, of: x.columns, size: 64)
    var totals = [Double](repeating: 0, count: columns.count)
    for r in 0..<x.rows {
      let row = x.row(r) + columns.lowerBound
      for i in 0..<columns.count { totals[i] += Double(abs(row[i])) }
    }
    for (i, column) in columns.enumerated() {
      sums.pointer[column] = Float(totals[i] / Double(max(x.rows, 1)))
    }
  }
  return sums.elements
}

/// Mean of `(a − b)²` over all elements, in float64.
///
/// > Shape: `a` and `b` are `[T, C]`.
public func meanSquare(of a: Matrix, less b: Matrix) -> Double {
  precondition(a.rows == b.rows && a.columns == b.columns, "a difference of two shapes")
  let size = 64
  let tiles = tileCount(a.rows, size: size)
  let width = MemoryLayout<Double>.stride
  let sums = ByteBuffer(byteCount: tiles * width)
  forEachTile(tiles) { tile, _ in
    var sum = 0.0
    for r in tileRange(tile, of: a.rows, size: size) {
      let (x, y) = (a.row(r), b.row(r))
      for i in 0..<a.columns {
        let difference = Double(x[i] - y[i])
        sum += difference * difference
      }
    }
    sums.base.storeBytes(of: sum, toByteOffset: tile * width, as: Double.self)
  }
  var sum = 0.0
  for tile in 0..<tiles { sum += sums.base.load(fromByteOffset: tile * width, as: Double.self) }
  return sum / Double(max(a.rows * a.columns, 1))
}

/// Divides each column of `x` by its divisor, in place.
///
/// > Shape: `x` is `[T, C]`, `divisors` are `[C]`.
public func divideColumns(of x: Matrix, by divisors: Vector) {
  precondition(divisors.count == x.columns, "\(divisors.count) divisors for \(x.columns) columns")
  forEachTile(tileCount(x.rows, size: 64)) { tile, _ in
    for r in tileRange(tile, of: x.rows, size: 64) {
      let row = x.row(r)
      for i in 0..<x.columns { row[i] /= divisors.pointer[i] }
    }
  }
}
