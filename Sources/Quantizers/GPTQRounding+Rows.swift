public import Tensors

extension GPTQRounding {
  /// What rounding a matrix gave, beside the rounded weights.
  public struct Result: Sendable {
    /// Codes, `[rows · columns]`, columns as they stand in the weight.
    public let codes: [UInt8]
    /// Grids, `[rows · groups]`; groups in the order in which they were rounded, or, when static, as they stand.
    public let grids: [AffineGrid]
    /// The group of each column, columns as they stand.
    public let groups: [Int]
    /// `½·Σ ((w_j − quant(w_j))/U_jj)²`, which is `½·tr((W − Ŵ)·H·(W − Ŵ)ᵀ)` with the damped H.
    public let loss: Double
  }

  /// Rounds `w` in place.
  ///
  /// > Shape: `w` is `[rows, C]` for a factor of `[C, C]`.
  ///
  /// - Precondition: The group size divides C.
  /// - Complexity: O(rows · C²).
  public func round(_ w: Matrix, _ factor: Factor) -> Result {
    let columns = w.columns
    let size = groupSize ?? columns
    precondition(
      columns == factor.order.count && columns % max(size, 1) == 0,
      "columns \(columns), factor \(factor.order.count), groups of \(size)")
    let groups = columns / max(size, 1)
    let groupOf = groupOfColumns(factor.order, size: size)
    let rows = w.rows
    let tileRows = 64
    let codes = ByteBuffer(byteCount: rows * columns)
    let scales = Matrix(rows: rows, columns: groups)
    let zeros = Matrix(rows: rows, columns: groups)
    let losses = FloatBuffer(count: rows)
    forEachTile(tileCount(rows, size: tileRows)) { tile, _ in
      let range = tileRange(tile, of: rows, size: tileRows)
      let bytes = codes.base.assumingMemoryBound(to: UInt8.self) + range.lowerBound * columns
      RowTile(
        rounding: self, factor: factor, groupOf: groupOf, weights: w.rows(range), codes: bytes,
        scales: scales.rows(range), zeros: zeros.rows(range),
        losses: losses.pointer + range.lowerBound
      ).round()
    }
    var loss = 0.0
    for row in 0..<rows { loss += Double(losses.pointer[row]) }
    return Result(
      codes: Array(UnsafeRawBufferPointer(start: codes.base, count: rows * columns)),
      grids: zip(scales.elements, zeros.elements).map { AffineGrid(scale: $0, zero: $1) },
      groups: groupOf, loss: loss / 2)
  }
}

extension GPTQRounding {
  /// The group of each column, as the columns stand.
  private func groupOfColumns(_ order: [Int], size: Int) -> [Int] {
    var result = [Int](repeating: 0, count: order.count)
    for (place, column) in order.enumerated() {
      result[column] = (hasStaticGroups ? column : place) / size
    }
    return result
  }
}

/// Some rows of a weight while they are rounded; rows don't know of each other.
private struct RowTile {
  let rounding: GPTQRounding
  let factor: GPTQRounding.Factor
  /// Group of each column, as the columns stand.
  let groupOf: [Int]
  let weights: Matrix
  let codes: UnsafeMutablePointer<UInt8>
  let scales: Matrix
  let zeros: Matrix
  let losses: UnsafeMutablePointer<Float>

  private var columns: Int { weights.columns }
  private var size: Int { rounding.groupSize ?? columns }

  func round() {
    let hasGroups = rounding.groupSize != nil
    // Grids per channel are taken before dead columns are zeroed, all others after.
    if !hasGroups { takeGrids(from: weights) }
    for column in 0..<columns where factor.isDead[column] {
      for row in 0..<weights.rows { weights.row(row)[column] = 0 }
    }
    if hasGroups && rounding.hasStaticGroups { takeGrids(from: weights) }
    // In the order in which columns are rounded.
    let ordered = Matrix(rows: weights.rows, columns: columns)
    for row in 0..<weights.rows {
      let (to, from) = (ordered.row(row), weights.row(row))
      for (place, column) in factor.order.enumerated() { to[place] = from[column] }
    }
    let width = min(rounding.blockSize, columns)
    let working = FloatBuffer(count: width)
    let group = FloatBuffer(count: size)
    let errors = Matrix(rows: weights.rows, columns: width)
    for start in stride(from: 0, to: columns, by: width) {
      let block = start..<min(start + width, columns)
      for row in 0..<weights.rows {
        roundBlock(
          block, row, ordered.row(row), working.pointer, errors.row(row), group.pointer,
          takesGrids: hasGroups && !rounding.hasStaticGroups)
      }
      let rest = block.upperBound..<columns
      BLAS.multiply(
        errors.columns(0..<block.count), factor.upper.rows(block).columns(rest),
        into: ordered.columns(rest), alpha: -1, accumulate: true)
    }
  }

  /// Rounds the columns of one block of one row; leaves their errors.
  private func roundBlock(
    _ block: Range<Int>, _ row: Int, _ ordered: UnsafeMutablePointer<Float>,
    _ working: UnsafeMutablePointer<Float>, _ errors: UnsafeMutablePointer<Float>,
    _ group: UnsafeMutablePointer<Float>, takesGrids: Bool
  ) {
    let top = Float((1 << rounding.bits) - 1)
    let (out, rowCodes) = (weights.row(row), codes + row * columns)
    let (first, count) = (block.lowerBound, block.count)
    working.update(from: ordered + first, count: count)
    var loss = 0.0
    for i in 0..<count {
      let place = first + i
      if takesGrids && place % size == 0 {
        fillGroup(group, at: place, in: block, ordered, working, errors)
        setGrid(from: group, row, place / size)
      }
      let column = factor.order[place]
      let index = groupOf[column]
      let grid = AffineGrid(scale: scales.row(row)[index], zero: zeros.row(row)[index])
      let weight = working[i]
      let code = grid.code(of: weight, top: top)
      let value = grid.value(of: code)
      // A NaN must not reach the integer conversion; its grid is NaN, and so is the weight.
      rowCodes[column] = code.isNaN ? 0 : UInt8(code)
      out[column] = value
      let upper = factor.upper.row(place)
      let error = (weight - value) / upper[place]
      loss += Double(error * error)
      errors[i] = error
      let updates = upper + first
      for k in i..<count { working[k] -= error * updates[k] }
    }
    losses[row] += Float(loss)
  }

  /// Writes the weights of the group that starts at `place` as its grid sees them.
  private func fillGroup(
    _ group: UnsafeMutablePointer<Float>, at place: Int, in block: Range<Int>,
    _ ordered: UnsafePointer<Float>, _ working: UnsafePointer<Float>,
    _ errors: UnsafePointer<Float>
  ) {
    group.update(from: ordered + place, count: size)
    guard rounding.groupGrids == .compensated else { return }
    for k in place..<place + size {
      if block.contains(k) {
        group[k - place] = working[k - block.lowerBound]
      } else {
        for j in block.lowerBound..<place {
          group[k - place] -= errors[j - block.lowerBound] * factor.upper.row(j)[k]
        }
      }
    }
  }

  /// Takes the grids of all groups as they stand.
  private func takeGrids(from weights: Matrix) {
    for row in 0..<weights.rows {
      for group in 0..<columns / size {
        setGrid(from: weights.row(row) + group * size, row, group)
      }
    }
  }

  private func setGrid(from x: UnsafePointer<Float>, _ row: Int, _ group: Int) {
    let grid = AffineGrid.includingZero(
      x, count: size, bits: rounding.bits, isSearched: rounding.searchesGrids)
    scales.row(row)[group] = grid.scale
    zeros.row(row)[group] = grid.zero
  }
}
