public import Tensors

/// An embedding or head a step beside its rows, which are moved as they are used: `row + factor · z`.
public struct PerturbedTable: EmbeddingTable {
  private let matrix: Matrix
  private let directions: any Directions
  private let factor: Float
  private let tensor: Int

  /// A table beside `matrix`, `[V, C]`, along the direction of tensor `tensor`.
  public init(_ matrix: Matrix, _ directions: any Directions, factor: Float, tensor: Int) {
    self.matrix = matrix
    self.directions = directions
    self.factor = factor
    self.tensor = tensor
  }

  /// V.
  public var vocabularySize: Int { matrix.rows }

  /// Channels per row.
  public var columns: Int { matrix.columns }

  /// Copies row `id`, moved, to `destination`.
  public func copyRow(_ id: Int, to destination: UnsafeMutablePointer<Float>) {
    destination.update(from: matrix.row(id), count: columns)
    directions.add(to: destination, factor: factor, count: columns, row: id, tensor: tensor)
  }

  /// The rows, moved, in `scratch`.
  public func rows(_ range: Range<Int>, scratch: Matrix) -> Matrix {
    let rows = scratch.rows(0..<range.count)
    for (index, id) in range.enumerated() { copyRow(id, to: rows.row(index)) }
    return rows
  }

  /// They are moved.
  public var rowsAreViews: Bool { false }
}
