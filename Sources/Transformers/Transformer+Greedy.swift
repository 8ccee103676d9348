import Tensors

extension Transformer {
  /// Continues prompts with the likeliest token each time, until a stop token or `limit` tokens.
  ///
  /// Several prompts are read in one pass, filled up at the right as in
  /// ``negativeLogLikelihoods(of:operators:batchTokens:progress:)``; from then on keys and values are kept and each
  /// token costs one. What rounds apart from a pass over the whole text are the last bits of a product of few rows;
  /// where the two likeliest tokens are so near that these might decide, such a pass decides.
  ///
  /// - Parameters:
  ///   - prompts: What to continue; none may be empty.
  ///   - limit: New tokens at most; fewer where the positions end.
  ///   - stops: Tokens that end an answer; they aren't part of it.
  ///   - operators: The blocks; each treats a row by itself.
  ///   - batchTokens: Tokens that go through a forward pass together, filling included.
  ///   - doubt: Share of the largest logit by which the likeliest token must lead; infinity to keep nothing, with a
  ///     pass over the whole text for every token.
  ///   - progress: Called with the number of prompts done.
  /// - Returns: The new tokens of each prompt, in the order given. Of equally likely tokens the first is
  ///   taken, and when no logit is a number, none.
  /// - Throws: ``ModelError`` for ids or lengths that the model doesn't take.
  public func greedyContinuations(
    of prompts: [[Int32]], limit: Int, stops: Set<Int32>, operators: some BlockOperators,
    batchTokens: Int = 2048, doubt: Float = usualDoubt, progress: (Int) -> Void = { _ in }
  ) throws(ModelError) -> [[Int32]] {
    precondition(prompts.allSatisfy { !$0.isEmpty }, "a prompt without a token")
    var answers = [[Int32]](repeating: [], count: prompts.count)
    let order = prompts.indices.sorted {
      let (a, b) = (prompts[$0].count, prompts[$1].count)
      return a == b ? $0 < $1 : a > b
    }
    var done = 0
    while done < order.count {
      let longest = prompts[order[done]].count + limit
      let batch = order[done..<min(order.count, done + max(1, batchTokens / longest))]
      // A text that fills all positions has no next token.
      let open = batch.filter { limit > 0 && prompts[$0].count < configuration.positions }
      let found = try continuations(
        of: open.map { prompts[$0] }, limit: limit, stops, operators, doubt)
      for (index, answer) in zip(open, found) { answers[index] = answer }
      done += batch.count
      progress(done)
    }
    return answers
  }

  /// Continues prompts side by side.
  private func continuations(
    of prompts: [[Int32]], limit: Int, _ stops: Set<Int32>, _ operators: some BlockOperators,
    _ doubt: Float
  ) throws(ModelError) -> [[Int32]] {
    var texts = prompts
    guard let longest = prompts.map(\.count).max() else { return [] }
    guard doubt.isFinite else {
      return try wholeContinuations(of: prompts, limit: limit, stops, operators)
    }
    var cache = try DecodingCache(
      self, sequences: prompts.count,
      capacity: longest + min(limit, configuration.positions - longest))
    var open = Array(prompts.indices)
    var hidden = try read(texts, into: &cache, operators: operators)
    for number in 1...limit {
      let next = try likeliest(hidden, after: open.map { texts[$0] }, operators, doubt)
      var still: [Int] = []
      for (index, token) in zip(open, next) {
        guard let token, !stops.contains(token) else { continue }
        texts[index].append(token)
        if texts[index].count < configuration.positions { still.append(index) }
      }
      open = still
      guard number < limit, !open.isEmpty else { break }
      hidden = try decode(
        open.map { texts[$0].last ?? 0 }, of: open, &cache, operators: operators)
    }
    return zip(texts, prompts).map { Array($0.dropFirst($1.count)) }
  }

  /// The same with nothing kept: every pass reads the whole texts again.
  private func wholeContinuations(
    of prompts: [[Int32]], limit: Int, _ stops: Set<Int32>, _ operators: some BlockOperators
  ) throws(ModelError) -> [[Int32]] {
    var texts = prompts
    var open = Array(prompts.indices)
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
    return zip(texts, prompts).map { Array($0.dropFirst($1.count)) }
  }

  /// The likeliest token by each row of `hidden`, the head's input after each text, or by a pass over the whole text
  /// where that leaves a doubt; nil where no logit is a number.
  private func likeliest(
    _ hidden: Matrix, after texts: [[Int32]], _ operators: some BlockOperators, _ doubt: Float
  ) throws(ModelError) -> [Int32?] {
    let leaders = leadingLogits(hidden, frame.head)
    var next = leaders.map(\.token)
    let doubtful = leaders.indices.filter { row in
      let leader = leaders[row]
      // A comparison with NaN is a doubt, too.
      return !(leader.lead > doubt * max(abs(leader.logit), 1))
    }
    guard !doubtful.isEmpty else { return next }
    let again = try likeliest(after: doubtful.map { texts[$0] }, operators)
    for (row, token) in zip(doubtful, again) { next[row] = token }
    return next
  }

  /// The likeliest token after each text by one pass over all; nil where no logit is a number.
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

  /// The entry with the largest logit of each row.
  func largestLogit(_ hidden: Matrix, _ head: some EmbeddingTable) -> [Int32?] {
    leadingLogits(hidden, head).map(\.token)
  }

  /// The entry with the largest logit of each row, and how far it leads before the second, the vocabulary tile by tile.
  private func leadingLogits(_ hidden: Matrix, _ head: some EmbeddingTable) -> [Leader] {
    let tile = 2048
    let vocabulary = head.vocabularySize
    let scratch = Matrix(rows: min(tile, vocabulary), columns: hidden.columns)
    let logits = Matrix(rows: hidden.rows, columns: min(tile, vocabulary))
    var best = [Leader](repeating: Leader(), count: hidden.rows)
    for piece in 0..<tileCount(vocabulary, size: tile) {
      let entries = tileRange(piece, of: vocabulary, size: tile)
      let scores = logits.columns(0..<entries.count)
      linear(hidden, head.rows(entries, scratch: scratch), into: scores)
      for row in 0..<hidden.rows {
        let values = scores.row(row)
        for column in 0..<entries.count where values[column] > best[row].second {
          best[row].take(values[column], Int32(entries.lowerBound + column))
        }
      }
    }
    return best
  }
}

/// The share of the largest logit by which a token must lead to be the likeliest without a doubt.
///
/// Products of few rows and of many differ in their last bits; a lead beyond this share is far larger than what comes
/// of that, as long as no activation is rounded on the way.
public let usualDoubt: Float = 1.0 / 64

/// The largest logit of a row, and the second.
private struct Leader {
  var logit = -Float.infinity
  var second = -Float.infinity
  /// Of equally large ones the first; nil where there is no number.
  var token: Int32?

  /// How far the largest is before the second.
  var lead: Float { logit - second }

  /// Takes in a logit that is larger than the second.
  mutating func take(_ value: Float, _ entry: Int32) {
    if value > logit {
      (logit, second, token) = (value, logit, entry)
    } else {
      second = value
    }
  }
}
