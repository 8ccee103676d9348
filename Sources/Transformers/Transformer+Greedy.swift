import Tensors

extension Transformer {
  /// Continues prompts with the likeliest token each time, until a stop token or `limit` tokens.
  ///
  /// Several prompts share a forward pass, filled up at the right as in
  /// ``negativeLogLikelihoods(of:operators:batchTokens:progress:)``. Every pass reads the whole text
  /// again: no keys or values are kept.
  ///
  /// - Parameters:
  ///   - prompts: What to continue; none may be empty.
  ///   - limit: New tokens at most; fewer where the positions end.
  ///   - stops: Tokens that end an answer; they aren't part of it.
  ///   - operators: The blocks.
  ///   - batchTokens: Tokens that go through a forward pass together, filling included.
  ///   - progress: Called with the number of prompts done.
  /// - Returns: The new tokens of each prompt, in the order given. Of equally likely tokens the first is
  ///   taken, and when no logit is a number, none.
  /// - Throws: ``ModelError`` for ids or lengths that the model doesn't take.
  public func greedyContinuations(
    of prompts: [[Int32]], limit: Int, stops: Set<Int32>, operators: some BlockOperators,
    batchTokens: Int = 2048, progress: (Int) -> Void = { _ in }
  ) throws(ModelError) -> [[Int32]] {
    precondition(prompts.allSatisfy { !$0.isEmpty }, "a prompt without a token")
    var texts = prompts
    let order = prompts.indices.sorted {
      let (a, b) = (prompts[$0].count, prompts[$1].count)
      return a == b ? $0 < $1 : a > b
    }
    var done = 0
    while done < order.count {
      let longest = prompts[order[done]].count + limit
      let batch = order[done..<min(order.count, done + max(1, batchTokens / longest))]
      var open = Array(batch)
      for _ in 0..<limit {
        open.removeAll { texts[$0].count >= configuration.positions }
        guard !open.isEmpty else { break }
        let next = try likeliest(after: open.map { texts[$0] }, operators)
        var still: [Int] = []
        for (index, token) in zip(open, next) {
          guard let token, !stops.contains(token) else { continue }
          texts[index].append(token)
          still.append(index)
        }
        open = still
      }
      done += batch.count
      progress(done)
    }
    return zip(texts, prompts).map { Array($0.dropFirst($1.count)) }
  }

  /// The likeliest token after each text; nil where no logit is a number.
  private func likeliest(
    after texts: [[Int32]], _ operators: some BlockOperators
  ) throws(ModelError) -> [Int32?] {
    let width = texts.map(\.count).max() ?? 0
    let tokens = texts.flatMap { $0 + repeatElement($0.last ?? 0, count: width - $0.count) }
    let all = try hidden(tokens, windowTokens: width, operators: operators)
    let last = Matrix(rows: texts.count, columns: all.columns)
    for (row, text) in texts.enumerated() {
      let source = row * width + text.count - 1
      last.rows(row..<row + 1).copy(from: all.rows(source..<source + 1))
    }
    return largestLogit(last, frame.head)
  }

  /// The entry with the largest logit of each row, the vocabulary tile by tile.
  func largestLogit(_ hidden: Matrix, _ head: some EmbeddingTable) -> [Int32?] {
    let tile = 2048
    let vocabulary = head.vocabularySize
    let scratch = Matrix(rows: min(tile, vocabulary), columns: hidden.columns)
    let logits = Matrix(rows: hidden.rows, columns: min(tile, vocabulary))
    var best = [(logit: Float, token: Int32?)](repeating: (-.infinity, nil), count: hidden.rows)
    for piece in 0..<tileCount(vocabulary, size: tile) {
      let entries = tileRange(piece, of: vocabulary, size: tile)
      let scores = logits.columns(0..<entries.count)
      linear(hidden, head.rows(entries, scratch: scratch), into: scores)
      for row in 0..<hidden.rows {
        let values = scores.row(row)
        for column in 0..<entries.count where values[column] > best[row].logit {
          best[row] = (values[column], Int32(entries.lowerBound + column))
        }
      }
    }
    return best.map(\.token)
  }
}
