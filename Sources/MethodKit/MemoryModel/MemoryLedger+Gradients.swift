package import Quantizers
import Tensors
package import Transformers

/// What backward passes take, as ``Transformers/TrainingPass`` and ``LearnableBlocks`` allocate it.
extension MemoryLedger {
  /// Everything that a block's forward pass leaves for its backward.
  ///
  /// - Parameters:
  ///   - c: The model's shape.
  ///   - tokens: Tokens of the largest batch.
  ///   - keepsRaw: Whether activations are kept as they were before quantization, too.
  package mutating func holdTape(_ c: ModelConfiguration, tokens: Int, keepsRaw: Bool) {
    let twice = keepsRaw ? 2 : 1
    // The result of both halves; of each half its norm's output and the stream.
    hold(.activations, 1 + 2 * (twice + 1), of: tokens, c.channels)
    hold(.activations, 2 * twice, of: tokens, c.heads, c.headSize)
    hold(.activations, 2 * twice, of: tokens, c.keyHeads, c.headSize)
    hold(.activations, (c.parts.isGated ? 3 : 1) + twice - 1, of: tokens, c.feedForward)
    if c.parts.hasHeadNorms { holdHeads(c, tokens: tokens) }
    if c.parts.hasOutputNorms { hold(.activations, 2, of: tokens, c.channels) }
    // What a half hasn't got is one empty matrix.
    hold(.activations, 2, of: 0)
  }

  /// Gradients of one block's activations.
  package mutating func holdGradientWorkspace(_ c: ModelConfiguration, tokens: Int) {
    hold(.activations, of: tokens, c.channels)
    hold(.activations, 2, of: tokens, c.heads, c.headSize)
    hold(.activations, 2, of: tokens, c.keyHeads, c.headSize)
    hold(.activations, c.parts.isGated ? 2 : 1, of: tokens, c.feedForward)
    hold(.activations, 2, of: c.channels)
    if c.parts.hasHeadNorms {
      holdHeads(c, tokens: tokens)
      hold(.activations, of: c.headSize)
    }
    if c.parts.hasOutputNorms { hold(.activations, of: tokens, c.channels) }
  }

  /// Queries and keys before the norms of their heads, or their gradients.
  private mutating func holdHeads(_ c: ModelConfiguration, tokens: Int) {
    hold(.activations, of: tokens, c.heads, c.headSize)
    hold(.activations, of: tokens, c.keyHeads, c.headSize)
  }

  /// The panels in which learnable blocks make weights and their gradients, as large as the largest linear.
  package mutating func holdLearnerPanels(_ c: ModelConfiguration) {
    let shapes = c.linears.map { c.shape(of: $0) }
    hold(.panels, 2, of: shapes.map { $0.outputs.timesOrMost($0.inputs) }.max() ?? 0)
    hold(.panels, of: 2, shapes.map(\.outputs).max() ?? 0)
  }

  /// Gradients and both moments of AdamW for so many tensors.
  package mutating func holdTrained(_ count: Int = 1, of elements: Int...) {
    let product = elements.reduce(1) { $0.timesOrMost($1) }
    hold(.gradients, count, of: product)
    hold(.moments, count.timesOrMost(2), of: product)
  }

  /// Storage of a whole model's pass: the stream before each block, one tape, a chunk of logits.
  package mutating func holdTrainingPass(_ c: ModelConfiguration, tokens: Int, keepsRaw: Bool) {
    // The streams, and the gradient of one; then that of the head's input.
    hold(.activations, c.blocks.plusOrMost(2), of: tokens, c.channels)
    hold(.activations, of: tokens, c.embeddingWidth)
    holdTape(c, tokens: tokens, keepsRaw: keepsRaw)
    holdGradientWorkspace(c, tokens: tokens)
    let chunk = VocabularyLoss.chunk(tokens: tokens, vocabularySize: c.vocabularySize)
    hold(.scores, of: chunk, c.vocabularySize)
  }

  /// What a pass over the whole model holds for a moment, forward and backward.
  ///
  /// - Parameters:
  ///   - s: The run's shape.
  ///   - windows: Windows of a batch.
  ///   - grids: Numbers that the quantizer's backward pass finds for each group; clipping has two of them.
  ///   - groups: Groups of the linear that has most of them.
  package mutating func passThroughModel(
    _ s: MemoryShape, windows: Int, grids: Int, groups: Int
  ) {
    let c = s.configuration
    let tokens = windows.timesOrMost(s.windowTokens)
    moment {
      $0.holdStream(s, tokens: tokens)
      $0.holdRotary(s)
      $0.attend(s, windows: windows)
      $0.moment { ledger in
        ledger.hold(.activations, of: tokens, c.channels)
        if c.embeddingWidth != c.channels {
          ledger.hold(.activations, of: tokens, c.embeddingWidth)
        }
        // Rows of a head that is float32 already are never copied.
        ledger.hold(
          .scores, s.threads, of: min(VocabularyLoss.headRows, c.vocabularySize),
          c.embeddingWidth, touched: 0)
      }
      $0.passBack(s, windows: windows, grids: grids, groups: groups)
    }
  }

  /// What the backward pass through one block holds for a moment.
  package mutating func passBack(_ s: MemoryShape, windows: Int, grids: Int, groups: Int) {
    let c = s.configuration
    let units = windows.timesOrMost(c.keyHeads)
    moment {
      $0.hold(
        .scores, min(s.threads, units), of: 2, min(AttentionTiles.queries, s.windowTokens),
        s.windowTokens, touched: s.busyThreads(tiles: units))
    }
    moment { $0.hold(.vectors, grids, of: groups) }
    // Sums of each 64 rows, for the gradients of a norm.
    let tokens = windows.timesOrMost(s.windowTokens)
    moment { $0.hold(.activations, of: tileCount(tokens, size: 64), 2, c.channels) }
    if c.parts.hasHeadNorms {
      let rows = tokens.timesOrMost(c.heads)
      moment { $0.hold(.activations, of: tileCount(rows, size: 64), 2, c.headSize) }
    }
  }
}

extension ModelConfiguration {
  /// The most groups that any linear has under a quantizer; 0 without one.
  package func mostGroups(_ quantizer: WeightQuantizer?) -> Int {
    guard let quantizer else { return 0 }
    return linears.map { kind in
      let (rows, columns) = shape(of: kind)
      return rows.timesOrMost(quantizer.groups(in: columns))
    }.max() ?? 0
  }
}
