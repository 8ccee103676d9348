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
  fileprivate let rotary: BlockRotations

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
    let w = cache.workspace
    for block in 0..<configuration.blocks {
      let pass = BlockPass(
        c: configuration, block: block, windowTokens: 1,
        rotary: cache.rotary.table(ofBlock: block)?.at(position), operators: operators)
      pass.half(.attention, on: x, w) { pass.attend(position, cache) }
      pass.half(.feedForward, on: x, w) { pass.run(.feedForward, w) }
    }
    return finish(x)
  }
}

extension BlockPass {
  /// Attention of one new token of each sequence; leaves its result in the cache's workspace.
  fileprivate func attend(_ position: Int, _ cache: DecodingCache) {
    let w = cache.workspace
    operands(w)
    let (keys, values) = cache.blocks[block]
    for sequence in 0..<cache.sequences {
      let row = sequence * cache.capacity + position
      keys.rows(row..<row + 1).copy(from: w.key.rows(sequence..<sequence + 1))
      values.rows(row..<row + 1).copy(from: w.value.rows(sequence..<sequence + 1))
    }
    cachedAttention(
      q: w.query, k: keys, v: values, length: position + 1, capacity: cache.capacity,
      headSize: c.headSize, scale: productScale, reach: c.reach(ofBlock: block),
      into: w.attended)
    output(w)
  }
}
