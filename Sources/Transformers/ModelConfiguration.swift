/// The shape of a decoder-only language model and the conventions that its numbers depend on.
public struct ModelConfiguration: Sendable, Equatable {
  /// The family, which decides the block's arithmetic.
  public enum Architecture: String, Sendable {
    /// RMSNorm, rotary positions, SwiGLU; also Qwen2 with its Q, K, V biases.
    case llama
    /// LayerNorm, learned positions with offset 2, ReLU.
    case opt
  }

  /// How rotary frequencies are stretched beyond the trained length.
  public struct RotaryScaling: Sendable, Equatable {
    /// Divisor of low frequencies.
    public var factor: Double
    /// Wavelengths above `original / low` are divided by the factor.
    public var lowFrequencyFactor: Double
    /// Wavelengths below `original / high` stay.
    public var highFrequencyFactor: Double
    /// Trained length in tokens.
    public var originalPositions: Double
  }

  /// The family.
  public var architecture: Architecture
  /// Rows of the embedding.
  public var vocabularySize: Int
  /// Channels of the residual stream, C.
  public var channels: Int
  /// Number of blocks.
  public var blocks: Int
  /// Query heads.
  public var heads: Int
  /// Key and value heads.
  public var keyHeads: Int
  /// Channels per head.
  public var headSize: Int
  /// Hidden channels of the feed-forward part.
  public var feedForward: Int
  /// Longest sequence in tokens.
  public var positions: Int
  /// ε of the norms.
  public var normEpsilon: Float
  /// Base of the rotary frequencies.
  public var rotaryBase: Double = 10000
  /// Stretching of the rotary frequencies.
  public var rotaryScaling: RotaryScaling?
  /// Rotary pairs are (2i, 2i+1), as in llama2.c and GGUF, instead of (i, i + headSize/2).
  public var rotaryIsInterleaved = false
  /// The head is the embedding.
  public var tiesHead: Bool
  /// Q, K and V have biases (OPT, Qwen2).
  public var hasAttentionInputBias: Bool
  /// The other linears have biases (OPT).
  public var hasLinearBias: Bool
  /// Norms come before each half block; the post-norm form is OPT-350m's.
  public var normsFirst = true
  /// A block's LayerNorms subtract the mean (OPT); false where a rotation of the stream has taken that in.
  public var normsSubtractMean = true
  /// A norm follows the last block.
  public var hasFinalNorm = true
  /// Width of the embedding where a projection leads to ``channels`` (OPT-350m).
  public var embeddingWidth: Int

  /// Frequencies of the rotary pairs, in radians per position.
  ///
  /// > Source: Su et al. 2021, arXiv:2104.09864; stretching as in Llama 3.1's configuration.
  public var rotaryFrequencies: [Double] {
    (0..<headSize / 2).map { i in
      let plain = 1 / power(rotaryBase, Double(2 * i) / Double(headSize))
      guard let scaling = rotaryScaling else { return plain }
      let wavelength = 2 * Double.pi / plain
      let longest = scaling.originalPositions / scaling.lowFrequencyFactor
      let shortest = scaling.originalPositions / scaling.highFrequencyFactor
      if wavelength > longest { return plain / scaling.factor }
      if wavelength < shortest { return plain }
      let blend =
        (scaling.originalPositions / wavelength - scaling.lowFrequencyFactor)
        / (scaling.highFrequencyFactor - scaling.lowFrequencyFactor)
      return (1 - blend) * plain / scaling.factor + blend * plain
    }
  }

  /// Rows of the table of learned positions (OPT): two more than there are positions.
  public var positionRows: Int { positions + OPT.positionOffset }

  /// The linears of a block, in the order in which they run.
  public var linears: [LinearKind] {
    architecture == .llama
      ? [.query, .key, .value, .output, .gate, .up, .down]
      : [.query, .key, .value, .output, .up, .down]
  }

  /// Shape of a linear's weight, `[outputs, inputs]`.
  public func shape(of kind: LinearKind) -> (outputs: Int, inputs: Int) {
    switch kind {
    case .query: (heads * headSize, channels)
    case .key, .value: (keyHeads * headSize, channels)
    case .output: (channels, heads * headSize)
    case .gate, .up: (feedForward, channels)
    case .down: (channels, feedForward)
    }
  }

  /// Whether a linear has a bias.
  public func hasBias(_ kind: LinearKind) -> Bool {
    switch kind {
    case .query, .key, .value: hasAttentionInputBias
    case .output, .gate, .up, .down: hasLinearBias
    }
  }

  /// Number of weights in the linears of all blocks.
  public var linearParameters: Int {
    blocks
      * linears.reduce(0) { sum, kind in
        let (outputs, inputs) = shape(of: kind)
        return sum + outputs * inputs
      }
  }
}

/// One of a block's linears.
///
/// OPT's fc1 and fc2 are ``up`` and ``down``.
public enum LinearKind: Int, Sendable, CaseIterable {
  case query, key, value, output, gate, up, down

  /// The field's usual name, for messages and records.
  public var name: String {
    switch self {
    case .query: "q_proj"
    case .key: "k_proj"
    case .value: "v_proj"
    case .output: "o_proj"
    case .gate: "gate_proj"
    case .up: "up_proj"
    case .down: "down_proj"
    }
  }
}

/// A linear of a certain block.
public struct LinearID: Sendable, Hashable {
  /// Block, from 0.
  public var block: Int
  /// Which of its linears.
  public var kind: LinearKind

  /// A linear by place.
  public init(block: Int, kind: LinearKind) {
    self.block = block
    self.kind = kind
  }

  /// The number that keys this tensor's random numbers.
  public var tensor: Int { block * LinearKind.allCases.count + kind.rawValue }
}

/// One of a block's two norms.
public enum NormKind: Int, Sendable, CaseIterable {
  case attention, feedForward
}
