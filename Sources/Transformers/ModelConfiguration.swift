internal import Tensors
public import Vocabulary

/// The shape of a decoder-only language model and the conventions that its numbers depend on.
public struct ModelConfiguration: Sendable, Equatable {
  /// The architecture.
  public var architecture: Architecture
  /// What it is made of.
  public var parts: ModelParts
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
  /// What each rotary frequency is divided by beyond that (`rope_freqs.weight` of a GGUF file).
  public var rotaryDivisors: [Double]?
  /// Base of the rotary frequencies of blocks with a window, which nothing stretches; nil for that of all.
  public var windowRotaryBase: Double?
  /// Blocks whose queries and keys aren't rotated.
  public var unrotatedBlocks: Set<Int> = []
  /// Rotary pairs are (2i, 2i+1), as in llama2.c and GGUF, instead of (i, i + headSize/2).
  public var rotaryIsInterleaved = false
  /// The head is the embedding.
  public var tiesHead: Bool
  /// Q, K and V have biases (OPT, Qwen2, LLaMA with `attention_bias`).
  public var hasAttentionInputBias: Bool
  /// The output of attention has a bias (OPT, LLaMA with `attention_bias`).
  public var hasAttentionOutputBias: Bool
  /// The linears of the feed-forward part have biases (OPT, LLaMA with `mlp_bias`).
  public var hasFeedForwardBias: Bool
  /// In which blocks attention reaches back only so far; nil where it always sees all.
  public var slidingWindow: SlidingWindow?
  /// Norms come before each half block; the post-norm form is OPT-350m's.
  public var normsFirst = true
  /// A block's LayerNorms subtract the mean (OPT); false where a rotation of the stream has taken that in.
  public var normsSubtractMean = true
  /// A norm follows the last block.
  public var hasFinalNorm = true
  /// What embeddings are multiplied by as they enter the stream; nil for nothing.
  public var embeddingScale: Float?
  /// Products of queries and keys are divided by the root of this; nil for ``headSize``.
  public var attentionDivisor: Double?
  /// Width of the embedding where a projection leads to ``channels`` (OPT-350m).
  public var embeddingWidth: Int

  /// Rows of the table of learned positions, those included that no position reads; 0 without one.
  public var positionRows: Int { parts.positionOffset.map { positions + $0 } ?? 0 }

  /// What products of queries and keys are multiplied by.
  public var attentionScale: Float {
    guard let attentionDivisor else { return 1 / Float(headSize).squareRoot() }
    return Float(1 / attentionDivisor.squareRoot())
  }

  /// Channels that an operand of attention is quantized over at a time.
  public var operandGroup: Int { parts.operands == .rows ? channels : headSize }

  /// The linears of a block, in the order in which they run.
  public var linears: [LinearKind] { parts.linears }

  /// The norms of a block, in the order in which they are held.
  public var norms: [NormKind] { parts.norms }

  /// Channels of a norm's gain.
  public func channels(of norm: NormKind) -> Int {
    norm == .query || norm == .key ? headSize : channels
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
    case .output: hasAttentionOutputBias
    case .gate, .up, .down: hasFeedForwardBias
    }
  }

  /// How many tokens a query of a block sees at most, itself included; nil for all before it.
  public func reach(ofBlock block: Int) -> Int? {
    guard let slidingWindow, slidingWindow.concerns(block) else { return nil }
    return slidingWindow.tokens
  }

  /// Number of weights in the linears of all blocks; the largest number there is, for shapes beyond that.
  public var linearParameters: Int {
    linears.reduce(0) { sum, kind in
      let (outputs, inputs) = shape(of: kind)
      return sum.plusOrMost(outputs.timesOrMost(inputs))
    }.timesOrMost(blocks)
  }
}

/// Attention that reaches back a fixed number of tokens.
public struct SlidingWindow: Sendable, Equatable {
  /// Tokens that a query sees, itself included.
  public var tokens: Int
  /// The first block where it is so.
  public var firstBlock = 0
  /// Blocks after that one that see everything all the same.
  public var exceptions: Set<Int> = []

  /// Whether a block is concerned.
  func concerns(_ block: Int) -> Bool { block >= firstBlock && !exceptions.contains(block) }
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

  /// What keys the random numbers of its weights; never to be changed.
  public var key: BlockKey {
    switch self {
    case .query: .original(0, of: 7)
    case .key: .original(1, of: 7)
    case .value: .original(2, of: 7)
    case .output: .original(3, of: 7)
    case .gate: .original(4, of: 7)
    case .up: .original(5, of: 7)
    case .down: .original(6, of: 7)
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
  public var tensor: Int { kind.key.index(block: block) }
}

/// One of a block's norms.
public enum NormKind: Int, Sendable, CaseIterable {
  /// Before attention, and before the feed-forward half; these two also stand for the halves.
  case attention, feedForward
  /// Of every head of queries, and of keys.
  case query, key
  /// Of the halves' output, before the sum.
  case attentionOutput, feedForwardOutput

  /// The halves of a block, by the norm before each.
  public static let halves: [NormKind] = [.attention, .feedForward]

  /// The norm of a half's output.
  var output: NormKind { self == .attention ? .attentionOutput : .feedForwardOutput }

  /// What keys the random numbers of its gain and bias; never to be changed.
  ///
  /// The final norm goes by that of the attention of a block behind the last.
  public var key: BlockKey {
    switch self {
    case .attention: .original(0, of: 2)
    case .feedForward: .original(1, of: 2)
    case .query: .added(0)
    case .key: .added(1)
    case .attentionOutput: .added(2)
    case .feedForwardOutput: .added(3)
    }
  }
}
