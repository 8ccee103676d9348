/// A row-major view of float32 numbers, `[rows, columns]`, with rows `stride` elements apart.
///
/// Copying a view copies no numbers; it keeps the storage alive.
public struct Matrix: @unchecked Sendable {
  // SAFETY: bounds are checked where a view is made; kernels write disjoint tiles.
  /// The storage that this view looks into.
  public let storage: FloatBuffer
  /// Index of the first element.
  public let offset: Int
  /// Number of rows.
  public let rows: Int
  /// Number of columns.
  public let columns: Int
  /// Elements from one row to the next.
  public let stride: Int

  /// A view of existing storage.
  ///
  /// - Precondition: All of it lies inside the storage.
  public init(storage: FloatBuffer, offset: Int, rows: Int, columns: Int, stride: Int? = nil) {
    let stride = stride ?? columns
    precondition(
      offset >= 0 && rows >= 0 && columns >= 0 && stride >= columns
        && (rows == 0 || offset + (rows - 1) * stride + columns <= storage.count),
      "a view of [\(rows), \(columns)] at \(offset) in \(storage.count) elements")
    self.storage = storage
    self.offset = offset
    self.rows = rows
    self.columns = columns
    self.stride = stride
  }

  /// New zeroed storage of `[rows, columns]`.
  public init(rows: Int, columns: Int) {
    self.init(
      storage: FloatBuffer(count: rows * columns), offset: 0, rows: rows, columns: columns)
  }

  /// New storage filled from `elements`, row by row.
  public init(rows: Int, columns: Int, elements: [Float]) {
    precondition(
      elements.count == rows * columns, "\(elements.count) elements for [\(rows), \(columns)]")
    self.init(rows: rows, columns: columns)
    for (index, value) in elements.enumerated() { pointer[index] = value }
  }

  /// First element.
  public var pointer: UnsafeMutablePointer<Float> { storage.pointer + offset }

  /// Pointer to the first element of row `row`.
  public func row(_ row: Int) -> UnsafeMutablePointer<Float> {
    precondition(row >= 0 && row < max(rows, 1), "row \(row) of \(rows)")
    return pointer + row * stride
  }

  /// The rows in `range` as a view.
  public func rows(_ range: Range<Int>) -> Matrix {
    Matrix(
      storage: storage, offset: offset + range.lowerBound * stride, rows: range.count,
      columns: columns, stride: stride)
  }

  /// The columns in `range` as a view.
  public func columns(_ range: Range<Int>) -> Matrix {
    precondition(range.upperBound <= columns, "columns \(range) of \(columns)")
    return Matrix(
      storage: storage, offset: offset + range.lowerBound, rows: rows, columns: range.count,
      stride: stride)
  }

  /// The same numbers seen as `[rows, columns]`.
  ///
  /// - Precondition: Rows are contiguous and the size is the same.
  public func reshaped(rows: Int, columns: Int) -> Matrix {
    precondition(
      stride == self.columns && rows * columns == self.rows * self.columns,
      "[\(self.rows), \(self.columns)] can't be seen as [\(rows), \(columns)]")
    return Matrix(storage: storage, offset: offset, rows: rows, columns: columns)
  }

  /// All elements, row by row, copied.
  ///
  /// - Complexity: O(rows · columns).
  public var elements: [Float] {
    var result: [Float] = []
    result.reserveCapacity(rows * columns)
    for r in 0..<rows {
      result.append(contentsOf: UnsafeBufferPointer(start: row(r), count: columns))
    }
    return result
  }

  /// Sets every element to zero.
  public func zero() {
    if stride == columns {
      pointer.update(repeating: 0, count: rows * columns)
    } else {
      for r in 0..<rows { row(r).update(repeating: 0, count: columns) }
    }
  }

  /// Copies `other`, of equal shape, into this view.
  public func copy(from other: Matrix) {
    precondition(
      other.rows == rows && other.columns == columns,
      "[\(other.rows), \(other.columns)] into [\(rows), \(columns)]")
    for r in 0..<rows { row(r).update(from: other.row(r), count: columns) }
  }
}

/// A view of consecutive float32 numbers.
public struct Vector: @unchecked Sendable {
  // SAFETY: as ``Matrix``.
  /// The storage that this view looks into.
  public let storage: FloatBuffer
  /// Index of the first element.
  public let offset: Int
  /// Number of elements.
  public let count: Int

  /// A view of existing storage.
  public init(storage: FloatBuffer, offset: Int, count: Int) {
    precondition(
      offset >= 0 && count >= 0 && offset + count <= storage.count,
      "a view of \(count) elements at \(offset) in \(storage.count)")
    self.storage = storage
    self.offset = offset
    self.count = count
  }

  /// New storage filled from `elements`.
  public init(_ elements: [Float]) {
    self.init(storage: FloatBuffer(count: elements.count), offset: 0, count: elements.count)
    for (index, value) in elements.enumerated() { pointer[index] = value }
  }

  /// First element.
  public var pointer: UnsafeMutablePointer<Float> { storage.pointer + offset }

  /// All elements of a matrix, row by row, as a view.
  ///
  /// - Precondition: Rows are contiguous.
  public init(_ matrix: Matrix) {
    precondition(matrix.stride == matrix.columns, "rows \(matrix.stride) apart aren't contiguous")
    self.init(
      storage: matrix.storage, offset: matrix.offset, count: matrix.rows * matrix.columns)
  }

  /// A vector of `count` zeros in new storage.
  public init(zeros count: Int) {
    self.init(storage: FloatBuffer(count: count), offset: 0, count: count)
  }

  /// Sets every element to zero.
  public func zero() { pointer.update(repeating: 0, count: count) }

  /// All elements, copied.
  public var elements: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
