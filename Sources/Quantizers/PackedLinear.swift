public import Tensors

/// `y = x · Ŵᵀ + b`, `Ŵ = (code − z)·Δ` of a packed weight, which is never unpacked as a whole.
///
/// Panels of its rows are unpacked and multiplied, one after another, or one for each thread, so that beside the
/// codes little exists in float32. Equal, bit by bit, to multiplying the same panels of the dequantized weight.
///
/// > Shape: `x` is `[T, K]`, `weight` is `[N, K]`, `y` is `[T, N]`, `bias` is `[N]`.
///
/// - Parameters:
///   - x: The inputs.
///   - weight: The packed weight.
///   - bias: Added to every row of `y`.
///   - y: Gets the outputs.
///   - order: Order of summation.
///   - panel: Space to work in.
///   - step: Where codes are trained, what their weights move by before they are multiplied.
///   - threads: How many threads share the rows.
/// - Complexity: O(T · K · N).
public func packedLinear(
  _ x: Matrix, _ weight: PackedMatrix, bias: Vector? = nil, into y: Matrix,
  order: SummationOrder = .whole, panel: WeightPanel, moved step: WeightStep? = nil,
  threads: Int = Threads.count
) {
  precondition(
    bias.map { $0.count == weight.rows } ?? true,
    "\(bias?.count ?? 0) biases for \(weight.rows) outputs")
  panel.multiply(
    x, rows: weight.rows, columns: weight.columns, hasBias: bias != nil, into: y, order: order,
    threads: threads
  ) { rows, weights, biases, threads in
    weight.dequantize(rows, into: weights, moved: step, threads: threads)
    if let bias {
      biases.pointer.update(from: bias.pointer + rows.lowerBound, count: rows.count)
    }
  }
}

/// A step `factor · z` of one weight.
public struct WeightStep: Sendable {
  /// The direction z.
  public let directions: any Directions
  /// What z is multiplied by.
  public let factor: Float
  /// Which tensor of the direction is the weight's.
  public let tensor: Int

  /// A step of `factor` along tensor `tensor` of a direction.
  public init(_ directions: any Directions, factor: Float, tensor: Int) {
    self.directions = directions
    self.factor = factor
    self.tensor = tensor
  }
}

extension PackedMatrix {
  /// Writes `(code − z)·Δ` of some rows, plus a step; tiled over rows.
  ///
  /// - Parameters:
  ///   - range: Which rows.
  ///   - panel: Gets them, `[range.count, columns]`.
  ///   - step: What to add, or nil.
  ///   - threads: How many threads share the rows.
  public func dequantize(
    _ range: Range<Int>, into panel: Matrix, moved step: WeightStep? = nil,
    threads: Int = Threads.count
  ) {
    precondition(
      panel.rows == range.count && panel.columns == columns,
      "rows \(range) of \(columns) columns into [\(panel.rows), \(panel.columns)]")
    let tileRows = 16
    forEachTile(tileCount(range.count, size: tileRows), threads: threads) { tile, _ in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: columns) { scratch in
        guard let base = scratch.baseAddress else { return }
        for offset in tileRange(tile, of: range.count, size: tileRows) {
          let row = range.lowerBound + offset
          dequantize(row: row, into: panel.row(offset), scratch: base)
          if let step {
            step.directions.add(
              to: panel.row(offset), factor: step.factor, count: columns, row: row,
              tensor: step.tensor)
          }
        }
      }
    }
  }
}
