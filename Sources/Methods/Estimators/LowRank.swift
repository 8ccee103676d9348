import Optimizers
package import Tensors

/// LOZO: directions of low rank, `Z = U·Vᵀ/√r` for each weight matrix, V kept for several steps.
///
/// U is drawn anew for each step, V for each run of `lazySteps`; both are standard normal, so that each element of Z
/// has mean 0 and variance 1. The paper perturbs by `ε·U·Vᵀ` and divides by r: the same with `ε/√r` in the place of ε.
///
/// > Source: LOZO, Chen et al. 2024, arXiv:2410.07698, sections 4.1 and 4.2.
package struct LowRank: Sendable {
  /// r.
  package let rank: Int
  /// Steps with the same V, the paper's ν.
  package let lazySteps: Int
  /// Seed of all V.
  package let seed: UInt64

  /// Directions of that rank.
  package init(rank: Int, lazySteps: Int, seed: UInt64) {
    self.rank = rank
    self.lazySteps = lazySteps
    self.seed = seed
  }

  /// The direction that is made of a drawn one, of which the first r numbers of each row are U.
  package func directions(_ drawn: any Directions, step: Int) -> any Directions {
    LowRankDirections(
      left: drawn,
      right: NormalStream(seed: seed, draw: UInt32(truncatingIfNeeded: step / lazySteps)),
      rank: rank)
  }
}

/// One such direction.
struct LowRankDirections: Directions {
  /// Its rows hold U.
  let left: any Directions
  /// Its rows hold Vᵀ.
  let right: any Directions
  /// r.
  let rank: Int

  func add(
    to w: UnsafeMutablePointer<Float>, factor: Float, count: Int, row: Int, tensor: Int
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: rank) { scratch in
      guard let u = scratch.baseAddress else { return }
      u.initialize(repeating: 0, count: rank)
      left.add(to: u, factor: 1, count: rank, row: row, tensor: tensor)
      let scale = factor / Float(rank).squareRoot()
      // Vᵀ is drawn again for every row of W: no more is held than with any other direction.
      for k in 0..<rank {
        right.add(to: w, factor: scale * u[k], count: count, row: k, tensor: tensor)
      }
    }
  }

  func fillUniforms(
    _ out: UnsafeMutablePointer<Float>, count: Int, row: Int, tensor: Int, _ purpose: NoisePurpose
  ) {
    left.fillUniforms(out, count: count, row: row, tensor: tensor, purpose)
  }
}
