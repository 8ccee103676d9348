import Tensors

/// Activations of one layer: all that a forward pass holds beside the residual stream.
public struct Workspace: Sendable {
  /// Tokens that fit.
  public var rows: Int { normed.rows }
  let normed: Matrix
  let query: Matrix
  let key: Matrix
  let value: Matrix
  let attended: Matrix
  let gate: Matrix?
  let hidden: Matrix
  let result: Matrix
  /// What only a backward pass asks for; nil where nothing is kept.
  var kept: KeptActivations?

  /// Storage for `rows` tokens of a model.
  public init(configuration c: ModelConfiguration, rows: Int) {
    let attention = Matrix(rows: rows, columns: c.heads * c.headSize)
    normed = Matrix(rows: rows, columns: c.channels)
    query = Matrix(rows: rows, columns: c.heads * c.headSize)
    key = Matrix(rows: rows, columns: c.keyHeads * c.headSize)
    value = Matrix(rows: rows, columns: c.keyHeads * c.headSize)
    attended = attention
    gate = c.parts.isGated ? Matrix(rows: rows, columns: c.feedForward) : nil
    hidden = Matrix(rows: rows, columns: c.feedForward)
    result = normed.columns == attention.columns ? normed : Matrix(rows: rows, columns: c.channels)
  }

  /// One half of a block's tape, whose ``kept`` survives until the backward pass.
  init(tape c: ModelConfiguration, rows: Int, half: NormKind, result: Matrix, keepsRaw: Bool) {
    let none = Matrix(rows: 0, columns: 0)
    let isAttention = half == .attention
    let hasHeadNorms = isAttention && c.parts.hasHeadNorms
    func matrix(_ columns: Int, _ isThere: Bool) -> Matrix {
      isThere ? Matrix(rows: rows, columns: columns) : none
    }
    normed = matrix(c.channels, true)
    query = matrix(c.heads * c.headSize, isAttention)
    key = matrix(c.keyHeads * c.headSize, isAttention)
    value = matrix(c.keyHeads * c.headSize, isAttention)
    attended = matrix(c.heads * c.headSize, isAttention)
    gate = c.parts.isGated && !isAttention ? matrix(c.feedForward, true) : nil
    hidden = matrix(c.feedForward, !isAttention)
    self.result = result
    kept = KeptActivations(
      stream: matrix(c.channels, true),
      product: gate.map { matrix($0.columns, true) },
      normed: keepsRaw ? matrix(c.channels, true) : nil,
      query: keepsRaw ? matrix(query.columns, isAttention) : nil,
      key: keepsRaw ? matrix(key.columns, isAttention) : nil,
      value: keepsRaw ? matrix(value.columns, isAttention) : nil,
      attended: keepsRaw ? matrix(attended.columns, isAttention) : nil,
      hidden: keepsRaw ? matrix(hidden.columns, !isAttention) : nil,
      projectedQuery: hasHeadNorms ? matrix(query.columns, true) : nil,
      projectedKey: hasHeadNorms ? matrix(key.columns, true) : nil,
      output: c.parts.hasOutputNorms ? matrix(c.channels, true) : nil)
  }

  /// Keeps attention's operands as they are before quantization, where a tape asks for them.
  func keepOperands() {
    kept?.query?.copy(from: query)
    kept?.key?.copy(from: key)
    kept?.value?.copy(from: value)
  }

  /// The first `rows` tokens of it.
  func prefix(_ rows: Int) -> Workspace {
    if rows == self.rows { return self }
    return Workspace(self, rows: rows)
  }

  private init(_ whole: Workspace, rows: Int) {
    func cut(_ x: Matrix) -> Matrix { x.rows == 0 ? x : x.rows(0..<rows) }
    normed = cut(whole.normed)
    query = cut(whole.query)
    key = cut(whole.key)
    value = cut(whole.value)
    attended = cut(whole.attended)
    gate = whole.gate.map(cut)
    hidden = cut(whole.hidden)
    result = cut(whole.result)
    kept = whole.kept.map { kept in
      KeptActivations(
        stream: cut(kept.stream), product: kept.product.map(cut), normed: kept.normed.map(cut),
        query: kept.query.map(cut), key: kept.key.map(cut), value: kept.value.map(cut),
        attended: kept.attended.map(cut), hidden: kept.hidden.map(cut),
        projectedQuery: kept.projectedQuery.map(cut), projectedKey: kept.projectedKey.map(cut),
        output: kept.output.map(cut))
    }
  }
}

/// Activations that a forward pass would overwrite and its backward asks for.
///
/// The unnamed rest of a half block (quantized inputs and operands) stays in its ``Workspace``.
struct KeptActivations: Sendable {
  /// What the half's norm read.
  let stream: Matrix
  /// The gated product, quantized, so that the gate itself stays; nil without a gate.
  let product: Matrix?
  // Before quantization; nil where nothing is quantized.
  let normed: Matrix?
  let query: Matrix?
  let key: Matrix?
  let value: Matrix?
  let attended: Matrix?
  /// The input of the down linear.
  let hidden: Matrix?
  // What the norms of heads and of the half's output read; nil without them.
  let projectedQuery: Matrix?
  let projectedKey: Matrix?
  let output: Matrix?
}

/// Everything that a block's forward pass leaves for its backward.
///
/// One tape serves block after block: each forward pass overwrites it.
public struct BlockTape: Sendable {
  let attention: Workspace
  let feedForward: Workspace

  /// Tokens that fit.
  public var rows: Int { attention.rows }

  /// Storage for `rows` tokens of a model.
  ///
  /// - Parameters:
  ///   - configuration: The model.
  ///   - rows: Tokens of the largest batch.
  ///   - quantizesActivations: Whether inputs and operands are quantized, so that both forms are kept.
  public init(configuration: ModelConfiguration, rows: Int, quantizesActivations: Bool) {
    let result = Matrix(rows: rows, columns: configuration.channels)
    attention = Workspace(
      tape: configuration, rows: rows, half: .attention, result: result,
      keepsRaw: quantizesActivations)
    feedForward = Workspace(
      tape: configuration, rows: rows, half: .feedForward, result: result,
      keepsRaw: quantizesActivations)
  }

  private init(attention: Workspace, feedForward: Workspace) {
    self.attention = attention
    self.feedForward = feedForward
  }

  /// The first `rows` tokens of it.
  func prefix(_ rows: Int) -> BlockTape {
    BlockTape(attention: attention.prefix(rows), feedForward: feedForward.prefix(rows))
  }
}

/// Gradients of one block's activations: all that a backward pass holds beside the stream's.
public struct GradientWorkspace: Sendable {
  let normed: Matrix
  let query: Matrix
  let key: Matrix
  let value: Matrix
  let attended: Matrix
  let gate: Matrix?
  let hidden: Matrix
  let gain: Vector
  let bias: Vector
  // Before the norms of heads, and before that of a half's output; nil without them.
  let projectedQuery: Matrix?
  let projectedKey: Matrix?
  let result: Matrix?
  let headGain: Vector?

  /// Storage for `rows` tokens of a model.
  public init(configuration c: ModelConfiguration, rows: Int) {
    let hasHeadNorms = c.parts.hasHeadNorms
    projectedQuery = hasHeadNorms ? Matrix(rows: rows, columns: c.heads * c.headSize) : nil
    projectedKey = hasHeadNorms ? Matrix(rows: rows, columns: c.keyHeads * c.headSize) : nil
    headGain = hasHeadNorms ? Vector(zeros: c.headSize) : nil
    result = c.parts.hasOutputNorms ? Matrix(rows: rows, columns: c.channels) : nil
    normed = Matrix(rows: rows, columns: c.channels)
    query = Matrix(rows: rows, columns: c.heads * c.headSize)
    key = Matrix(rows: rows, columns: c.keyHeads * c.headSize)
    value = Matrix(rows: rows, columns: c.keyHeads * c.headSize)
    attended = Matrix(rows: rows, columns: c.heads * c.headSize)
    gate = c.parts.isGated ? Matrix(rows: rows, columns: c.feedForward) : nil
    hidden = Matrix(rows: rows, columns: c.feedForward)
    gain = Vector(zeros: c.channels)
    bias = Vector(zeros: c.channels)
  }

  /// The first `rows` tokens of it.
  func prefix(_ rows: Int) -> GradientWorkspace {
    if rows == normed.rows { return self }
    return GradientWorkspace(self, rows: rows)
  }

  private init(_ whole: GradientWorkspace, rows: Int) {
    func cut(_ x: Matrix) -> Matrix { x.rows(0..<rows) }
    normed = cut(whole.normed)
    query = cut(whole.query)
    key = cut(whole.key)
    value = cut(whole.value)
    attended = cut(whole.attended)
    gate = whole.gate.map(cut)
    hidden = cut(whole.hidden)
    gain = whole.gain
    bias = whole.bias
    projectedQuery = whole.projectedQuery.map(cut)
    projectedKey = whole.projectedKey.map(cut)
    result = whole.result.map(cut)
    headGain = whole.headGain
  }
}
