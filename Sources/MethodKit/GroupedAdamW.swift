import Glibc
import Tensors

/// AdamW over parameter groups with learning rates of their own.
///
/// `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`, `θ ← θ(1 − ηλ) − η·m̂/(√v̂ + 1e-8)`.
///
/// > Source: Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 2; order of operations as in PyTorch.
package struct GroupedAdamW {
  /// The groups.
  package let groups: [ParameterGroup]
  /// λ.
  package let weightDecay: Double
  private let first: [[Vector]]
  private let second: [[Vector]]
  private var steps = 0
  private let betas = (0.9, 0.999)
  private let epsilon: Float = 1e-8

  /// An optimizer with zero moments.
  package init(_ groups: [ParameterGroup], weightDecay: Double = 0) {
    self.groups = groups
    self.weightDecay = weightDecay
    func zeros() -> [[Vector]] {
      groups.map { $0.tensors.map { Vector(zeros: $0.value.count) } }
    }
    (first, second) = (zeros(), zeros())
  }

  /// Sets every gradient to zero.
  package func zeroGradients() {
    for tensor in groups.flatMap(\.tensors) { tensor.gradient.zero() }
  }

  /// Moves every parameter by its gradient.
  ///
  /// - Parameter scale: Factor of all learning rates, from a schedule.
  package mutating func step(scale: Double = 1) {
    steps += 1
    let corrections = (
      1 - pow(betas.0, Double(steps)), (1 - pow(betas.1, Double(steps))).squareRoot()
    )
    for (index, group) in groups.enumerated() {
      let rate = group.learningRate * scale
      for (tensor, (m, v)) in zip(group.tensors, zip(first[index], second[index])) {
        update(
          tensor, m, v, rate: Float(rate / corrections.0), root: Float(corrections.1),
          decay: Float(1 - rate * weightDecay))
      }
    }
  }

  private func update(
    _ tensor: LearnedTensor, _ m: Vector, _ v: Vector, rate: Float, root: Float, decay: Float
  ) {
    let (beta1, beta2) = (Float(betas.0), Float(betas.1))
    let (rest1, rest2) = (Float(1 - betas.0), Float(1 - betas.1))
    let (value, gradient) = (tensor.value, tensor.gradient)
    forEachTile(tileCount(value.count, size: 1 << 15)) { tile, _ in
      let (p, g) = (value.pointer, gradient.pointer)
      let (m, v) = (m.pointer, v.pointer)
      for i in tileRange(tile, of: value.count, size: 1 << 15) {
        m[i] = beta1 * m[i] + rest1 * g[i]
        v[i] = beta2 * v[i] + rest2 * g[i] * g[i]
        p[i] = p[i] * decay - rate * (m[i] / (v[i].squareRoot() / root + epsilon))
      }
    }
  }
}
