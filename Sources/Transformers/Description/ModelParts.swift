/// What the blocks and the frame of an architecture are made of: the facts that others ask for.
///
/// Whoever needs to know something of a model asks for the fact (has it a gate, have its norms biases) and
/// never for its name, so that a new architecture is known to all of them.
public struct ModelParts: Sendable, Equatable {
  /// What norms compute.
  public enum Norm: Sendable {
    /// RMS norm: a gain and no bias.
    case rootMeanSquare
    /// LayerNorm: the mean is subtracted; a gain and a bias.
    case layer
  }

  /// The feed-forward half.
  public enum FeedForward: Sendable {
    /// `down(relu(up(x)))`.
    case plainReLU
    /// `down(silu(gate(x)) · up(x))`.
    case gatedSiLU
    /// `down(gelu(gate(x)) · up(x))`, GELU in its tanh form.
    case gatedGELU
  }

  /// How positions enter.
  public enum Positions: Sendable, Equatable {
    /// Queries and keys are rotated.
    case rotary
    /// A learned table is added to the embedding; position p reads row `p + offset`.
    case table(offset: Int)
  }

  /// What attention's operands are quantized over, per token.
  ///
  /// > Source: ZeroQAT's official code, int_llama_layer.py and int_opt_layer.py.
  public enum Operands: Sendable {
    /// Each head by itself.
    case heads
    /// All heads together.
    case rows
  }

  /// What norms compute.
  public var norm: Norm
  /// The feed-forward half.
  public var feedForward: FeedForward
  /// How positions enter.
  public var positions: Positions
  /// What attention's operands are quantized over.
  public var operands = Operands.heads
  /// Queries are scaled before they meet the keys, instead of their products.
  public var scalesQueries = false
  /// Every head of queries and keys has an RMS norm before it is rotated.
  public var hasHeadNorms = false
  /// The output of both halves has a norm before it is added to the stream.
  public var hasOutputNorms = false

  /// RMS norms, rotary positions, SwiGLU.
  static let gated = ModelParts(
    norm: .rootMeanSquare, feedForward: .gatedSiLU, positions: .rotary)

  /// Whether norms have a bias.
  public var hasNormBias: Bool { norm == .layer }

  /// Vectors of a norm: a gain, and a bias where there is one.
  public var normVectors: Int { hasNormBias ? 2 : 1 }

  /// Whether a gate stands beside the up projection.
  public var isGated: Bool { feedForward != .plainReLU }

  /// Whether queries and keys are rotated.
  public var isRotary: Bool { positions == .rotary }

  /// Rows of a table of positions that no position reads; nil without a table.
  public var positionOffset: Int? {
    guard case .table(let offset) = positions else { return nil }
    return offset
  }

  /// The linears of a block, in the order in which they run.
  public var linears: [LinearKind] {
    LinearKind.allCases.filter { isGated || $0 != .gate }
  }

  /// The norms of a block: those before its halves, then what else it has.
  public var norms: [NormKind] {
    NormKind.halves + (hasHeadNorms ? [.query, .key] : [])
      + (hasOutputNorms ? [.attentionOutput, .feedForwardOutput] : [])
  }

  /// Whether a factor of a query channel and its inverse in the key leave attention as it is: not behind a norm.
  public var canScaleQueries: Bool { !hasHeadNorms }

  /// Whether a rotation of the stream passes through: not through a norm in front of the sum.
  public var canRotateStream: Bool { !hasOutputNorms }
}
