public import Tensors

/// Stochastic gradient descent without momentum: `w ← w · (1 − ηλ) − η·g`.
public struct SGD: Sendable, Equatable {
  /// λ, as a share of the learning rate.
  public var weightDecay: Double

  /// An optimizer from its settings.
  public init(weightDecay: Double = 0) { self.weightDecay = weightDecay }

  /// One step of one tensor, in place, with rate η.
  ///
  /// - Precondition: Weights and gradient are equally long.
  public func update(_ weights: Vector, gradient: Vector, rate: Double) {
    precondition(
      weights.count == gradient.count, "\(weights.count) weights, \(gradient.count) gradients")
    let (keep, stride) = (Float(1 - rate * weightDecay), Float(rate))
    for i in 0..<weights.count {
      weights.pointer[i] = keep * weights.pointer[i] - stride * gradient.pointer[i]
    }
  }
}

/// Scales gradients down together until their joint Euclidean norm is at most `most`.
///
/// > Source: Pascanu et al. 2012, arXiv:1211.5063, algorithm 1.
///
/// - Parameters:
///   - gradients: All gradients of a step; changed in place.
///   - most: The bound, in the gradients' unit; nil leaves them alone.
/// - Returns: The norm before scaling, summed in double precision tensor by tensor; not finite when a
///   gradient isn't, and then nothing is scaled.
@discardableResult
public func clipNorm(of gradients: [Vector], to most: Double?) -> Double {
  var sum = 0.0
  for gradient in gradients {
    // Eight lanes in a fixed order: one chain of additions would wait for itself.
    var lanes = SIMD8<Double>(repeating: 0)
    let whole = gradient.count / 8 * 8
    for start in stride(from: 0, to: whole, by: 8) {
      var part = SIMD8<Double>()
      for lane in 0..<8 { part[lane] = Double(gradient.pointer[start + lane]) }
      lanes += part * part
    }
    for index in whole..<gradient.count {
      let value = Double(gradient.pointer[index])
      lanes[index - whole] += value * value
    }
    sum += lanes.sum()
  }
  let norm = sum.squareRoot()
  guard let most, norm.isFinite, norm > most else { return norm }
  let factor = Float(most / norm)
  for gradient in gradients {
    for index in 0..<gradient.count { gradient.pointer[index] *= factor }
  }
  return norm
}
