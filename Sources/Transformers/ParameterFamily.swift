/// Which parameters a tensor holds, as far as its random numbers are concerned.
///
/// Each tensor's numbers are keyed by one 32-bit word: the family above bit 24, the number within it
/// below. So no two tensors of a model share a direction, whatever is trained together.
public enum ParameterFamily: Int, Sendable, CaseIterable {
  /// Linear weights; ``LinearID/tensor`` is the whole word.
  case weight
  /// γ of the maxima, by linear.
  case upperClip
  /// γ of the minima, by linear.
  case lowerClip
  /// Smoothing scales and shifts, by block and member.
  case smoothing
  /// Biases of linears, by linear.
  case bias
  /// Gains and biases of norms, by block, kind and member; the final norm comes last.
  case norm
  /// Embedding, head, positions, projections.
  case frame
  /// Scales of grids, by linear.
  case scale

  /// The word that keys tensor `index` of the family.
  ///
  /// - Precondition: `index` is below 2²⁴.
  public func tensor(_ index: Int) -> Int {
    precondition(index >= 0 && index < 1 << 24, "tensor \(index) of a family of 2^24")
    return rawValue << 24 | index
  }
}
