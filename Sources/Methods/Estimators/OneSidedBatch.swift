import Glibc
package import Optimizers

/// FZOO: a batch of one-sided losses, and a step that is divided by their spread.
///
/// `W ← W − (η/N)·Σ (L(W + εz_i) − L(W))/σ · z_i` over N directions of ±1, where σ is the standard deviation of the
/// `L(W + εz_i)`, N − 1 below its sum. N + 1 forward passes a step. Where all losses are the same nothing is moved.
///
/// > Source: FZOO, Dang et al. 2025, openreview NMlF3YjS8E, as the field's notes give it; a factor of ε is in η here.
package struct OneSidedBatch: LossEstimator {
  /// Draws directions.
  package let optimizer: ZerothOrderSGD

  /// Batches of an optimizer's directions.
  package init(optimizer: ZerothOrderSGD) { self.optimizer = optimizer }

  package var lossesPerStep: Int { optimizer.directions + 1 }

  package func losses(_ loss: some ProbedLoss, step: Int) throws -> [Double] {
    let drawn = (0..<optimizer.directions).map { optimizer.draw(step: step, direction: $0) }
    // At ε = 0 the direction doesn't matter.
    return [try loss.loss(epsilon: 0, along: drawn[0])]
      + (try drawn.map { try loss.loss(epsilon: optimizer.epsilon, along: $0) })
  }

  package mutating func update(
    _ loss: inout some ProbedLoss, step: Int, losses: [Double], rate: Double
  ) {
    let beside = losses.dropFirst()
    let count = Double(beside.count)
    let mean = beside.reduce(0, +) / count
    let spread = sqrt(beside.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1))
    guard spread > 0 else { return }
    for (direction, other) in beside.enumerated() {
      let g = (other - losses[0]) / spread
      loss.update(
        factor: Float(-rate * g / count), gradient: g / count,
        along: optimizer.draw(step: step, direction: direction))
    }
  }
}
