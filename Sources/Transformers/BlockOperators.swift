public import Tensors

/// What a block needs from outside: its linears and norms as they are at this moment (plain,
/// perturbed, smoothed, quantised), and what happens to activations on the way.
///
/// A forward pass is written once per architecture against this protocol; methods differ in their
/// operators only.
public protocol BlockOperators: Sendable {
  /// `y = x · Wᵀ + b` with the linear's current weight and bias.
  ///
  /// > Shape: `x` is `[T, inputs]`, `y` is `[T, outputs]`.
  func apply(_ linear: LinearID, to x: Matrix, into y: Matrix)

  /// Gain and, for LayerNorm or after a smoothing shift, bias of a norm.
  func norm(_ kind: NormKind, block: Int) -> (gain: Vector, bias: Vector?)

  /// Quantises the input of `linears` (which share it) in place; dynamic, per token.
  func quantizeInput(_ x: Matrix, of linears: [LinearKind], block: Int)

  /// Quantises an operand of attention in place: per token over `groupSize` channels at a time
  /// (the whole row for OPT, one head for LLaMA).
  func quantizeOperand(_ x: Matrix, _ kind: LinearKind, block: Int, groupSize: Int)
}

extension BlockOperators {
  /// Leaves activations alone.
  public func quantizeInput(_ x: Matrix, of linears: [LinearKind], block: Int) {}

  /// Leaves operands alone.
  public func quantizeOperand(_ x: Matrix, _ kind: LinearKind, block: Int, groupSize: Int) {}
}

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

  /// Storage for `rows` tokens of a model.
  public init(configuration c: ModelConfiguration, rows: Int) {
    let attention = Matrix(rows: rows, columns: c.heads * c.headSize)
    normed = Matrix(rows: rows, columns: c.channels)
    query = Matrix(rows: rows, columns: c.heads * c.headSize)
    key = Matrix(rows: rows, columns: c.keyHeads * c.headSize)
    value = Matrix(rows: rows, columns: c.keyHeads * c.headSize)
    attended = attention
    gate = c.architecture == .llama ? Matrix(rows: rows, columns: c.feedForward) : nil
    hidden = Matrix(rows: rows, columns: c.feedForward)
    result = normed.columns == attention.columns ? normed : Matrix(rows: rows, columns: c.channels)
  }
}
