/// The sizes of a model that has no weights yet.
public struct ModelShape: Codable, Sendable, Equatable {
  /// Rows of the embedding.
  public var vocabulary: Int
  /// Channels of the residual stream.
  public var channels: Int
  /// Number of blocks.
  public var blocks: Int
  /// Query heads.
  public var heads: Int
  /// Key and value heads.
  public var keyHeads: Int?
  /// Hidden channels of the feed-forward part.
  public var feedForward: Int
  /// Longest sequence in tokens.
  public var positions: Int
  /// Whether the head is the embedding.
  public var tiesHead: Bool
  /// Base of the rotary frequencies.
  public var rotaryBase: Double?
  /// ε of the norms; that of an architecture without this member is 1e-5.
  public var normEpsilon: Double?
  /// Channels per head; an even share of all where it is missing.
  public var headSize: Int?
  /// How many tokens attention reaches back, where it does so.
  public var slidingWindow: Int?

  /// A shape from its parts.
  public init(
    vocabulary: Int, channels: Int, blocks: Int, heads: Int, keyHeads: Int? = nil,
    feedForward: Int, positions: Int, tiesHead: Bool, rotaryBase: Double? = nil,
    normEpsilon: Double? = nil, headSize: Int? = nil, slidingWindow: Int? = nil
  ) {
    self.vocabulary = vocabulary
    self.channels = channels
    self.blocks = blocks
    self.heads = heads
    self.keyHeads = keyHeads
    self.feedForward = feedForward
    self.positions = positions
    self.tiesHead = tiesHead
    self.rotaryBase = rotaryBase
    self.normEpsilon = normEpsilon
    self.headSize = headSize
    self.slidingWindow = slidingWindow
  }

  /// A member that not every family has.
  public enum Option: String, Sendable, CaseIterable {
    case keyHeads, rotaryBase, normEpsilon, headSize, slidingWindow
  }

  /// Whether the member is there.
  public func has(_ option: Option) -> Bool {
    switch option {
    case .keyHeads: keyHeads != nil
    case .rotaryBase: rotaryBase != nil
    case .normEpsilon: normEpsilon != nil
    case .headSize: headSize != nil
    case .slidingWindow: slidingWindow != nil
    }
  }

  /// Channels per head.
  ///
  /// - Precondition: There is at least one head.
  public var channelsPerHead: Int { headSize ?? channels / heads }

  /// The same with the size of heads said.
  var withHeadSize: ModelShape {
    var shape = self
    shape.headSize = channelsPerHead
    return shape
  }
}
