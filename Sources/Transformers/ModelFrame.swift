public import Tensors

/// Rows of an embedding, which may also serve as the head.
public protocol EmbeddingTable: HeadRows {
  /// Channels per row.
  var columns: Int { get }
  /// Copies row `id` to `destination`, as float32.
  func copyRow(_ id: Int, to destination: UnsafeMutablePointer<Float>)
}

/// A table in float32.
public struct SingleTable: EmbeddingTable {
  /// The table, `[V, C]`.
  public let matrix: Matrix

  /// A table from its matrix, `[V, C]`.
  public init(_ matrix: Matrix) { self.matrix = matrix }

  /// V.
  public var vocabularySize: Int { matrix.rows }

  /// Channels per row.
  public var columns: Int { matrix.columns }

  /// A view of the rows; the scratch space isn't needed.
  public func rows(_ range: Range<Int>, scratch: Matrix) -> Matrix { matrix.rows(range) }

  /// They are.
  public var rowsAreViews: Bool { true }

  /// Copies row `id` to `destination`, as float32.
  public func copyRow(_ id: Int, to destination: UnsafeMutablePointer<Float>) {
    destination.update(from: matrix.row(id), count: matrix.columns)
  }
}

/// A table in IEEE half precision, converted row by row.
public struct HalfTable: EmbeddingTable {
  private let storage: HalfMatrix

  /// A zero table of `[rows, columns]`.
  public init(rows: Int, columns: Int) { storage = HalfMatrix(rows: rows, columns: columns) }

  /// V.
  public var vocabularySize: Int { storage.rows }

  /// Channels per row.
  public var columns: Int { storage.columns }

  /// Stores `values`, rounded to nearest even, from row `row` on.
  public func store(_ values: Matrix, at row: Int) { storage.store(values, at: row) }

  /// The rows converted into `scratch`.
  public func rows(_ range: Range<Int>, scratch: Matrix) -> Matrix {
    let rows = scratch.rows(0..<range.count)
    storage.load(range, into: rows)
    return rows
  }

  /// They are converted.
  public var rowsAreViews: Bool { false }

  /// Copies row `id` to `destination`, as float32.
  public func copyRow(_ id: Int, to destination: UnsafeMutablePointer<Float>) {
    storage.loadRow(id, to: destination)
  }
}

/// A model's parameters outside its blocks.
public struct ModelFrame: Sendable {
  /// Token embedding, `[V, E]`.
  public let embedding: any EmbeddingTable
  /// Head, `[V, E]`; the embedding itself where it is tied.
  public let head: any EmbeddingTable
  /// Learned positions, `[positions + 2, C]` (OPT).
  public let positions: Matrix?
  /// From embedding width to channels, `[C, E]` (OPT-350m).
  public let projectionIn: Matrix?
  /// From channels to embedding width, `[E, C]`.
  public let projectionOut: Matrix?
  /// Gain of the final norm.
  public let finalGain: Vector?
  /// Bias of the final norm (LayerNorm).
  public let finalBias: Vector?
  /// What the residual stream is multiplied by after the embedding, and back before the final norm.
  public private(set) var rotation: StreamRotationMatrix?

  /// A frame from its parts; what an architecture lacks stays nil.
  public init(
    embedding: any EmbeddingTable, head: any EmbeddingTable, positions: Matrix? = nil,
    projectionIn: Matrix? = nil, projectionOut: Matrix? = nil, finalGain: Vector? = nil,
    finalBias: Vector? = nil
  ) {
    self.embedding = embedding
    self.head = head
    self.positions = positions
    self.projectionIn = projectionIn
    self.projectionOut = projectionOut
    self.finalGain = finalGain
    self.finalBias = finalBias
  }

  /// The same frame around blocks whose residual stream is `x·R`.
  ///
  /// - Precondition: It isn't rotated yet.
  public func rotatingStream(by rotation: StreamRotationMatrix) -> ModelFrame {
    precondition(self.rotation == nil, "a stream that is rotated already")
    var result = self
    result.rotation = rotation
    return result
  }
}

/// R of a residual stream `x·R`, with `R·Rᵀ` the identity on all that the stream holds.
public struct StreamRotationMatrix: Sendable {
  /// R, `[C, C]`: the weight of the linear that leads back.
  let back: Matrix
  /// Rᵀ: the weight of the linear that leads there.
  let there: Matrix

  /// A rotation from R, `[C, C]`.
  public init(_ matrix: Matrix) {
    precondition(matrix.rows == matrix.columns, "[\(matrix.rows), \(matrix.columns)]")
    back = matrix
    there = Matrix(rows: matrix.columns, columns: matrix.rows)
    for i in 0..<matrix.rows { for j in 0..<matrix.columns { there.row(j)[i] = matrix.row(i)[j] } }
  }

  /// R, for digests.
  public var matrix: Matrix { back }
}
