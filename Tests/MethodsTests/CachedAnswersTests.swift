import MethodKit
import Methods
import Quantizers
import Tasks
import TestSupport
import Testing
import Tokenizers
import Transformers
import Vocabulary

/// Generated answers of quantized models: with kept keys and values, and by passes over the whole text.
@Suite("Answers with kept keys and values")
struct CachedAnswersTests {
  private static let step = #""steps": 0, "learningRate": 1e-3, "epsilon": 1e-3"#
  private static let cells: [(method: any QuantizationMethod.Type, options: String)] = [
    (RTN.self, "{}"), (GPTQ.self, "{}"), (AWQ.self, "{}"), (Hadamard.self, "{}"),
    (ZeroQAT.self, "{\(step)}"),
  ]

  @Test(
    "Of quantized weights, the answers are the same",
    arguments: ["opt_preln", "llama_gqa_untied", "llama_gqa_tied", "qwen2"], [2, 4, 8])
  func same(model: String, bits: Int) throws {
    let rehearsal = try Rehearsal(model: Vectors.path("model/\(model)"))
    var random = SplitMix64(seed: UInt64(bits))
    let prompts = [8, 3, 9, 1, 6, 8].map { length in
      (0..<length).map { _ in Int32(random.next() % 211) }
    }
    for (type, options) in Self.cells {
      let quantized = try rehearsal(make(type, options, spec(bits, nil)))
      func answers(_ doubt: Float) throws -> [[Int32]] {
        try quantized.transformer.greedyContinuations(
          of: prompts, limit: 8, stops: [], operators: quantized.blocks, doubt: doubt)
      }
      #expect(
        try answers(usualDoubt) == answers(.infinity), "\(type.card.name) \(options) \(bits)")
    }
  }

  @Test(
    "Of quantized activations, an answer is that of passes over the whole text",
    arguments: ["opt_preln", "llama_gqa_untied", "llama_gqa_tied"], [(4, 4), (6, 6)])
  func activations(model: String, bits: (Int, Int)) throws {
    let rehearsal = try Rehearsal(model: Vectors.path("model/\(model)"))
    let quantized = try rehearsal(make(RTN.self, "{}", spec(bits.0, bits.1)))
    let tokenizer = ByteTokenizer()
    let examples = ["ab", "a question of trees", "water"].map { context in
      OptionExample(
        options: [.init(context: context, continuation: " C\n", characters: 1)], answer: 0,
        references: ["C"])
    }
    let task = try OptionTask<TestSplit>(
      examples, loss: .tokens,
      OptionEncoder(tokenizer, beginning: .none, contextTokens: 50, convention: .mezo))
    let stops = Set(tokenizer.encode(Array("\n".utf8)).ids)
    let tokens = try quantized.transformer.greedyContinuations(
      of: task.examples.map(\.prompt), limit: OptionEncoder.generatedTokens, stops: stops,
      operators: quantized.blocks, doubt: .infinity)
    let expected = tokens.map {
      AnswerWords.trimmed(String(decoding: tokenizer.decode($0), as: UTF8.self))
    }
    #expect(try quantized.answers(to: task, tokenizer) == expected)
  }
}
