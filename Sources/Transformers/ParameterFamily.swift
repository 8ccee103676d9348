/// Which parameters a tensor holds, as far as its random numbers are concerned.
///
/// Each tensor's numbers are keyed by one 32-bit word: the family above bit 24, the number within it
/// below. So no two tensors of a model share a direction, whatever is trained together. The numbers are
/// frozen: a kind of tensor that comes later gets a number of its own, and no direction of a model that has
/// none of it changes.
public enum ParameterFamily: Int, Sendable, CaseIterable {
  /// Linear weights; ``LinearID/tensor`` is the whole word.
  case weight = 0
  /// γ of the maxima, by linear.
  case upperClip = 1
  /// γ of the minima, by linear.
  case lowerClip = 2
  /// Smoothing scales and shifts, by block and member.
  case smoothing = 3
  /// Biases of linears, by linear.
  case bias = 4
  /// Gains and biases of norms, by block, kind and member; the final norm comes last.
  case norm = 5
  /// Embedding, head, positions, projections.
  case frame = 6
  /// Scales of grids, by linear.
  case scale = 7

  /// The word that keys tensor `index` of the family.
  ///
  /// - Precondition: `index` is below 2²⁴.
  public func tensor(_ index: Int) -> Int {
    precondition(index >= 0 && index < 1 << 24, "tensor \(index) of a family of 2^24")
    return rawValue << 24 | index
  }
}

/// The number of a kind of tensor among those of its block, written out once and for ever.
public struct BlockKey: Sendable, Equatable {
  private let stride: Int
  private let offset: Int

  /// Kind `number` of the `count` that a block had when the numbers were first used.
  public static func original(_ number: Int, of count: Int) -> BlockKey {
    BlockKey(stride: count, offset: number)
  }

  /// Kind `number`, below 64, of those that were added: in a range that the original ones don't reach in
  /// fewer than half a million blocks.
  public static func added(_ number: Int) -> BlockKey {
    BlockKey(stride: 64, offset: 1 << 22 | number)
  }

  /// The number within the family of the tensor in `block`.
  public func index(block: Int) -> Int { block * stride + offset }
}
