internal import Synchronization
package import Tensors

/// A weight whose groups lie on grids, as the levels that it is made of.
package struct CodedMatrix: Sendable {
  /// Output rows.
  package let rows: Int
  /// Input columns.
  package let columns: Int
  /// Input columns that share a grid.
  package let groupSize: Int
  /// Bits of a code.
  package let bits: Int
  /// The grid of each group, row by row.
  package let grids: [GroupGrid]
  /// k of each weight, row by row.
  package let levels: [Int32]

  /// Groups in a row.
  package var groups: Int { columns / groupSize }

  /// The group of a matrix that lies on no grid.
  package struct OffGrid: Error, Sendable, Equatable {
    /// The row.
    package let row: Int
    /// The group, from 0.
    package let group: Int
    /// Different values in it.
    package let values: Int
  }

  /// The levels of `matrix`.
  ///
  /// - Parameters:
  ///   - matrix: The weights.
  ///   - groupSize: Columns that share a grid; nil for all.
  ///   - bits: Bits of a code.
  /// - Throws: ``OffGrid`` at the first group that has no grid of `2ᴺ` levels.
  package init(_ matrix: Matrix, groupSize: Int?, bits: Int) throws(OffGrid) {
    (rows, columns, self.bits) = (matrix.rows, matrix.columns, bits)
    let size = groupSize ?? matrix.columns
    self.groupSize = size
    let found = Mutex([Row?](repeating: nil, count: matrix.rows))
    let failure = Mutex<OffGrid?>(nil)
    forEachTile(matrix.rows) { row, _ in
      let values = matrix.values(ofRow: row)
      var own = Row()
      for group in 0..<values.count / size {
        let part = Array(values[group * size..<(group + 1) * size])
        guard let grid = GroupGrid(part, top: (1 << bits) - 1) else {
          let error = OffGrid(row: row, group: group, values: Set(part).count)
          failure.withLock { first in
            if first.map({ ($0.row, $0.group) > (row, group) }) ?? true { first = error }
          }
          return
        }
        own.grids.append(grid)
        own.levels += part.map { Int32(clamping: grid.level(of: $0)) }
      }
      found.withLock { $0[row] = own }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
    let all = found.withLock { $0.compactMap(\.self) }
    grids = all.flatMap(\.grids)
    levels = all.flatMap(\.levels)
  }

  private struct Row: Sendable {
    var grids: [GroupGrid] = []
    var levels: [Int32] = []
  }

  /// Whether every weight is `Δ·k` to the last bit.
  package var isExact: Bool { grids.allSatisfy(\.isExact) }

  /// Codes from 0 with a zero point each: `k = code − z`.
  ///
  /// - Parameter bottom: The least zero point where there is a choice.
  /// - Returns: Codes, row by row, and zero points, group by group.
  /// - Throws: ``OneSigned`` for a group whose zero point would lie outside of the codes.
  package func coded(zerosFrom bottom: Int = 0) throws(OneSigned) -> (
    codes: [UInt8], zeros: [UInt8]
  ) {
    let top = (1 << bits) - 1
    var zeros: [UInt8] = []
    zeros.reserveCapacity(grids.count)
    for (index, grid) in grids.enumerated() {
      let zero = min(max(-grid.least, bottom), top - grid.most)
      guard (0...top).contains(zero), zero >= -grid.least else {
        throw OneSigned(row: index / groups, group: index % groups, zero: -grid.least, most: top)
      }
      zeros.append(UInt8(zero))
    }
    var codes = [UInt8](repeating: 0, count: levels.count)
    for index in levels.indices {
      codes[index] = UInt8(Int(levels[index]) + Int(zeros[index / groupSize]))
    }
    return (codes, zeros)
  }

  /// A group whose weights all have one sign, so that its zero is no code.
  package struct OneSigned: Error, Sendable, Equatable {
    /// The row.
    package let row: Int
    /// The group, from 0.
    package let group: Int
    /// The zero point that it would take.
    package let zero: Int
    /// The largest that there is.
    package let most: Int
  }
}
