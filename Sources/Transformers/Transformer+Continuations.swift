import Tensors

/// Tokens of which the last ones are scored: a prompt with what follows it.
///
/// The model reads all but the last id, which is only a target.
public struct Continuation: Sendable, Equatable {
  /// The ids.
  public var tokens: [Int32]
  /// How many at the end are scored, at least one; something stands before the first of them.
  public var scored: Int

  /// A continuation from its parts.
  ///
  /// - Precondition: `0 < scored < tokens.count`.
  public init(tokens: [Int32], scored: Int) {
    precondition(scored > 0 && scored < tokens.count, "\(scored) of \(tokens.count) tokens scored")
    self.tokens = tokens
    self.scored = scored
  }
}

extension Transformer {
  /// Negative log-likelihood of every scored token of every continuation, nats.
  ///
  /// Continuations of different lengths share forward passes: shorter ones are filled up at the right,
  /// which under the causal mask no earlier token can see. Only rows that predict a scored token meet
  /// the head.
  ///
  /// - Parameters:
  ///   - continuations: What to score.
  ///   - operators: The blocks.
  ///   - batchTokens: Tokens that go through a forward pass together, filling included; a longer
  ///     continuation goes alone.
  ///   - progress: Called with the number of continuations done.
  /// - Returns: One list per continuation, in the order given.
  /// - Throws: ``ModelError`` for ids or lengths that the model doesn't take.
  public func negativeLogLikelihoods(
    of continuations: [Continuation], operators: some BlockOperators, batchTokens: Int = 2048,
    progress: (Int) -> Void = { _ in }
  ) throws(ModelError) -> [[Double]] {
    var results = [[Double]](repeating: [], count: continuations.count)
    // Longest first: equal lengths meet, and the first pass needs the most memory. Ties keep their order.
    let order = continuations.indices.sorted {
      let (a, b) = (continuations[$0].tokens.count, continuations[$1].tokens.count)
      return a == b ? $0 < $1 : a > b
    }
    var done = 0
    while done < order.count {
      let width = continuations[order[done]].tokens.count - 1
      let batch = order[done..<min(order.count, done + max(1, batchTokens / width))]
      let losses = try losses(of: batch.map { continuations[$0] }, width: width, operators)
      for (index, loss) in zip(batch, losses) { results[index] = loss }
      done += batch.count
      progress(done)
    }
    return results
  }

  /// One forward pass over continuations of at most `width` tokens to read.
  private func losses(
    of batch: [Continuation], width: Int, _ operators: some BlockOperators
  ) throws(ModelError) -> [[Double]] {
    var tokens: [Int32] = []
    tokens.reserveCapacity(batch.count * width)
    for item in batch {
      let read = item.tokens.dropLast()
      tokens += read
      tokens += repeatElement(read.last ?? 0, count: width - read.count)
    }
    let all = try hidden(tokens, windowTokens: width, operators: operators)
    let wanted = batch.reduce(0) { $0 + $1.scored }
    let rows = Matrix(rows: wanted, columns: all.columns)
    var targets: [Int32] = []
    for (window, item) in batch.enumerated() {
      let first = window * width + item.tokens.count - 1 - item.scored
      rows.rows(targets.count..<targets.count + item.scored)
        .copy(from: all.rows(first..<first + item.scored))
      targets += item.tokens.suffix(item.scored)
    }
    for target in targets where target < 0 || target >= configuration.vocabularySize {
      throw .tokenOutOfRange(token: Int(target), vocabularySize: configuration.vocabularySize)
    }
    var losses = scored(rows, frame.head, targets)[...]
    return batch.map { item in
      defer { losses = losses.dropFirst(item.scored) }
      return Array(losses.prefix(item.scored))
    }
  }
}
