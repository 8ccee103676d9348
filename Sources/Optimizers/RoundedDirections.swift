public import Tensors

/// A direction in few bits: each row of z is rounded stochastically to multiples of a scale.
///
/// `u = s·r(z/s)` with `s = max|z| / (2ᵇ⁻¹ − 1)` over the row, so that nothing is clamped and
/// `E[u | z] = z`. Two roundings of one z with different noise are independent given z, and then
/// `E[u₁·u₂ᵀ] = I`, where the square of a single one would be more.
///
/// > Source: QuZO, Zhou et al. 2025, arXiv:2502.12346. A scale for each row is ours.
public struct RoundedDirections: Directions {
  private let base: any Directions
  private let bits: Int
  private let purpose: NoisePurpose

  /// `base` rounded to `bits` bits with the noise of `purpose`.
  public init(_ base: any Directions, bits: Int, _ purpose: NoisePurpose) {
    precondition((2...8).contains(bits), "directions of \(bits) bits")
    self.base = base
    self.bits = bits
    self.purpose = purpose
  }

  /// `w ← w + factor · u`.
  public func add(
    to w: UnsafeMutablePointer<Float>, factor: Float, count: Int, row: Int, tensor: Int
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * count) { scratch in
      guard let z = scratch.baseAddress else { return }
      let uniforms = z + count
      z.update(repeating: 0, count: count)
      base.add(to: z, factor: 1, count: count, row: row, tensor: tensor)
      base.fillUniforms(uniforms, count: count, row: row, tensor: tensor, purpose)
      var largest: Float = 0
      for i in 0..<count { largest = max(largest, abs(z[i])) }
      guard largest > 0 else { return }
      let levels = Float((1 << (bits - 1)) - 1)
      // At most the levels, whatever the division rounds to: never a bit more than there are.
      for i in 0..<count { z[i] = min(max(z[i] / largest * levels, -levels), levels) }
      roundStochastically(z, uniforms: uniforms, count: count)
      let scale = largest / levels
      for i in 0..<count { w[i] += factor * (z[i] * scale) }
    }
  }

  /// The noise of z itself.
  public func fillUniforms(
    _ out: UnsafeMutablePointer<Float>, count: Int, row: Int, tensor: Int, _ purpose: NoisePurpose
  ) {
    base.fillUniforms(out, count: count, row: row, tensor: tensor, purpose)
  }
}
