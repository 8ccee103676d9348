/// How gradients pass a quantizer, whose slope is zero almost everywhere.
///
/// > Source: Bengio et al. 2013, arXiv:1308.3432, straight-through estimator.
public enum StraightThrough: Sendable, Equatable {
  /// Through the whole formula, with 1 for the slope of round: nothing where a code is clamped, the
  /// borders included in what passes, and back through Δ into the group's minimum and maximum.
  ///
  /// > Source: OmniQuant's and ZeroQAT's official code, quantize/quantizer.py (round_ste).
  case throughGrid
  /// Unchanged where |x| is below the bound, zero elsewhere; the grid counts as constant.
  ///
  /// > Source: LLM-QAT's official code, models/utils_quant.py, with a bound of 2.
  case identity(bound: Float)

  /// Unchanged everywhere.
  public static let identity = StraightThrough.identity(bound: .infinity)
}
