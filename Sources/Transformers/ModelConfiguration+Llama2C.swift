public import Checkpoints
import Vocabulary

extension ModelConfiguration {
  /// The configuration of a llama2.c checkpoint: its header, and the format's fixed conventions
  /// (rotary pairs interleaved, base 10,000, ε = 1e-5).
  public init(llama2C file: Llama2CFile) {
    let header = file.header
    self.init(
      architecture: .llama, parts: .gated, vocabularySize: header.vocabularySize,
      channels: header.channels,
      blocks: header.blocks, heads: header.heads, keyHeads: header.keyHeads,
      headSize: header.headSize, feedForward: header.feedForward, positions: header.positions,
      normEpsilon: 1e-5, rotaryIsInterleaved: true, tiesHead: header.tiesHead,
      hasAttentionInputBias: false, hasAttentionOutputBias: false, hasFeedForwardBias: false,
      embeddingWidth: header.channels)
  }
}
