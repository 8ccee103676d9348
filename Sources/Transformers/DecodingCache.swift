public import Tensors

/// Keys and values of the tokens that sequences have been decoded to so far, each to a length of its own.
public struct DecodingCache: Sendable {
  /// Sequences side by side.
  public let sequences: Int
  /// Tokens that fit in each.
  public let capacity: Int
  /// Tokens of each sequence decoded so far.
  public private(set) var lengths: [Int]
  fileprivate let blocks: [(key: Matrix, value: Matrix)]
  fileprivate let workspace: Workspace
  fileprivate let rotary: BlockRotations

  /// Tokens of the longest sequence decoded so far.
  public var length: Int { lengths.max() ?? 0 }

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
    lengths = [Int](repeating: 0, count: sequences)
    func storage() -> Matrix {
      Matrix(rows: sequences * capacity, columns: c.keyHeads * c.headSize)
    }
    blocks = (0..<c.blocks).map { _ in (storage(), storage()) }
    workspace = Workspace(configuration: c, rows: sequences)
    rotary = transformer.rotaryTable(windowTokens: capacity)
  }

  fileprivate mutating func advance(_ sequence: Int, by count: Int) { lengths[sequence] += count }
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
    try decode(tokens, of: Array(0..<cache.sequences), &cache, operators: operators)
  }

  /// Decodes one more token of some sequences: as ``decode(_:_:operators:)`` for those alone.
  ///
  /// > Shape: the result is `[sequences.count, E]`.
  ///
  /// - Precondition: There is room in the cache, one token for each sequence, and none of those twice.
  /// - Throws: ``ModelError/tokenOutOfRange(token:vocabularySize:)``.
  public func decode(
    _ tokens: [Int32], of sequences: [Int], _ cache: inout DecodingCache,
    operators: some BlockOperators
  ) throws(ModelError) -> Matrix {
    precondition(
      tokens.count == sequences.count && Set(sequences).count == sequences.count
        && sequences.allSatisfy { cache.lengths[$0] < cache.capacity },
      "\(tokens.count) tokens for the sequences \(sequences), \(cache.lengths) of "
        + "\(cache.capacity) decoded")
    let places = sequences.map { cache.lengths[$0] }
    let x = try embed(tokens, at: places)
    for sequence in sequences { cache.advance(sequence, by: 1) }
    let w = cache.workspace.prefix(tokens.count)
    let rotary = cache.rotary.at(places)
    for block in 0..<configuration.blocks {
      // Each row is a window's only one, and has its angles in a row of its own.
      let pass = pass(block, tokens.count, rotary, operators)
      pass.half(.attention, on: x, w) {
        pass.operands(w)
        pass.attend(w, at: places, of: sequences, cache)
        pass.output(w)
      }
      pass.half(.feedForward, on: x, w) { pass.run(.feedForward, w) }
    }
    return finish(x)
  }

  /// Reads the beginnings of all sequences in one pass and returns the head's input after each, `[sequences, E]`.
  ///
  /// Texts of different lengths are filled up at the right, which no earlier token can see.
  ///
  /// - Precondition: The cache is empty, and each text has a token and fits in it.
  /// - Throws: ``ModelError/tokenOutOfRange(token:vocabularySize:)``.
  public func read(
    _ texts: [[Int32]], into cache: inout DecodingCache, operators: some BlockOperators
  ) throws(ModelError) -> Matrix {
    precondition(
      texts.count == cache.sequences && cache.length == 0
        && texts.allSatisfy { (1...cache.capacity).contains($0.count) },
      "\(texts.map(\.count)) tokens for \(cache.sequences) sequences of \(cache.capacity)")
    let width = texts.map(\.count).max() ?? 0
    let tokens = texts.flatMap { $0 + repeatElement($0.last ?? 0, count: width - $0.count) }
    let x = try embed(tokens, windowTokens: width)
    let w = Workspace(configuration: configuration, rows: x.rows)
    for block in 0..<configuration.blocks {
      let pass = pass(block, width, cache.rotary, operators)
      pass.half(.attention, on: x, w) {
        pass.operands(w)
        for (sequence, text) in texts.enumerated() {
          pass.keep(text.count, from: sequence * width, of: w, sequence, cache)
        }
        pass.attend(w)
        pass.output(w)
      }
      pass.half(.feedForward, on: x, w) { pass.run(.feedForward, w) }
    }
    let all = finish(x)
    let last = Matrix(rows: texts.count, columns: all.columns)
    for (sequence, text) in texts.enumerated() {
      cache.advance(sequence, by: text.count)
      let row = sequence * width + text.count - 1
      last.rows(sequence..<sequence + 1).copy(from: all.rows(row..<row + 1))
    }
    return last
  }
}

extension BlockPass {
  /// Keeps keys and values of `count` rows of the workspace as the beginning of a sequence.
  fileprivate func keep(
    _ count: Int, from row: Int, of w: Workspace, _ sequence: Int, _ cache: DecodingCache
  ) {
    let (keys, values) = cache.blocks[block]
    let place = sequence * cache.capacity
    keys.rows(place..<place + count).copy(from: w.key.rows(row..<row + count))
    values.rows(place..<place + count).copy(from: w.value.rows(row..<row + count))
  }

  /// Attention of one new token of each of some sequences.
  fileprivate func attend(
    _ w: Workspace, at places: [Int], of sequences: [Int], _ cache: DecodingCache
  ) {
    let (keys, values) = cache.blocks[block]
    for (row, sequence) in sequences.enumerated() {
      let place = sequence * cache.capacity + places[row]
      keys.rows(place..<place + 1).copy(from: w.key.rows(row..<row + 1))
      values.rows(place..<place + 1).copy(from: w.value.rows(row..<row + 1))
    }
    cachedAttention(
      q: w.query, k: keys, v: values, sequences: sequences, lengths: places.map { $0 + 1 },
      capacity: cache.capacity, headSize: c.headSize, scale: productScale,
      reach: c.reach(ofBlock: block), into: w.attended)
  }
}
