import Checkpoints
import TestSupport
import Testing
import Transformers

/// Continuations of mixed lengths in shared passes against one window at a time.
@Suite struct ContinuationTests {
  @Test(
    "Any mixture of lengths and any batch says what single windows say",
    arguments: [
      "model/opt_preln", "model/llama_gqa_untied",
    ])
  func mixture(name: String) throws {
    let source = try ModelSource(path: Vectors.path(name))
    let transformer = Transformer(
      configuration: source.configuration, frame: try source.frame(precision: .single))
    let dense = try DenseParameters(source: source)
    var random = SplitMix64(seed: 11)
    let continuations = [2, 9, 3, 9, 17, 5, 2, 12].map { length in
      Continuation(
        tokens: (0..<length).map { _ in Int32(random.next() % 211) },
        scored: 1 + Int(random.next() % UInt64(length - 1)))
    }
    let expected = try continuations.map { item in
      Array(
        try transformer.negativeLogLikelihood(
          item.tokens, windowTokens: item.tokens.count, operators: dense
        ).dropLast().suffix(item.scored))
    }
    for budget in [1, 20, 40, 2048] {
      var seen: [Int] = []
      let found = try transformer.negativeLogLikelihoods(
        of: continuations, operators: dense, batchTokens: budget, progress: { seen.append($0) })
      #expect(found.map(\.count) == continuations.map(\.scored))
      for (own, reference) in zip(found.joined(), expected.joined()) {
        #expect(abs(own - reference) < 1e-5)
      }
      #expect(seen.last == 8 && seen == seen.sorted())
      if budget == 1 { #expect(seen == Array(1...8)) }
    }
  }

  @Test("Targets and lengths that the model doesn't take are refused")
  func refusals() throws {
    let source = try ModelSource(path: Vectors.path("model/llama_gqa_untied"))
    let transformer = Transformer(
      configuration: source.configuration, frame: try source.frame(precision: .single))
    let dense = try DenseParameters(source: source)
    #expect(throws: ModelError.tokenOutOfRange(token: 211, vocabularySize: 211)) {
      try transformer.negativeLogLikelihoods(
        of: [Continuation(tokens: [1, 211], scored: 1)], operators: dense)
    }
    let positions = source.configuration.positions
    #expect(throws: ModelError.windowTooLong(tokens: positions + 1, positions: positions)) {
      try transformer.negativeLogLikelihoods(
        of: [Continuation(tokens: [Int32](repeating: 1, count: positions + 2), scored: 1)],
        operators: dense)
    }
    #expect(try transformer.negativeLogLikelihoods(of: [], operators: dense).isEmpty)
  }
}
