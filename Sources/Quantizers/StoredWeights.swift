public import Tensors

/// Weights that training moves in place, in whatever form they are held.
public protocol StoredWeights: Sendable {
  /// Output rows.
  var rows: Int { get }
  /// Input columns.
  var columns: Int { get }

  /// Writes one row as float32.
  func loadRow(_ row: Int, to destination: UnsafeMutablePointer<Float>)

  /// `W ← W + factor · z`, z being the direction of tensor `tensor`, rounded to what can be held.
  func move(_ directions: any Directions, factor: Float, tensor: Int)

  /// Whether no weight is NaN or infinite.
  var isFinite: Bool { get }
}

extension StoredWeights {
  /// All weights as float32.
  public var elements: [Float] {
    var result = [Float](repeating: 0, count: rows * columns)
    result.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for row in 0..<rows { loadRow(row, to: base + row * columns) }
    }
    return result
  }

  /// Whether no weight is NaN or infinite.
  public var isFinite: Bool {
    let row = Matrix(rows: 1, columns: columns)
    return (0..<rows).allSatisfy { index in
      loadRow(index, to: row.pointer)
      return row.isFinite
    }
  }
}

/// How an update is rounded to fewer bits.
public enum UpdateRounding: String, Sendable, Codable, CaseIterable {
  /// To nearest even: updates below half a unit in the last place are lost.
  case nearest
  /// Up or down with the chance that makes the mean right: nothing is lost on average.
  ///
  /// > Source: Gupta et al. 2015, arXiv:1502.02551, section 3.
  case stochastic
}

/// Trained weights in sixteen bits.
public struct HalfWeights: StoredWeights {
  /// The weights.
  public let matrix: HalfMatrix
  /// How updates are rounded.
  public let rounding: UpdateRounding

  /// `weights`, rounded to nearest.
  ///
  /// > Shape: `weights` is `[rows, columns]`.
  public init(_ weights: Matrix, format: HalfFormat, rounding: UpdateRounding) {
    self.init(
      HalfMatrix(rows: weights.rows, columns: weights.columns, format: format), rounding: rounding)
    matrix.store(weights, at: 0)
  }

  /// Weights that are there already; the caller may still store rows.
  public init(_ matrix: HalfMatrix, rounding: UpdateRounding) {
    self.matrix = matrix
    self.rounding = rounding
  }

  /// Output rows.
  public var rows: Int { matrix.rows }

  /// Input columns.
  public var columns: Int { matrix.columns }

  /// Writes one row as float32.
  public func loadRow(_ row: Int, to destination: UnsafeMutablePointer<Float>) {
    matrix.loadRow(row, to: destination)
  }

  /// The sum is made in float32 and rounded once.
  public func move(_ directions: any Directions, factor: Float, tensor: Int) {
    let columns = columns
    forEachTile(tileCount(rows, size: 16)) { tile, _ in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * columns) { scratch in
        guard let values = scratch.baseAddress else { return }
        let uniforms = values + columns
        for row in tileRange(tile, of: rows, size: 16) {
          matrix.loadRow(row, to: values)
          directions.add(to: values, factor: factor, count: columns, row: row, tensor: tensor)
          if rounding == .stochastic {
            directions.fillUniforms(uniforms, count: columns, row: row, tensor: tensor, .weights)
          }
          matrix.storeRow(row, values, uniforms: rounding == .stochastic ? uniforms : nil)
        }
      }
    }
  }
}

extension Matrix: StoredWeights {
  /// Copies one row.
  public func loadRow(_ row: Int, to destination: UnsafeMutablePointer<Float>) {
    destination.update(from: self.row(row), count: columns)
  }

  /// Adds in place, without loss; tiled over rows.
  public func move(_ directions: any Directions, factor: Float, tensor: Int) {
    forEachTile(tileCount(rows, size: 16)) { tile, _ in
      for row in tileRange(tile, of: rows, size: 16) {
        directions.add(
          to: self.row(row), factor: factor, count: columns, row: row, tensor: tensor)
      }
    }
  }
}
