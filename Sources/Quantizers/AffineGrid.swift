import Glibc

/// A grid of whole codes: `code = clamp(round(w/Δ) + z, 0, 2ᴺ − 1)`, `ŵ = Δ·(code − z)`.
///
/// How Δ and z follow from weights is a convention of each method; ``WeightQuantizer`` has ZeroQAT's.
public struct AffineGrid: Sendable, Equatable {
  /// Δ; NaN when a weight is NaN or infinite.
  public var scale: Float
  /// z.
  public var zero: Float

  /// A grid from its parts.
  public init(scale: Float, zero: Float) {
    self.scale = scale
    self.zero = zero
  }

  /// The code of a weight, as a whole number in float32, up to `top = 2ᴺ − 1`.
  public func code(of weight: Float, top: Float) -> Float {
    let code = (weight / scale).rounded(.toNearestOrEven) + zero
    // In this order NaN stays NaN.
    return code < 0 ? 0 : code > top ? top : code
  }

  /// `Δ·(code − z)`.
  public func value(of code: Float) -> Float { scale * (code - zero) }

  /// GPTQ's grid, whose range always includes zero.
  ///
  /// With `a = min(0, min w)` and `b = max(0, max w)`: `Δ = (b − a)/(2ᴺ − 1)`, `z = round(−a/Δ)`. Weights
  /// that are all zero get the range −1…1. z lies in 0…2ᴺ − 1 by itself, and Δ has no floor.
  ///
  /// > Source: GPTQ's official code, quant.py (Quantizer), asymmetric and per channel.
  ///
  /// - Parameters:
  ///   - x: The weights.
  ///   - count: How many.
  ///   - bits: Bits of a code.
  ///   - isSearched: Whether the range is shrunk to what minimises `Σ|w − ŵ|^2.4` over the fractions
  ///     1, 0.99 … 0.21, the official code's `mse`.
  /// - Returns: The grid.
  public static func includingZero(
    _ x: UnsafePointer<Float>, count: Int, bits: Int, isSearched: Bool = false
  ) -> AffineGrid {
    let top = Float((1 << bits) - 1)
    var (least, most, poison) = extrema(x, count)
    (least, most) = (min(least, 0), max(most, 0))
    if least == 0 && most == 0 { (least, most) = (-1, 1) }
    func grid(_ low: Float, _ high: Float) -> AffineGrid {
      let scale = (high - low) / top + poison
      return AffineGrid(scale: scale, zero: (-low / scale).rounded(.toNearestOrEven))
    }
    var result = grid(least, most)
    guard isSearched else { return result }
    var best = Double.infinity
    for step in 0..<80 {
      let fraction = Float(1 - Double(step) / 100)
      let candidate = grid(fraction * least, fraction * most)
      var error = 0.0
      for i in 0..<count {
        let value = candidate.value(of: candidate.code(of: x[i], top: top))
        error += Double(powf(abs(value - x[i]), 2.4))
      }
      if error < best { (best, result) = (error, candidate) }
    }
    return result
  }

  /// AWQ's grid, whose zero point is a code.
  ///
  /// `Δ = max(max − min, 1e-5)/(2ᴺ − 1)`, `z = clamp(−round(min/Δ), 0, 2ᴺ − 1)`: the range of weights of
  /// one sign is kept, but moved so that zero lies at its end.
  ///
  /// > Source: AWQ's official code, quantizer.py (pseudo_quantize_tensor), with zero_point.
  public static func clampingZero(_ x: UnsafePointer<Float>, count: Int, bits: Int) -> AffineGrid {
    let top = Float((1 << bits) - 1)
    let (least, most, poison) = extrema(x, count)
    let range = most - least
    let scale = (range < 1e-5 ? 1e-5 : range) / top + poison
    let zero = -(least / scale).rounded(.toNearestOrEven)
    return AffineGrid(scale: scale, zero: zero < 0 ? 0 : zero > top ? top : zero)
  }

  /// Least and largest of the weights, and 0, or NaN when one of them is NaN or infinite.
  private static func extrema(
    _ x: UnsafePointer<Float>, _ count: Int
  ) -> (least: Float, most: Float, poison: Float) {
    guard count > 0 else { return (0, 0, 0) }
    var (least, most, poison) = (x[0], x[0], Float(0))
    for i in 0..<count {
      least = x[i] < least ? x[i] : least
      most = x[i] > most ? x[i] : most
      // Comparisons pass NaN over; it may not look like a finite weight.
      poison += x[i] * 0
    }
    return (least, most, poison)
  }
}
