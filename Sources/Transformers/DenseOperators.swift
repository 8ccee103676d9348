public import Tensors

/// Plain float32 blocks that accumulate the gradients of all their parameters.
///
/// Gradients have the shape of the parameters and are themselves a ``DenseParameters``; the caller zeroes
/// them.
public struct DenseOperators: DifferentiableBlockOperators {
  /// The parameters.
  public let parameters: DenseParameters
  /// Their gradients, in the same places.
  public let gradients: DenseParameters

  /// Operators over `parameters`, with zero gradients of the same shape.
  public init(_ parameters: DenseParameters) {
    self.parameters = parameters
    gradients = DenseParameters(zerosLike: parameters)
  }

  /// `y = x · Wᵀ + b`.
  public func apply(_ linear: LinearID, to x: Matrix, into y: Matrix) {
    parameters.apply(linear, to: x, into: y)
  }

  /// Gain and, for LayerNorm, bias of a norm.
  public func norm(_ kind: NormKind, block: Int) -> (gain: Vector, bias: Vector?) {
    parameters.norm(kind, block: block)
  }

  /// Adds `dY · W` to `dX`, `dYᵀ · X` to the weight's gradient, `Σ dY` to the bias's.
  public func applyBackward(
    _ linear: LinearID, input x: Matrix, dOutput dY: Matrix, dInput dX: Matrix
  ) {
    linearBackward(
      input: x, weight: parameters.matrix(linear), dOutput: dY, dInput: dX,
      dWeight: gradients.matrix(linear), dBias: gradients.bias(linear))
  }

  /// Adds to the gradients of a norm's gain and bias.
  public func normBackward(_ kind: NormKind, block: Int, dGain: Vector, dBias: Vector?) {
    let (gain, bias) = gradients.norm(kind, block: block)
    add(dGain, to: gain)
    if let dBias, let bias { add(dBias, to: bias) }
  }
}
