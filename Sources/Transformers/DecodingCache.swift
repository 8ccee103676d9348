public import Tensors

/// Keys and values of the tokens that sequences of equal length have been decoded to so far.
public struct DecodingCache: Sendable {
  /// Sequences side by side.
  public let sequences: Int
  /// Tokens that fit in each.
  public let capacity: Int
  /// Tokens decoded so far.
  public private(set) var length = 0
  fileprivate let blocks: [(key: Matrix, value: Matrix)]
  fileprivate let workspace: Workspace
  fileprivate let rotary: RotaryTable

  /// An empty cache.
  ///
  /// - Throws: ``ModelError/windowTooLong(tokens:positions:)``.
  public init(_ transformer: Transformer, sequences: Int, capacity: Int) throws(ModelError) {
    precondition(sequences > 0 && capacity > 0, "\(sequences) sequences of \(capacity) tokens")
    let c = transformer.configuration
    guard capacity <= c.positions else {
      throw .windowTooLong(tokens: capacity, positions: c.positions)
    }
    self.sequences = sequences
    self.capacity = capacity
    func storage() -> Matrix {
      Matrix(rows: sequences * capacity, columns: c.keyHeads * c.headSize)
    }
    blocks = (0..<c.blocks).map { _ in (storage(), storage()) }
    workspace = Workspace(configuration: c, rows: sequences)
    rotary = transformer.rotaryTable(windowTokens: capacity)
  }

  fileprivate mutating func advance() { length += 1 }
}

extension Transformer {
  /// Decodes one more token of each sequence and returns the head's input after it, `[sequences, E]`.
  ///
  /// As the last row of each window of ``hidden(_:windowTokens:operators:workspace:)`` over all tokens so
  /// far, at the cost of one.
  ///
  /// - Precondition: There is room in the cache, and one token for each sequence.
  /// - Throws: ``ModelError/tokenOutOfRange(token:vocabularySize:)``.
  public func decode(
    _ tokens: [Int32], _ cache: inout DecodingCache, operators: some BlockOperators
  ) throws(ModelError) -> Matrix {
    precondition(
      tokens.count == cache.sequences && cache.length < cache.capacity,
      "\(tokens.count) tokens for \(cache.sequences) sequences, \(cache.length) of "
        + "\(cache.capacity) decoded")
    let position = cache.length
    let x = try embed(tokens, windowTokens: 1, firstPosition: position)
    cache.advance()
    for block in 0..<configuration.blocks {
      for kind in NormKind.allCases {
        decodeHalf(kind, block, x, position, cache, operators)
      }
    }
    return finish(x)
  }

  private func decodeHalf(
    _ kind: NormKind, _ block: Int, _ x: Matrix, _ position: Int, _ cache: DecodingCache,
    _ operators: some BlockOperators
  ) {
    let (c, w) = (configuration, cache.workspace)
    if c.normsFirst { normalize(x, kind, block, operators, into: w.normed) }
    if !c.normsFirst { w.normed.copy(from: x) }
    switch (kind, c.architecture) {
    case (.attention, _): attend(block, position, cache, operators)
    case (.feedForward, .llama): Llama.feedForward(c, block: block, operators, w)
    case (.feedForward, .opt): OPT.feedForward(block: block, operators, w)
    }
    add(w.result, to: x)
    if !c.normsFirst {
      normalize(x, kind, block, operators, into: w.result)
      x.copy(from: w.result)
    }
  }

  private func normalize(
    _ x: Matrix, _ kind: NormKind, _ block: Int, _ operators: some BlockOperators,
    into out: Matrix
  ) {
    let (gain, bias) = operators.norm(kind, block: block)
    if configuration.architecture == .opt, let bias {
      OPT.normalize(x, configuration, gain: gain, bias: bias, into: out)
    } else {
      rmsNorm(x, gain: gain, bias: bias, epsilon: configuration.normEpsilon, into: out)
    }
  }

  /// Attention of the new tokens; leaves its result in the workspace.
  private func attend(
    _ block: Int, _ position: Int, _ cache: DecodingCache, _ operators: some BlockOperators
  ) {
    let (c, w) = (configuration, cache.workspace)
    let scale = 1 / Float(c.headSize).squareRoot()
    operators.quantizeInput(w.normed, of: [.query, .key, .value], block: block)
    for (kind, y) in [(LinearKind.query, w.query), (.key, w.key), (.value, w.value)] {
      operators.apply(LinearID(block: block, kind: kind), to: w.normed, into: y)
    }
    let isOPT = c.architecture == .opt
    if isOPT {
      Tensors.scale(w.query, by: scale)
    } else {
      for x in [w.query, w.key] {
        rotate(
          x, table: cache.rotary.at(position), windowTokens: 1, headSize: c.headSize,
          isInterleaved: c.rotaryIsInterleaved)
      }
    }
    for (kind, x) in [(LinearKind.query, w.query), (.key, w.key), (.value, w.value)] {
      operators.quantizeOperand(
        x, kind, block: block, groupSize: isOPT ? c.channels : c.headSize)
    }
    let (keys, values) = cache.blocks[block]
    for sequence in 0..<cache.sequences {
      let row = sequence * cache.capacity + position
      keys.rows(row..<row + 1).copy(from: w.key.rows(sequence..<sequence + 1))
      values.rows(row..<row + 1).copy(from: w.value.rows(sequence..<sequence + 1))
    }
    cachedAttention(
      q: w.query, k: keys, v: values, length: position + 1, capacity: cache.capacity,
      headSize: c.headSize, scale: isOPT ? 1 : scale, reach: c.reach(ofBlock: block),
      into: w.attended)
    operators.quantizeInput(w.attended, of: [.output], block: block)
    operators.apply(LinearID(block: block, kind: .output), to: w.attended, into: w.result)
  }
}
