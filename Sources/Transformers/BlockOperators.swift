public import Tensors

/// What a block needs from outside: its linears and norms as they are at this moment (plain,
/// perturbed, smoothed, quantized), and what happens to activations on the way.
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

  /// Quantizes the input of `linears` (which share it) in place; dynamic, per token.
  func quantizeInput(_ x: Matrix, of linears: [LinearKind], block: Int)

  /// Quantizes an operand of attention in place: per token over `groupSize` channels at a time
  /// (the whole row for OPT, one head for LLaMA).
  func quantizeOperand(_ x: Matrix, _ kind: LinearKind, block: Int, groupSize: Int)
}

extension BlockOperators {
  /// Leaves activations alone.
  public func quantizeInput(_ x: Matrix, of linears: [LinearKind], block: Int) {}

  /// Leaves operands alone.
  public func quantizeOperand(_ x: Matrix, _ kind: LinearKind, block: Int, groupSize: Int) {}
}

/// Operators whose gradients can be taken: each forward call with its backward.
///
/// What a method learns (weights, clipping, smoothing, step sizes) stays behind this protocol: the
/// pass hands over gradients with respect to what the operator returned, and the operator adds to
/// the gradients of its own parameters. Operators that learn nothing in a call just pass on.
public protocol DifferentiableBlockOperators: BlockOperators {
  /// Whether ``BlockOperators/quantizeInput(_:of:block:)`` or the operand's form changes anything;
  /// then a tape keeps activations as they were before, too.
  var quantizesActivations: Bool { get }

  /// Backward of ``BlockOperators/apply(_:to:into:)``: adds `dY · W` to `dX`, with W as the product saw it,
  /// and accumulates the gradients of the linear's own parameters.
  ///
  /// > Shape: `x`, `dX` are `[T, inputs]`, `dY` is `[T, outputs]`.
  ///
  /// - Parameters:
  ///   - linear: Which linear.
  ///   - x: Its input as the product saw it, after quantization.
  ///   - dY: Gradient of its output.
  ///   - dX: Gradient of its input; other linears add to it as well.
  func applyBackward(_ linear: LinearID, input x: Matrix, dOutput dY: Matrix, dInput dX: Matrix)

  /// Takes the gradients of the gain and bias that ``BlockOperators/norm(_:block:)`` returned.
  ///
  /// `dBias` is nil where that bias was. Both vectors are valid during the call only.
  func normBackward(_ kind: NormKind, block: Int, dGain: Vector, dBias: Vector?)

  /// Turns the gradient of the quantized input of `linears` into that of the input, in place.
  ///
  /// - Parameters:
  ///   - dX: Gradient of the quantized input, then of `x`.
  ///   - x: The input before quantization.
  ///   - linears: Who shares it.
  ///   - block: Their block.
  func quantizeInputBackward(_ dX: Matrix, input x: Matrix, of linears: [LinearKind], block: Int)

  /// Turns the gradient of a quantized operand of attention into that of the operand, in place.
  func quantizeOperandBackward(
    _ dX: Matrix, input x: Matrix, _ kind: LinearKind, block: Int, groupSize: Int)
}

extension DifferentiableBlockOperators {
  /// Nothing is quantized.
  public var quantizesActivations: Bool { false }

  /// Learns no norms.
  public func normBackward(_ kind: NormKind, block: Int, dGain: Vector, dBias: Vector?) {}

  /// Straight through: the gradient stays as it is.
  ///
  /// > Source: Bengio et al. 2013, arXiv:1308.3432, section 2.3.
  public func quantizeInputBackward(
    _ dX: Matrix, input x: Matrix, of linears: [LinearKind], block: Int
  ) {}

  /// Straight through: the gradient stays as it is.
  public func quantizeOperandBackward(
    _ dX: Matrix, input x: Matrix, _ kind: LinearKind, block: Int, groupSize: Int
  ) {}
}
