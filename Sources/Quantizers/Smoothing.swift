internal import CKernels
import Glibc
public import Tensors

/// Scales and shifts that move outliers of activations into weights, for one block.
///
/// `Y = XW + B = [(X − δ) ⊘ s]·[s ⊙ W] + [B + δW]`: exact in full precision. Every member is optional.
///
/// > Source: ZeroQAT, arXiv:2509.00031, Eq. 4; official code, models/transformation.py.
public struct BlockSmoothing: Sendable {
  /// s before Q, K, V, `[C]`.
  public var attentionScale: [Float]?
  /// δ before Q, K, V, `[C]`.
  public var attentionShift: [Float]?
  /// s before gate and up (fc1), `[C]`.
  public var feedForwardScale: [Float]?
  /// δ before gate and up (fc1), `[C]`.
  public var feedForwardShift: [Float]?
  /// s between V and the output projection, `[keyHeads · D]`; query heads of a key head share it.
  public var outputScale: [Float]?
  /// δ between V and the output projection, `[keyHeads · D]`.
  public var outputShift: [Float]?
  /// s between up (fc1) and down (fc2), `[F]`, above 0: AWQ's, passes through ReLU and the gated product.
  public var downScale: [Float]?
  /// s between Q and K, `[keyHeads · D]`; exact only if rotary pairs share it.
  public var queryKeyScale: [Float]?

  /// No smoothing.
  public init() {}

  /// The gain and bias of a norm that feeds smoothed linears: `w ⊘ s`, `(b − δ) ⊘ s`.
  ///
  /// A shift gives RMSNorm a bias that it didn't have.
  public static func norm(
    gain: [Float], bias: [Float]?, scale: [Float]?, shift: [Float]?
  ) -> (gain: [Float], bias: [Float]?) {
    var (gain, bias) = (gain, bias)
    if let shift {
      bias = zip(bias ?? [Float](repeating: 0, count: gain.count), shift).map { $0 - $1 }
    }
    if let scale {
      gain = zip(gain, scale).map { $0 / $1 }
      bias = bias.map { zip($0, scale).map { $0 / $1 } }
    }
    return (gain, bias)
  }
}

/// What smoothing does to one linear: columns scaled, rows scaled or divided, bias shifted.
public struct LinearSmoothing: Sendable {
  /// Factor of each input column, `[inputs]`.
  public var columnScale: Vector?
  /// δ of each input column: the bias gains `W·δ`, with W before scaling.
  public var columnShift: Vector?
  /// Divisor of each output row, `[outputs]`.
  public var rowDivisor: Vector?
  /// Factor of each output row, `[outputs]`.
  public var rowFactor: Vector?
  /// Subtracted from the bias before the row's division, `[outputs]`.
  public var biasShift: Vector?

  /// No smoothing.
  public init() {}

  /// Whether it gives a bias to a linear that has none.
  public var givesBias: Bool { columnShift != nil || biasShift != nil }

  /// Whether it changes nothing.
  public var isIdentity: Bool {
    columnScale == nil && columnShift == nil && rowDivisor == nil && rowFactor == nil
      && biasShift == nil
  }

  /// Smooths one row of weights in place and returns its smoothed bias.
  ///
  /// - Parameters:
  ///   - row: The row's weights, `[inputs]`.
  ///   - columns: How many.
  ///   - index: Which row.
  ///   - bias: Its bias, 0 where there is none.
  /// - Returns: The smoothed bias.
  public func apply(
    to row: UnsafeMutablePointer<Float>, columns: Int, index: Int, bias: Float
  ) -> Float {
    var bias = bias
    if let columnShift { bias += Float(zq_dot(row, columnShift.pointer, columns)) }
    if let biasShift { bias -= biasShift.pointer[index] }
    if let columnScale { zq_scale_row(row, columnScale.pointer, 1, columns) }
    if let rowDivisor {
      zq_divide_row(row, rowDivisor.pointer[index], columns)
      bias /= rowDivisor.pointer[index]
    }
    if let rowFactor {
      zq_scale_row(row, nil, rowFactor.pointer[index], columns)
      bias *= rowFactor.pointer[index]
    }
    return bias
  }
}

/// SmoothQuant's scale per channel: `s = max(a^α / w^(1−α), 1e-5)`.
///
/// > Source: Xiao et al. 2022, arXiv:2211.10438, eq. 4; official code, smoothquant/smooth.py.
///
/// - Parameters:
///   - activations: Largest |x| of each input channel, `[C]`.
///   - weights: Largest |W| of each input column over the linears that share the input, `[C]`.
///   - alpha: Migration strength of each channel or of all.
/// - Returns: s of each channel.
public func smoothingScale(activations: [Float], weights: [Float], alpha: (Int) -> Float) -> [Float]
{
  precondition(activations.count == weights.count, "channels of activations and weights differ")
  return activations.indices.map { j in
    let a = alpha(j)
    // The weights' maximum is floored as in the official code, so that a dead column divides safely.
    let scale = powf(activations[j], a) / powf(max(weights[j], 1e-5), 1 - a)
    return max(scale, 1e-5)
  }
}

/// ZeroQAT's migration strength per channel: from `least` to `most` in proportion to `a/w`.
///
/// `α_j = least + (r_j − min r)/(max r − min r)·(most − least)`, `r = a/w`.
///
/// > Source: ZeroQAT's official code, trainer_wiki.py.
public func channelAlpha(
  activations: [Float], weights: [Float], least: Float, most: Float
) -> [Float] {
  let ratios = zip(activations, weights).map { $0 / max($1, 1e-5) }
  let (low, high) = (ratios.min() ?? 0, ratios.max() ?? 0)
  guard high > low else { return ratios.map { _ in least } }
  return ratios.map { least + ($0 - low) / (high - low) * (most - least) }
}
