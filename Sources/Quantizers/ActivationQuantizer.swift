public import Tensors

/// A quantizer of activations that finds a grid for each token, or each group of its channels.
public protocol ActivationQuantizer: Sendable {
  /// Fake-quantizes `x` in place.
  ///
  /// > Shape: `x` is `[T, C]`, contiguous; `groupSize` divides C; nil means C.
  func fakeQuantize(_ x: Matrix, groupSize: Int?)

  /// Turns the gradient of what was quantized into that of `x`, in place.
  ///
  /// - Parameters:
  ///   - x: The activations as they were before quantization.
  ///   - gradient: Gradient of the quantized activations; becomes that of `x`.
  ///   - groupSize: Channels that share a grid; nil means all.
  func fakeQuantizeBackward(_ x: Matrix, gradient: Matrix, groupSize: Int?)
}

extension TokenQuantizer: ActivationQuantizer {
  /// Through the grid, as automatic differentiation does.
  public func fakeQuantizeBackward(_ x: Matrix, gradient: Matrix, groupSize: Int?) {
    fakeQuantizeBackward(x, gradient: gradient, groupSize: groupSize, estimator: .throughGrid)
  }
}

extension AbsoluteQuantizer: ActivationQuantizer {
  /// Unchanged inside the bound; the grid counts as constant, so groups don't matter.
  public func fakeQuantizeBackward(_ x: Matrix, gradient: Matrix, groupSize: Int?) {
    fakeQuantizeBackward(x, gradient: gradient)
  }
}

/// The dynamic per-token quantizer with another way for gradients to pass.
public struct EstimatedTokenQuantizer: ActivationQuantizer {
  /// The quantizer.
  public let quantizer: TokenQuantizer
  /// What passes.
  public let estimator: StraightThrough

  /// A quantizer and what passes it.
  public init(_ quantizer: TokenQuantizer, _ estimator: StraightThrough) {
    self.quantizer = quantizer
    self.estimator = estimator
  }

  /// As the quantizer does.
  public func fakeQuantize(_ x: Matrix, groupSize: Int?) {
    quantizer.fakeQuantize(x, groupSize: groupSize)
  }

  /// By the estimator.
  public func fakeQuantizeBackward(_ x: Matrix, gradient: Matrix, groupSize: Int?) {
    quantizer.fakeQuantizeBackward(
      x, gradient: gradient, groupSize: groupSize, estimator: estimator)
  }
}
