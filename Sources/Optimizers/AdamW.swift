internal import Glibc
public import Tensors

/// Adam with decoupled weight decay.
///
/// At step t = 1, 2, …, with gradient g and rate η:
/// `w ← w · (1 − ηλ)`, `m ← m + (1 − β₁)(g − m)`, `v ← β₂v + (1 − β₂)g²`,
/// `w ← w − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)`.
///
/// > Source: Loshchilov and Hutter 2017, arXiv:1711.05101, algorithm 2; ε stands outside the root and
///   after its bias correction, as in PyTorch's torch.optim.AdamW.
public struct AdamW: Sendable, Equatable {
  /// β₁, decay of the mean of gradients.
  public var beta1: Double
  /// β₂, decay of the mean of their squares.
  public var beta2: Double
  /// ε.
  public var epsilon: Double
  /// λ, as a share of the learning rate.
  public var weightDecay: Double

  /// Both running means of one tensor; they start at zero.
  public struct Moments: Sendable {
    /// m, mean of gradients.
    public let first: Vector
    /// v, mean of their squares.
    public let second: Vector

    /// Moments of `count` parameters.
    public init(count: Int) {
      first = Vector(zeros: count)
      second = Vector(zeros: count)
    }

    /// Moments that are kept elsewhere.
    ///
    /// - Precondition: Both are equally long.
    public init(first: Vector, second: Vector) {
      precondition(first.count == second.count, "moments of \(first.count), \(second.count)")
      self.first = first
      self.second = second
    }
  }

  /// An optimizer from its settings; PyTorch's defaults.
  public init(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// One step of one tensor, in place.
  ///
  /// - Parameters:
  ///   - weights: w.
  ///   - gradient: g, as long.
  ///   - moments: m and v, as long; updated.
  ///   - step: t, from 1.
  ///   - rate: η of this step.
  ///   - decays: Whether the weights decay; norms and biases usually don't.
  /// - Complexity: O(count), in tiles shared among threads; each element is on its own.
  public func update(
    _ weights: Vector, gradient: Vector, moments: Moments, step: Int, rate: Double,
    decays: Bool = true
  ) {
    let count = weights.count
    precondition(
      gradient.count == count && moments.first.count == count && step >= 1,
      "step \(step) of \(count) weights, \(gradient.count) gradients")
    let keep = Float(decays ? 1 - rate * weightDecay : 1)
    let (fresh, old) = (Float(1 - beta1), Float(beta2))
    let square = Float(1 - beta2)
    let stride = Float(rate / (1 - pow(beta1, Double(step))))
    let root = Float((1 - pow(beta2, Double(step))).squareRoot())
    let epsilon = Float(epsilon)
    let tile = 1 << 14
    forEachTile(tileCount(count, size: tile)) { index, _ in
      let range = tileRange(index, of: count, size: tile)
      let (w, g) = (weights.pointer + range.lowerBound, gradient.pointer + range.lowerBound)
      let m = moments.first.pointer + range.lowerBound
      let v = moments.second.pointer + range.lowerBound
      for i in 0..<range.count {
        let (gradient, mean) = (g[i], m[i])
        let first = mean + fresh * (gradient - mean)
        let second = old * v[i] + square * (gradient * gradient)
        m[i] = first
        v[i] = second
        w[i] = keep * w[i] - stride * (first / (second.squareRoot() / root + epsilon))
      }
    }
  }
}
