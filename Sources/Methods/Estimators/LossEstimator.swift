package import Optimizers
package import Tensors

/// A way from losses beside the weights to an update of them, for trainings that are compared by their forward passes.
package protocol LossEstimator: Sendable {
  /// Losses that a step evaluates: an even number, as logs keep them in pairs.
  var lossesPerStep: Int { get }

  /// Evaluates the losses of a step, each by a forward pass over the step's batch; changes nothing.
  ///
  /// - Throws: What the loss throws.
  func losses(_ loss: some ProbedLoss, step: Int) throws -> [Double]

  /// Updates the weights by a step's losses, with the rate `η` of that step.
  ///
  /// A function of the losses of this step and those before: called for all steps in order, it gives the same
  /// weights bit for bit.
  mutating func update(_ loss: inout some ProbedLoss, step: Int, losses: [Double], rate: Double)
}

/// The paper's estimator: SPSA along q directions, `g_i = clip(L(W + εz_i) − L(W − εz_i), ±d)/2ε`.
///
/// `W ← W − (η/q)·Σ g_i·z_i`: the same bits as ``Optimizers/ZerothOrderSGD``.
///
/// > Source: ZeroQAT, arXiv:2509.00031, Eqs. 2, 3.
package struct TwoSided: LossEstimator {
  /// Draws directions, and bounds differences.
  package let optimizer: ZerothOrderSGD
  /// What directions are made of a step's own; nil leaves them as they are drawn.
  package var lowRank: LowRank?

  /// SPSA along an optimizer's directions, or along what is made of them.
  package init(optimizer: ZerothOrderSGD, lowRank: LowRank? = nil) {
    self.optimizer = optimizer
    self.lowRank = lowRank
  }

  package var lossesPerStep: Int { 2 * optimizer.directions }

  /// The directions of a step.
  package func directions(ofStep step: Int) -> [any Directions] {
    (0..<optimizer.directions).map { direction in
      let drawn = optimizer.draw(step: step, direction: direction)
      return lowRank?.directions(drawn, step: step) ?? drawn
    }
  }

  package func losses(_ loss: some ProbedLoss, step: Int) throws -> [Double] {
    try directions(ofStep: step).flatMap { z in
      [
        try loss.loss(epsilon: optimizer.epsilon, along: z),
        try loss.loss(epsilon: -optimizer.epsilon, along: z),
      ]
    }
  }

  /// The projected gradients of a step's directions.
  package func gradients(_ losses: [Double]) -> [Double] {
    stride(from: 0, to: losses.count, by: 2).map { index in
      var difference = losses[index] - losses[index + 1]
      if let bound = optimizer.differenceBound, abs(difference) > bound {
        difference = difference < 0 ? -bound : bound
      }
      return difference / (2 * Double(optimizer.epsilon))
    }
  }

  package mutating func update(
    _ loss: inout some ProbedLoss, step: Int, losses: [Double], rate: Double
  ) {
    let count = Double(optimizer.directions)
    for (z, g) in zip(directions(ofStep: step), gradients(losses)) {
      loss.update(factor: Float(-rate * g / count), gradient: g / count, along: z)
    }
  }
}
