internal import CKernels

/// A direction in parameter space, row by row of each tensor.
public protocol Directions: Sendable {
  /// `w ← w + factor · z` for one row of tensor `tensor`.
  func add(
    to w: UnsafeMutablePointer<Float>, factor: Float, count: Int, row: Int, tensor: Int)

  /// Writes `count` uniforms in [0, 1) of one row of tensor `tensor`, independent of z: for
  /// stochastic rounding.
  func fillUniforms(
    _ out: UnsafeMutablePointer<Float>, count: Int, row: Int, tensor: Int, _ purpose: NoisePurpose)
}

/// What uniform noise is for; the numbers of different purposes are independent.
///
/// Two bits of a counter word tell them apart, so that there are four at most.
public enum NoisePurpose: UInt32, Sendable {
  /// Rounding the direction of a probe.
  case probe
  /// Rounding the direction of an update.
  case update
  /// Rounding what an update adds to codes.
  case codes
  /// Rounding weights that are held in few bits.
  case weights

  /// The counter word of a tensor's noise: above all words that key a direction.
  func word(_ tensor: Int) -> UInt32 {
    precondition(tensor < 1 << 29, "tensor \(tensor)")
    return 1 << 31 | rawValue << 29 | UInt32(tensor)
  }
}

extension NormalStream: Directions {
  /// Writes `count` uniforms in [0, 1), multiples of 2⁻²⁴.
  public func fillUniforms(
    _ out: UnsafeMutablePointer<Float>, count: Int, row: Int, tensor: Int, _ purpose: NoisePurpose
  ) {
    zq_uniform_row(out, count, UInt32(row), purpose.word(tensor), draw, seed)
  }
}

/// Rounds each element to one of its two neighbouring integers, up with the chance of its fraction:
/// `E[r(x)] = x` for uniform noise.
///
/// > Source: Gupta et al. 2015, arXiv:1502.02551, section 3.
public func roundStochastically(
  _ x: UnsafeMutablePointer<Float>, uniforms: UnsafePointer<Float>, count: Int
) {
  zq_round_stochastic(x, uniforms, count)
}

/// A direction of ±1 per parameter, from the same counters as ``NormalStream``.
///
/// > Source: Spall 1992, doi:10.1109/9.119632, where Bernoulli ±1 is the standard choice.
public struct RademacherStream: Directions, Equatable {
  /// Master seed.
  public let seed: UInt64
  /// Number of the draw.
  public let draw: UInt32

  /// The stream of one draw.
  public init(seed: UInt64, draw: UInt32) {
    self.seed = seed
    self.draw = draw
  }

  /// `w ← w + factor · z`, z = ±1.
  public func add(
    to w: UnsafeMutablePointer<Float>, factor: Float, count: Int, row: Int, tensor: Int
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { z in
      guard let base = z.baseAddress else { return }
      zq_rademacher_row(base, count, UInt32(row), UInt32(tensor), draw, seed)
      for i in 0..<count { w[i] += factor * base[i] }
    }
  }

  /// Writes `count` uniforms in [0, 1), multiples of 2⁻²⁴.
  public func fillUniforms(
    _ out: UnsafeMutablePointer<Float>, count: Int, row: Int, tensor: Int, _ purpose: NoisePurpose
  ) {
    zq_uniform_row(out, count, UInt32(row), purpose.word(tensor), draw, seed)
  }
}
