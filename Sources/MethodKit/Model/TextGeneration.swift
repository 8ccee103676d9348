import Tensors
package import Transformers

/// Text that a model writes by itself, window by window.
///
/// Each window starts with a token drawn from the whole vocabulary; some tokens after it are the likeliest
/// ones, the rest are drawn from the model. Every draw is a function of seed, window and position.
///
/// > Source: LLM-QAT, Liu et al. 2023, arXiv:2305.17888, section 2.1; official code, generate_data.py.
///
/// DEVIATION: windows are filled to the end, where the official code stops at an end-of-text token, and
/// start tokens are drawn, where it takes the vocabulary in order.
package struct TextGeneration: Sendable {
  /// The model.
  package let transformer: Transformer
  /// Master seed.
  package let seed: UInt64
  /// Divisor of logits where tokens are drawn.
  package let temperature: Double
  /// Keeps these draws apart from all others of a run.
  private static let stream: UInt32 = 0x6765_6e74
  /// Windows that are written side by side.
  private static let batch = 32

  /// A generation from its settings.
  package init(_ transformer: Transformer, seed: UInt64, temperature: Double = 1) {
    precondition(temperature > 0, "a temperature of \(temperature)")
    self.transformer = transformer
    self.seed = seed
    self.temperature = temperature
  }

  /// Likeliest tokens that follow the first of a window: 3, 4 or 5 in turn.
  package func greedyTokens(of window: Int) -> Int { 3 + window % 3 }

  /// Writes windows.
  ///
  /// - Parameters:
  ///   - count: How many windows.
  ///   - tokens: Tokens in each.
  ///   - operators: The model's blocks.
  ///   - progress: Called with the number of windows done.
  /// - Returns: Their ids, one window after the other.
  /// - Throws: ``Transformers/ModelError/windowTooLong(tokens:positions:)``.
  package func windows(
    _ count: Int, tokens: Int, operators: some BlockOperators, progress: (Int) -> Void = { _ in }
  ) throws(ModelError) -> [Int32] {
    var result = [Int32](repeating: 0, count: count * tokens)
    for index in 0..<tileCount(count, size: Self.batch) {
      let range = tileRange(index, of: count, size: Self.batch)
      var cache = try DecodingCache(transformer, sequences: range.count, capacity: tokens)
      var last = range.map { start(of: $0) }
      for position in 0..<tokens {
        for (row, window) in range.enumerated() {
          result[window * tokens + position] = last[row]
        }
        if position + 1 == tokens { break }
        let logits = logits(try transformer.decode(last, &cache, operators: operators))
        last = range.enumerated().map { row, window in
          let scores = logits.rows(row..<row + 1).elements
          if position < greedyTokens(of: window) { return Self.likeliest(scores) }
          return drawn(scores, uniform(window, position))
        }
      }
      progress(range.upperBound)
    }
    return result
  }

  private func logits(_ hidden: Matrix) -> Matrix {
    let head = transformer.frame.head
    let scratch = Matrix(rows: head.vocabularySize, columns: hidden.columns)
    return Tensors.logits(
      hidden: hidden, head: head.rows(0..<head.vocabularySize, scratch: scratch))
  }

  private func start(of window: Int) -> Int32 {
    let vocabulary = transformer.configuration.vocabularySize
    return Int32(min(vocabulary - 1, Int(uniform(window, -1) * Double(vocabulary))))
  }

  /// A number in [0, 1) with 53 bits, from the block of its window and position.
  private func uniform(_ window: Int, _ position: Int) -> Double {
    let words = philox4x32(
      counter: [
        UInt32(truncatingIfNeeded: position), UInt32(truncatingIfNeeded: window), 0, Self.stream,
      ],
      key: [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)])
    let bits = UInt64(words[0]) << 21 | UInt64(words[1]) >> 11
    return Double(bits) * 0x1p-53
  }

  /// The first of the largest.
  private static func likeliest(_ scores: [Float]) -> Int32 {
    var best = 0
    for (id, score) in scores.enumerated() where score > scores[best] { best = id }
    return Int32(best)
  }

  /// The token at which the cumulative probability passes `u`; sums in float64, in order.
  private func drawn(_ scores: [Float], _ u: Double) -> Int32 {
    let largest = Double(scores.max() ?? 0)
    let weights = scores.map { exponential((Double($0) - largest) / temperature) }
    let target = u * weights.reduce(0, +)
    var sum = 0.0
    for (id, weight) in weights.enumerated() {
      sum += weight
      if sum > target { return Int32(id) }
    }
    return Int32(scores.count - 1)
  }
}
