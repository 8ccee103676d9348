import Glibc

/// An asymmetric grid whose range always includes zero: GPTQ's convention.
///
/// With `a = min(0, min w)` and `b = max(0, max w)`: `Δ = (b − a)/(2ᴺ − 1)`, `z = round(−a/Δ)`,
/// `code = clamp(round(w/Δ) + z, 0, 2ᴺ − 1)`, `ŵ = Δ·(code − z)`. Weights that are all zero get the range
/// −1…1. z lies in 0…2ᴺ − 1 by itself, and Δ has no floor, unlike in ``WeightQuantizer``.
///
/// > Source: GPTQ's official code, quant.py (Quantizer), asymmetric and per channel.
public struct ZeroInclusiveGrid: Sendable, Equatable {
  /// Δ; NaN when a weight is NaN or infinite.
  public var scale: Float
  /// z.
  public var zero: Float

  /// A grid from its parts.
  public init(scale: Float, zero: Float) {
    self.scale = scale
    self.zero = zero
  }

  /// The grid of `count` weights.
  ///
  /// - Parameters:
  ///   - x: The weights.
  ///   - count: How many.
  ///   - bits: Bits of a code.
  ///   - isSearched: Whether the range is shrunk to what minimises `Σ|w − ŵ|^2.4` over the fractions
  ///     1, 0.99 … 0.21, the official code's `mse`.
  public init(_ x: UnsafePointer<Float>, count: Int, bits: Int, isSearched: Bool = false) {
    let top = Float((1 << bits) - 1)
    var (least, most, poison) = (Float(0), Float(0), Float(0))
    for i in 0..<count {
      least = x[i] < least ? x[i] : least
      most = x[i] > most ? x[i] : most
      // Comparisons pass NaN over; it may not look like a finite weight.
      poison += x[i] * 0
    }
    if least == 0 && most == 0 { (least, most) = (-1, 1) }
    scale = (most - least) / top + poison
    zero = (-least / scale).rounded(.toNearestOrEven)
    guard isSearched else { return }
    var best = Double.infinity
    for step in 0..<80 {
      let fraction = Float(1 - Double(step) / 100)
      let (low, high) = (fraction * least, fraction * most)
      var candidate = self
      candidate.scale = (high - low) / top + poison
      candidate.zero = (-low / candidate.scale).rounded(.toNearestOrEven)
      var error = 0.0
      for i in 0..<count {
        let value = candidate.value(of: candidate.code(of: x[i], top: top))
        error += Double(powf(abs(value - x[i]), 2.4))
      }
      if error < best { (best, self) = (error, candidate) }
    }
  }

  /// The code of a weight, as a whole number in float32, up to `top = 2ᴺ − 1`.
  public func code(of weight: Float, top: Float) -> Float {
    let code = (weight / scale).rounded(.toNearestOrEven) + zero
    // In this order NaN stays NaN.
    return code < 0 ? 0 : code > top ? top : code
  }

  /// `Δ·(code − z)`.
  public func value(of code: Float) -> Float { scale * (code - zero) }
}
