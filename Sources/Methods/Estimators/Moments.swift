import Glibc
package import Optimizers
import Synchronization
import Tensors

/// Momentum or Adam over the gradients that probes give: `ĝ = Σ g_i·z_i/q`, element by element.
///
/// Momentum: `m ← β₁·m + ĝ`, `W ← W − η·m`. Adam: `m ← β₁·m + (1 − β₁)·ĝ`, `v ← β₂·v + (1 − β₂)·ĝ²`,
/// `W ← W − η·(m/(1 − β₁ᵗ))/(√(v/(1 − β₂ᵗ)) + 1e-8)`.
///
/// The moments follow from the log of losses, so that nothing of them is stored; while a training runs they take as much
/// memory as the weights, each.
///
/// > Source: Polyak 1964; Kingma and Ba 2015, arXiv:1412.6980, algorithm 1. Of losses alone: AdaMeZO, arXiv:2605.00650,
///   which truncates what it replays; nothing is truncated here.
package struct Moments: LossEstimator {
  private let probes: TwoSided
  private let momentum: Double
  private let secondMoment: Double?
  private let state = MomentRows()

  /// Moments over the gradients of `probes`; without a second one it is momentum.
  package init(_ probes: TwoSided, momentum: Double, secondMoment: Double?) {
    self.probes = probes
    self.momentum = momentum
    self.secondMoment = secondMoment
  }

  package var lossesPerStep: Int { probes.lossesPerStep }

  package func losses(_ loss: some ProbedLoss, step: Int) throws -> [Double] {
    try probes.losses(loss, step: step)
  }

  package mutating func update(
    _ loss: inout some ProbedLoss, step: Int, losses: [Double], rate: Double
  ) {
    let count = Double(probes.optimizer.directions)
    let terms = zip(probes.directions(ofStep: step), probes.gradients(losses)).map {
      MomentDirections.Term(directions: $0, factor: Float($1 / count))
    }
    loss.update(
      factor: Float(-rate),
      along: MomentDirections(
        terms: terms, state: state, number: step + 1, momentum: momentum,
        secondMoment: secondMoment))
  }
}

/// What a step adds: the moments after it, which it moves on in passing.
///
/// Each row must be asked for once a step.
private struct MomentDirections: Directions {
  struct Term {
    let directions: any Directions
    let factor: Float
  }

  let terms: [Term]
  let state: MomentRows
  /// t, from 1.
  let number: Int
  let momentum: Double
  let secondMoment: Double?

  func add(
    to w: UnsafeMutablePointer<Float>, factor: Float, count: Int, row: Int, tensor: Int
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { scratch in
      guard let gradient = scratch.baseAddress else { return }
      gradient.initialize(repeating: 0, count: count)
      for term in terms {
        term.directions.add(
          to: gradient, factor: term.factor, count: count, row: row, tensor: tensor)
      }
      state.withRow(tensor, row, count, moments: secondMoment == nil ? 1 : 2) { moments in
        let (b1, b2) = (Float(momentum), Float(secondMoment ?? 0))
        guard let secondMoment else {
          for i in 0..<count {
            moments[i] = b1 * moments[i] + gradient[i]
            w[i] += factor * moments[i]
          }
          return
        }
        let first = Float(1 / (1 - pow(momentum, Double(number))))
        let second = Float(1 / (1 - pow(secondMoment, Double(number))))
        for i in 0..<count {
          let g = gradient[i]
          moments[i] = b1 * moments[i] + (1 - b1) * g
          moments[count + i] = b2 * moments[count + i] + (1 - b2) * g * g
          w[i] +=
            factor * (moments[i] * first) / ((moments[count + i] * second).squareRoot() + 1e-8)
        }
      }
    }
  }

  func fillUniforms(
    _ out: UnsafeMutablePointer<Float>, count: Int, row: Int, tensor: Int, _ purpose: NoisePurpose
  ) {
    terms.first?.directions.fillUniforms(out, count: count, row: row, tensor: tensor, purpose)
  }
}

/// The moments of every row of every tensor, zero before they are first asked for.
private final class MomentRows: Sendable {
  private struct Place: Hashable {
    var tensor: Int
    var row: Int
  }

  private let rows = Mutex<[Place: [Float]]>([:])

  /// Hands out one row's moments, one behind the other; other rows may be handed out at the same time.
  func withRow(
    _ tensor: Int, _ row: Int, _ count: Int, moments: Int, _ body: (inout [Float]) -> Void
  ) {
    let place = Place(tensor: tensor, row: row)
    // Taken out while it is changed, so that there is one owner and nothing is copied.
    var own =
      rows.withLock { $0.removeValue(forKey: place) }
      ?? [Float](repeating: 0, count: moments * count)
    body(&own)
    rows.withLock { $0[place] = own }
  }
}
