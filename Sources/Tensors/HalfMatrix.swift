internal import CKernels

/// A row-major matrix in IEEE half precision; arithmetic happens on converted rows.
public struct HalfMatrix: @unchecked Sendable {
  // SAFETY: the storage is written through `store` only, by one thread, before it is shared.
  private let storage: ByteBuffer
  /// Number of rows.
  public let rows: Int
  /// Number of columns.
  public let columns: Int

  /// A zero matrix.
  public init(rows: Int, columns: Int) {
    storage = ByteBuffer(byteCount: rows * columns * 2)
    self.rows = rows
    self.columns = columns
  }

  private func pointer(_ row: Int) -> UnsafeMutablePointer<UInt16> {
    precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
    return storage.base.assumingMemoryBound(to: UInt16.self) + row * columns
  }

  /// Stores `values`, rounded to nearest even, from row `row` on.
  public func store(_ values: Matrix, at row: Int) {
    precondition(values.columns == columns && row + values.rows <= rows, "store out of bounds")
    for r in 0..<values.rows { zq_to_half(values.row(r), pointer(row + r), columns) }
  }

  /// Converts `range` into `destination`.
  public func load(_ range: Range<Int>, into destination: Matrix) {
    precondition(
      destination.rows == range.count && destination.columns == columns, "load out of bounds")
    for (r, row) in range.enumerated() {
      zq_from_half(pointer(row), destination.row(r), columns)
    }
  }

  /// Converts one row.
  public func loadRow(_ row: Int, to destination: UnsafeMutablePointer<Float>) {
    zq_from_half(pointer(row), destination, columns)
  }
}
