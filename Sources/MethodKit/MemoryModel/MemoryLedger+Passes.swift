import Quantizers
import Tensors
package import Transformers

/// Transient storage that ``QuantizedBlocks`` keep from one use to the next.
package struct BlockTransients: Sendable {
  /// Elements of the panel each time that it grows, the last for good; empty where all weights are ready.
  package var panels: [Int] = []
  /// Tokens that are coded at a time, where products are in integers.
  package var codedTokens: Int?

  /// The transients of blocks in which these linears are live or packed.
  package init(_ s: MemoryShape, unpacked: [LinearKind]) {
    for kind in unpacked {
      let (rows, columns) = s.configuration.shape(of: kind)
      let count = WeightPanel.elementCount(rows: rows, columns: columns, threads: s.threads)
      if count > panels.last ?? 0 { panels.append(count) }
    }
  }
}

/// What forward passes take, as ``Transformers/Transformer`` and what it calls allocate it.
extension MemoryLedger {
  /// Activations of a layer for so many tokens.
  package mutating func holdWorkspace(_ c: ModelConfiguration, tokens: Int) {
    hold(.activations, of: tokens, c.channels)
    hold(.activations, 2, of: tokens, c.heads, c.headSize)
    hold(.activations, 2, of: tokens, c.keyHeads, c.headSize)
    hold(.activations, c.parts.isGated ? 2 : 1, of: tokens, c.feedForward)
    if c.channels != c.heads * c.headSize { hold(.activations, of: tokens, c.channels) }
  }

  /// The transients of blocks, full-grown.
  package mutating func holdTransients(_ transients: BlockTransients, _ s: MemoryShape) {
    let c = s.configuration
    hold(.panels, of: transients.panels.last ?? 0)
    guard let tokens = transients.codedTokens else {
      // Codes of tokens, their sums, and the product's scratch, empty.
      hold(.panels, 3, of: 0)
      return
    }
    let inputs = c.linears.map { c.shape(of: $0).inputs }.max() ?? 0
    hold(.panels, width: 1, of: tokens, QuantizedTokens.paddedColumns(inputs))
    hold(.panels, width: QuantizedTokens.sumBytes, of: tokens)
    let scratch = c.linears.map { kind in
      let (outputs, inputs) = c.shape(of: kind)
      return IntegerScratch.byteCount(outputs: outputs, columns: inputs, threads: s.threads)
    }
    hold(.panels, width: 1, of: scratch.max() ?? 0)
  }

  /// Angles of the rotary positions, or two empty tables.
  package mutating func holdRotary(_ s: MemoryShape) {
    let c = s.configuration
    let tables = c.windowRotaryBase == nil ? 1 : 2
    hold(.activations, 2 * tables, of: s.windowTokens, c.parts.isRotary ? c.headSize / 2 : 0)
  }

  /// The residual stream's embedding, `[tokens, C]`, made and held.
  package mutating func holdStream(_ s: MemoryShape, tokens: Int) {
    let c = s.configuration
    hold(.activations, of: tokens, c.channels)
    if c.embeddingWidth != c.channels {
      moment { $0.hold(.activations, of: tokens, c.embeddingWidth) }
    }
  }

  /// Scores of attention, a tile of queries per thread, for a moment.
  package mutating func attend(_ s: MemoryShape, windows: Int) {
    moment {
      let rows = min(AttentionTiles.queries, s.windowTokens)
      let tiles =
        windows
        .timesOrMost(s.configuration.heads)
        .timesOrMost(tileCount(s.windowTokens, size: AttentionTiles.queries))
      $0.hold(
        .scores, s.threads, of: rows, s.windowTokens, touched: s.busyThreads(tiles: tiles))
    }
  }

  /// A forward pass over whole windows down to their losses.
  ///
  /// - Parameters:
  ///   - s: The run's shape.
  ///   - windows: Windows that go through together.
  ///   - head: What the head is held in.
  ///   - transients: Those of the blocks, full-grown and held already.
  ///   - hasWorkspace: Whether a workspace is held already; otherwise blocks have one of their own.
  package mutating func forward(
    _ s: MemoryShape, windows: Int, head: FramePrecision, _ transients: BlockTransients,
    hasWorkspace: Bool = true
  ) {
    let c = s.configuration
    let tokens = windows.timesOrMost(s.windowTokens)
    moment {
      $0.holdStream(s, tokens: tokens)
      $0.holdRotary(s)
      if !hasWorkspace { $0.holdWorkspace(c, tokens: tokens) }
      // A panel that grows lies beside the smaller one for a moment.
      $0.moment { ledger in
        ledger.hold(.panels, of: transients.panels.dropLast().last ?? 0, touched: 0)
      }
      $0.attend(s, windows: windows)
      if c.hasFinalNorm { $0.hold(.activations, of: tokens, c.channels) }
      if c.embeddingWidth != c.channels { $0.hold(.activations, of: tokens, c.embeddingWidth) }
    }
    moment {
      $0.hold(.activations, of: tokens, c.embeddingWidth)
      let tile = LossTiles.tokens(of: tokens)
      let busy = s.busyThreads(tiles: tileCount(tokens, size: tile))
      $0.hold(.scores, s.threads, of: min(tile, tokens), LossTiles.vocabulary, touched: busy)
      let rows = head == .half ? LossTiles.convertedRows(channels: c.embeddingWidth) : 0
      $0.hold(.scores, s.threads, of: rows, c.embeddingWidth, touched: busy)
    }
  }

  /// Scoring of development and test windows, as ``QuantizedModel/score(_:order:progress:)`` does it.
  package mutating func evaluate(
    _ s: MemoryShape, head: FramePrecision, _ transients: BlockTransients
  ) {
    for count in [s.developmentWindows, s.testWindows] {
      let batch = min(QuantizedModel.scoredWindows(windowTokens: s.windowTokens), count)
      moment {
        $0.holdWorkspace(s.configuration, tokens: batch.timesOrMost(s.windowTokens))
        $0.forward(s, windows: batch, head: head, transients)
        let rest = batch > 0 ? count % batch : 0
        if rest > 0 {
          $0.forward(s, windows: rest, head: head, transients, hasWorkspace: false)
        }
      }
    }
  }
}
