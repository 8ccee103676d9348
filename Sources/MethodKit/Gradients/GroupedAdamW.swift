package import Optimizers
import Tensors

/// AdamW over parameter groups with learning rates of their own.
package struct GroupedAdamW: Sendable {
  /// The groups.
  package let groups: [ParameterGroup]
  /// One tensor's update.
  package let optimizer: AdamW
  private let moments: [[AdamW.Moments]]
  private var steps = 0

  /// An optimizer with zero moments.
  package init(_ groups: [ParameterGroup], optimizer: AdamW = AdamW()) {
    self.groups = groups
    self.optimizer = optimizer
    moments = groups.map { $0.tensors.map { AdamW.Moments(count: $0.value.count) } }
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
    for (group, moments) in zip(groups, moments) {
      for (tensor, moments) in zip(group.tensors, moments) {
        optimizer.update(
          tensor.value, gradient: tensor.gradient, moments: moments, step: steps,
          rate: group.learningRate * scale)
      }
    }
  }

  /// The first parameter that holds a NaN or an infinity, if any.
  package var firstNonFiniteTensor: String? {
    groups.flatMap(\.tensors).first { !$0.isFinite }?.name
  }
}
