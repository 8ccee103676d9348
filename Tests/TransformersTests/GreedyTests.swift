import Tensors
import TestSupport
import Testing
import Transformers

/// Greedy continuations of several prompts at once against one prompt and all its logits.
@Suite struct GreedyTests {
  @Test(arguments: ["model/opt_preln", "model/llama_gqa_untied"])
  func mixture(name: String) throws {
    let source = try ModelSource(path: Vectors.path(name))
    let transformer = Transformer(
      configuration: source.configuration, frame: try source.frame(precision: .single))
    let dense = try DenseParameters(source: source)
    var random = SplitMix64(seed: 5)
    let prompts = [3, 9, 1, 9, 4].map { length in
      (0..<length).map { _ in Int32(random.next() % 211) }
    }
    func reference(_ prompt: [Int32], _ stops: Set<Int32>) throws -> [Int32] {
      var text = prompt
      for _ in 0..<6 {
        let logits = try transformer.logits(text, windowTokens: text.count, operators: dense)
        let row = logits.row(text.count - 1)
        var best: Int32 = 0
        for token in 1..<211 where row[token] > row[Int(best)] { best = Int32(token) }
        if stops.contains(best) { break }
        text.append(best)
      }
      return Array(text.dropFirst(prompt.count))
    }
    let free = try prompts.map { try reference($0, []) }
    // A token that some answer has in its middle, so that stopping shows.
    let stop = try #require(free.first { $0.count > 2 }?[2])
    for stops in [[], [stop]] as [Set<Int32>] {
      let expected = try prompts.map { try reference($0, stops) }
      for budget in [1, 40, 2048] {
        var seen: [Int] = []
        let found = try transformer.greedyContinuations(
          of: prompts, limit: 6, stops: stops, operators: dense, batchTokens: budget,
          progress: { seen.append($0) })
        #expect(found == expected)
        #expect(seen.last == 5)
      }
    }
    #expect(try prompts.map { try reference($0, [stop]) } != free)
  }

  @Test(
    "With kept keys and values the answers are those of passes over the whole text, on every family",
    arguments: [
      "opt_preln", "opt_preln_nobias", "opt_postln_proj", "llama_gqa_untied", "llama_gqa_tied",
      "llama_rope_llama3", "llama_rope_yarn", "qwen2", "mistral_window", "qwen3", "gemma3", "phi3",
      "smollm3",
    ])
  func cached(name: String) throws {
    let source = try ModelSource(path: Vectors.path("model/\(name)"))
    let transformer = Transformer(
      configuration: source.configuration, frame: try source.frame(precision: .single))
    let dense = try DenseParameters(source: source)
    let vocabulary = UInt64(source.configuration.vocabularySize)
    var random = SplitMix64(seed: 11)
    let prompts = [7, 2, 9, 1, 7].map { length in
      (0..<length).map { _ in Int32(random.next() % vocabulary) }
    }
    func answers(_ doubt: Float) throws -> [[Int32]] {
      try transformer.greedyContinuations(
        of: prompts, limit: 8, stops: [], operators: dense, doubt: doubt)
    }
    let whole = try answers(.infinity)
    #expect(try answers(usualDoubt) == whole)
    // Nor is it the passes in doubt that make them so.
    #expect(try answers(1e-4) == whole)
    #expect(whole.allSatisfy { $0.count == 8 })
  }

  @Test("An answer ends where the positions do")
  func positions() throws {
    let source = try ModelSource(path: Vectors.path("model/llama_gqa_untied"))
    let transformer = Transformer(
      configuration: source.configuration, frame: try source.frame(precision: .single))
    let dense = try DenseParameters(source: source)
    let prompt = [Int32](repeating: 7, count: source.configuration.positions - 2)
    let found = try transformer.greedyContinuations(
      of: [prompt, prompt + [1, 2]], limit: 9, stops: [], operators: dense)
    #expect(found.map(\.count) == [2, 0])
  }
}
