import Tensors

extension Transformer {
  /// Continues a prompt with the likeliest token each time, until a stop token, `limit` tokens, or the end of
  /// the model's positions.
  ///
  /// Keys and values of what was decoded are kept, so that each token costs one.
  ///
  /// - Parameters:
  ///   - prompt: What to continue; not empty.
  ///   - limit: New tokens at most, 1 or more.
  ///   - stops: Tokens that end the text; they aren't part of it.
  ///   - operators: The blocks.
  ///   - body: Gets each new token as soon as it is known. Of equally likely ones it is the first, and when no
  ///     logit is a number, the text ends.
  /// - Throws: ``ModelError`` for ids or a length that the model doesn't take, and what `body` throws.
  public func stream(
    after prompt: [Int32], limit: Int, stops: Set<Int32>, operators: some BlockOperators,
    _ body: (Int32) throws -> Void
  ) throws {
    precondition(!prompt.isEmpty && limit > 0, "\(limit) tokens after \(prompt.count)")
    let positions = configuration.positions
    guard prompt.count <= positions else {
      throw ModelError.windowTooLong(tokens: prompt.count, positions: positions)
    }
    let capacity = prompt.count + min(limit, positions - prompt.count)
    var cache = try DecodingCache(self, sequences: 1, capacity: capacity)
    var last: Matrix?
    for token in prompt { last = try decode([token], &cache, operators: operators) }
    for _ in 0..<limit {
      guard let hidden = last, let next = largestLogit(hidden, frame.head)[0],
        !stops.contains(next)
      else { return }
      try body(next)
      guard cache.length < capacity else { return }
      last = try decode([next], &cache, operators: operators)
    }
  }
}
