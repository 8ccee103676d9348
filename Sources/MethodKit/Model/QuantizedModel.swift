package import Tasks
package import Tensors
package import Transformers

/// What a method hands over: a model that can be scored.
package struct QuantizedModel: Sendable {
  /// Embedding, head, final norm, architecture.
  package let transformer: Transformer
  /// The blocks.
  package var blocks: QuantizedBlocks

  /// A model from its parts.
  package init(transformer: Transformer, blocks: QuantizedBlocks) {
    self.transformer = transformer
    self.blocks = blocks
  }

  /// Windows that go through a forward pass together: about 2,048 tokens.
  package static func scoredWindows(windowTokens: Int) -> Int { max(1, 2048 / windowTokens) }

  /// Mean negative log-likelihood of each window, nats per token over its `T − 1` targets.
  ///
  /// - Parameters:
  ///   - windows: What to score.
  ///   - order: Order of summation; the second gives the rounding floor.
  ///   - progress: Called with the number of windows done.
  /// - Returns: The scores, window by window.
  /// - Throws: ``Transformers/ModelError`` for windows that don't fit the model.
  package func score<S: Split>(
    _ windows: TokenWindows<S>, order: SummationOrder = .whole, progress: (Int) -> Void = { _ in }
  ) throws -> WindowScores<S> {
    var blocks = blocks
    blocks.order = order
    // Sums of integers have no order; beside them floats are the other, equally valid way.
    if order != .whole { blocks.arithmetic = .float }
    let windowTokens = windows.windowTokens
    let batch = Self.scoredWindows(windowTokens: windowTokens)
    let workspace = Workspace(
      configuration: transformer.configuration, rows: min(batch, windows.count) * windowTokens)
    var results: [Double] = []
    for index in 0..<tileCount(windows.count, size: batch) {
      let range = tileRange(index, of: windows.count, size: batch)
      let losses = try transformer.negativeLogLikelihood(
        range.flatMap { windows[$0] }, windowTokens: windowTokens, operators: blocks,
        workspace: range.count * windowTokens == workspace.rows ? workspace : nil)
      for window in 0..<range.count {
        let start = window * windowTokens
        var sum = 0.0
        for position in 0..<windowTokens - 1 { sum += losses[start + position] }
        results.append(sum / Double(windowTokens - 1))
      }
      progress(range.upperBound)
    }
    return try WindowScores(windowNLL: results, scoredTokensPerWindow: windowTokens - 1)
  }
}
