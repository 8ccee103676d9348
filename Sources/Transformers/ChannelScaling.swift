import Tensors

/// Makes chosen channels of a model outliers without changing what the model computes.
///
/// In front of every linear that reads a norm: `gain_c ← k·gain_c`, `bias_c ← k·bias_c` for the chosen
/// channels c, and column c of the linear `← column/k`. Large language models have such channels, a few
/// that are tens of times larger than the others in every block; models of a few million parameters have
/// none, and then smoothing has nothing to do. With k a power of two every product of an activation and a
/// weight is the same to the last bit, and so is the model's output in full precision.
///
/// > Source: The channels: Dettmers et al. 2022, arXiv:2208.07339, §3; the equivalence, read the other way
/// > round: Xiao et al. 2023, arXiv:2211.10438, eq. 3.
public struct ChannelScaling: Sendable, Equatable {
  /// Indices of the channels.
  public let channels: [Int]
  /// The factor k.
  public let factor: Float

  /// A scaling of some channels by a factor.
  public init(channels: [Int], factor: Float) {
    self.channels = channels
    self.factor = factor
  }

  /// Multiplies a norm's gain or bias, `[C]`.
  func grow(_ vector: [Float]) -> [Float] {
    var vector = vector
    for channel in channels { vector[channel] *= factor }
    return vector
  }

  /// Divides the columns of a linear, `[outputs, C]`.
  func shrinkColumns(of matrix: Matrix) {
    for row in 0..<matrix.rows {
      let row = matrix.row(row)
      for channel in channels { row[channel] /= factor }
    }
  }

  /// Whether the linear reads a norm's output.
  func concerns(_ kind: LinearKind) -> Bool {
    switch kind {
    case .query, .key, .value, .gate, .up: true
    case .output, .down: false
    }
  }
}
