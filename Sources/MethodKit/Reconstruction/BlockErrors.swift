package import Tasks
import Tensors
package import Transformers

extension QuantizedModel {
  /// How far the residual stream is off after each block, as a share of its own size:
  /// `‖x̂_b − x_b‖² / ‖x_b‖²` over all tokens, where x̂ runs through this model's blocks and x through
  /// those of `source` from the same embeddings.
  ///
  /// Errors of earlier blocks are in it: this is what accumulates over depth. One block of `source` is
  /// held at a time. Summed in Double in a fixed order.
  ///
  /// - Parameters:
  ///   - source: The model in full precision, of the same shape.
  ///   - text: Windows to run on.
  ///   - count: How many of them, spread over the text; all when there are fewer.
  /// - Returns: One share per block; not finite where the stream isn't.
  /// - Throws: ``Transformers/ModelError`` for windows that don't fit the model, and what reading the
  ///   checkpoint throws.
  package func blockErrors(
    against source: ModelSource, on text: TokenWindows<DevelopmentSplit>, windows count: Int = 8
  ) throws -> [Double] {
    let windows = min(count, text.count)
    let chosen = (0..<windows).map { $0 * text.count / windows }
    let tokens = chosen.flatMap { Array(text[$0]) }
    let plain = try transformer.embed(tokens, windowTokens: text.windowTokens)
    let quantized = try transformer.embed(tokens, windowTokens: text.windowTokens)
    let rotary = transformer.rotaryTable(windowTokens: text.windowTokens)
    let workspace = Workspace(configuration: transformer.configuration, rows: text.windowTokens)
    return try (0..<transformer.configuration.blocks).map { block in
      let dense = try DenseParameters(source: source, blocks: block..<block + 1)
      for window in 0..<windows {
        let rows = window * text.windowTokens..<(window + 1) * text.windowTokens
        transformer.runBlock(
          block, on: plain.rows(rows), windowTokens: text.windowTokens, rotary: rotary,
          operators: dense, workspace: workspace)
        transformer.runBlock(
          block, on: quantized.rows(rows), windowTokens: text.windowTokens, rotary: rotary,
          operators: blocks, workspace: workspace)
      }
      return relativeError(of: quantized, against: plain)
    }
  }
}

/// `‖a − b‖² / ‖b‖²`.
private func relativeError(of a: Matrix, against b: Matrix) -> Double {
  var (error, size) = (0.0, 0.0)
  for row in 0..<b.rows {
    let (x, y) = (a.row(row), b.row(row))
    for column in 0..<b.columns {
      let difference = Double(x[column]) - Double(y[column])
      error += difference * difference
      size += Double(y[column]) * Double(y[column])
    }
  }
  return error / size
}
