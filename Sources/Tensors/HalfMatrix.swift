internal import CKernels

/// What sixteen bits of a float mean.
public enum HalfFormat: String, Sendable, CaseIterable {
  /// IEEE half precision: eleven significant bits, largest number 65,504.
  case ieee
  /// bfloat16: eight significant bits, float32's range.
  case brain
}

/// A row-major matrix in sixteen bits per number; arithmetic happens on converted rows.
public struct HalfMatrix: @unchecked Sendable {
  // SAFETY: whoever stores rows on several threads stores disjoint ones, which `forEachTile` call sites
  // guarantee.
  private let storage: ByteBuffer
  /// What its bits mean.
  public let format: HalfFormat
  /// Number of rows.
  public let rows: Int
  /// Number of columns.
  public let columns: Int

  /// A zero matrix.
  public init(rows: Int, columns: Int, format: HalfFormat = .ieee) {
    storage = ByteBuffer(byteCount: rows * columns * 2)
    self.format = format
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
    for r in 0..<values.rows { storeRow(row + r, values.row(r)) }
  }

  /// Stores one row of `columns` numbers.
  ///
  /// - Parameters:
  ///   - row: Which row.
  ///   - values: The numbers.
  ///   - uniforms: `columns` numbers in [0, 1) to round stochastically by; nil rounds to nearest even.
  public func storeRow(
    _ row: Int, _ values: UnsafePointer<Float>, uniforms: UnsafePointer<Float>? = nil
  ) {
    switch (format, uniforms) {
    case (.ieee, nil): zq_to_half(values, pointer(row), columns)
    case (.brain, nil): zq_to_brain(values, pointer(row), columns)
    case (.ieee, let uniforms?): zq_to_half_stochastic(values, uniforms, pointer(row), columns)
    case (.brain, let uniforms?): zq_to_brain_stochastic(values, uniforms, pointer(row), columns)
    }
  }

  /// Converts `range` into `destination`.
  public func load(_ range: Range<Int>, into destination: Matrix) {
    precondition(
      destination.rows == range.count && destination.columns == columns, "load out of bounds")
    for (r, row) in range.enumerated() { loadRow(row, to: destination.row(r)) }
  }

  /// Converts one row.
  public func loadRow(_ row: Int, to destination: UnsafeMutablePointer<Float>) {
    switch format {
    case .ieee: zq_from_half(pointer(row), destination, columns)
    case .brain: zq_from_brain(pointer(row), destination, columns)
    }
  }
}
