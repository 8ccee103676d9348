public import Tensors

/// A decoder-only language model without its blocks' weights: those come as ``BlockOperators``.
///
/// Forward passes run over several windows of equal length at once; rows of all windows go through a
/// linear together, attention stays within a window.
public struct Transformer: Sendable {
  /// Shape and conventions.
  public let configuration: ModelConfiguration
  /// Embedding, head, final norm.
  public let frame: ModelFrame

  /// A model from its parts.
  public init(configuration: ModelConfiguration, frame: ModelFrame) {
    self.configuration = configuration
    self.frame = frame
  }

  /// The same model without its frame, whose tables may then be freed.
  ///
  /// Only blocks may be run: it embeds nothing and has no head.
  public var blocksAlone: Transformer {
    let none = SingleTable(Matrix(rows: 0, columns: configuration.embeddingWidth))
    return Transformer(
      configuration: configuration, frame: ModelFrame(embedding: none, head: none))
  }

  /// The residual stream before the first block: embeddings, and positions for OPT.
  ///
  /// > Shape: `tokens` are `windows · windowTokens` ids; the result is `[tokens.count, C]`.
  ///
  /// - Parameters:
  ///   - tokens: Ids.
  ///   - windowTokens: T.
  ///   - firstPosition: Position of a window's first token.
  /// - Returns: The stream.
  /// - Throws: ``ModelError/tokenOutOfRange(token:vocabularySize:)`` or
  ///   ``ModelError/windowTooLong(tokens:positions:)``.
  public func embed(
    _ tokens: [Int32], windowTokens: Int, firstPosition: Int = 0
  ) throws(ModelError) -> Matrix {
    precondition(
      windowTokens > 0 && tokens.count % windowTokens == 0,
      "\(tokens.count) tokens in windows of \(windowTokens)")
    return try embed(
      tokens, at: tokens.indices.map { firstPosition + $0 % windowTokens })
  }

  /// The same of tokens that stand at `places`, one each.
  func embed(_ tokens: [Int32], at places: [Int]) throws(ModelError) -> Matrix {
    let c = configuration
    if let last = places.max(), last >= c.positions {
      throw .windowTooLong(tokens: last + 1, positions: c.positions)
    }
    for token in tokens where token < 0 || token >= c.vocabularySize {
      throw .tokenOutOfRange(token: Int(token), vocabularySize: c.vocabularySize)
    }
    let embedded = Matrix(rows: tokens.count, columns: c.embeddingWidth)
    for (row, token) in tokens.enumerated() {
      frame.embedding.copyRow(Int(token), to: embedded.row(row))
    }
    if let embeddingScale = c.embeddingScale { scale(embedded, by: embeddingScale) }
    var x = embedded
    if let projection = frame.projectionIn {
      x = Matrix(rows: tokens.count, columns: c.channels)
      linear(embedded, projection, into: x)
    }
    if let positions = frame.positions, let offset = c.parts.positionOffset {
      for (row, place) in places.enumerated() {
        let position = place + offset
        add(positions.rows(position..<position + 1), to: x.rows(row..<row + 1))
      }
    }
    guard let rotation = frame.rotation else { return x }
    let rotated = Matrix(rows: x.rows, columns: x.columns)
    linear(x, rotation.there, into: rotated)
    return rotated
  }

  /// Angles of the rotary positions of a window.
  public func rotaryTable(windowTokens: Int) -> BlockRotations {
    BlockRotations(configuration, positions: windowTokens)
  }

  /// Runs block `block` in place on the residual stream.
  public func runBlock(
    _ block: Int, on x: Matrix, windowTokens: Int, rotary: BlockRotations,
    operators: some BlockOperators, workspace: Workspace
  ) {
    pass(block, windowTokens, rotary, operators).run(on: x, (workspace, workspace))
  }

  /// The pass of one block.
  func pass<Operators: BlockOperators>(
    _ block: Int, _ windowTokens: Int, _ rotary: BlockRotations, _ operators: Operators
  ) -> BlockPass<Operators> {
    BlockPass(
      c: configuration, block: block, windowTokens: windowTokens,
      rotary: rotary.table(ofBlock: block), operators: operators)
  }

  /// What the head multiplies: the stream after the final norm and projection.
  public func finish(_ x: Matrix) -> Matrix {
    let result = normalized(x)
    guard let projection = frame.projectionOut else { return result }
    let projected = Matrix(rows: x.rows, columns: projection.rows)
    linear(result, projection, into: projected)
    return projected
  }

  /// The stream after the final norm; the stream itself where there is none.
  func normalized(_ stream: Matrix) -> Matrix {
    var x = stream
    if let rotation = frame.rotation {
      x = Matrix(rows: stream.rows, columns: stream.columns)
      linear(stream, rotation.back, into: x)
    }
    guard let gain = frame.finalGain else { return x }
    let result = Matrix(rows: x.rows, columns: x.columns)
    if let bias = frame.finalBias {
      layerNorm(x, gain: gain, bias: bias, epsilon: configuration.normEpsilon, into: result)
    } else {
      rmsNorm(x, gain: gain, bias: nil, epsilon: configuration.normEpsilon, into: result)
    }
    return result
  }

  /// Input of the head for all tokens, `[tokens.count, E]`.
  public func hidden(
    _ tokens: [Int32], windowTokens: Int, operators: some BlockOperators,
    workspace: Workspace? = nil
  ) throws(ModelError) -> Matrix {
    let x = try embed(tokens, windowTokens: windowTokens)
    let rotary = rotaryTable(windowTokens: windowTokens)
    let workspace = workspace ?? Workspace(configuration: configuration, rows: x.rows)
    for block in 0..<configuration.blocks {
      runBlock(
        block, on: x, windowTokens: windowTokens, rotary: rotary, operators: operators,
        workspace: workspace)
    }
    return finish(x)
  }

  /// Negative log-likelihood of every next token, nats; 0 at the last position of each window,
  /// which has no target.
  ///
  /// > Shape: `tokens` are `windows · windowTokens` ids; so are the results.
  public func negativeLogLikelihood(
    _ tokens: [Int32], windowTokens: Int, operators: some BlockOperators,
    workspace: Workspace? = nil
  ) throws(ModelError) -> [Double] {
    let hidden = try hidden(
      tokens, windowTokens: windowTokens, operators: operators, workspace: workspace)
    let targets = tokens.indices.map { index in
      (index + 1) % windowTokens == 0 ? -1 : tokens[index + 1]
    }
    return scored(hidden, frame.head, targets)
  }

  /// Losses of `targets`; opens the head's type.
  func scored(_ hidden: Matrix, _ head: some EmbeddingTable, _ targets: [Int32])
    -> [Double]
  {
    Tensors.negativeLogLikelihood(hidden: hidden, head: head, targets: targets)
  }

  /// All logits, `[tokens.count, V]`: for small models and generation, never for evaluation.
  public func logits(
    _ tokens: [Int32], windowTokens: Int, operators: some BlockOperators
  ) throws(ModelError) -> Matrix {
    let hidden = try hidden(tokens, windowTokens: windowTokens, operators: operators)
    let scratch = Matrix(rows: frame.head.vocabularySize, columns: hidden.columns)
    return Tensors.logits(
      hidden: hidden, head: frame.head.rows(0..<frame.head.vocabularySize, scratch: scratch))
  }
}
