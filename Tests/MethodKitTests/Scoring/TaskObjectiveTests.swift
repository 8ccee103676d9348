import Checkpoints
import Glibc
import MethodKit
import Tasks
import TestSupport
import Testing
import Tokenizers
import Transformers
import Vocabulary

/// The loss of a task's examples against one forward pass per option.
@Suite struct TaskObjectiveTests {
  private let model: QuantizedModel
  private let configuration: ModelConfiguration

  init() throws {
    let source = try ModelSource(path: Vectors.path("model/llama_gqa_untied"))
    let dense = try DenseParameters(source: source)
    configuration = source.configuration
    model = QuantizedModel(
      transformer: Transformer(
        configuration: configuration, frame: try source.frame(precision: .single)),
      blocks: QuantizedBlocks(
        linears: Dictionary(
          uniqueKeysWithValues: configuration.linearIDs.map {
            ($0, .init(storage: .ready(dense.matrix($0)), bias: dense.bias($0)))
          }),
        norms: dense.norms(of: 0..<configuration.blocks, smoothing: [])))
  }

  private func task(_ loss: TaskLoss, count: Int = 5) throws -> OptionTask<TrainingSplit> {
    var random = SplitMix64(seed: 3)
    func text(_ length: Int) -> String {
      String(decoding: (0..<length).map { _ in UInt8(65 + random.next() % 26) }, as: UTF8.self)
    }
    let examples = (0..<count).map { number in
      OptionExample(
        context: text(3 + number), answers: [text(2), text(1 + number), text(4)],
        answer: number % 3)
    }
    return try OptionTask(
      examples, loss: loss,
      OptionEncoder(Letters(), beginning: .none, contextTokens: 50, convention: .mezo))
  }

  /// Sum of the log-likelihoods of an option's tokens.
  private func likelihood(_ option: OptionTokens) throws -> Double {
    -(try model.transformer.negativeLogLikelihood(
      option.ids, windowTokens: option.ids.count, operators: model.blocks
    ).dropLast().suffix(option.scored).reduce(0, +))
  }

  @Test("Cross-entropy over options whose logits are means over tokens")
  func choice() throws {
    let task = try task(.choice)
    var objective = try TaskObjective(task, batchExamples: 2)
    for step in 0..<4 {
      objective.select(step: step)
      let chosen = [2 * step % 5, (2 * step + 1) % 5].map { task.examples[$0] }
      var expected = 0.0
      for example in chosen {
        let logits = try example.options.map { try likelihood($0) / Double($0.scored) }
        expected += log(logits.reduce(0) { $0 + exp($1) }) - logits[example.answer]
      }
      #expect(abs(try objective.loss(of: model) - expected / 2) < 1e-5)
    }
    let read = task.examples.reduce(0) { $0 + $1.options.reduce(0) { $0 + $1.ids.count - 1 } }
    #expect(objective.tokensPerStep == read * 2 / 5)
  }

  @Test("Cross-entropy over the right answers' tokens, longer answers weighing more")
  func tokens() throws {
    let task = try task(.tokens)
    let objective = try TaskObjective(task, batchExamples: 5)
    let right = task.examples.map { $0.options[$0.answer] }
    let expected =
      -(try right.reduce(0) { $0 + (try likelihood($1)) })
      / Double(right.reduce(0) { $0 + $1.scored })
    #expect(abs(try objective.loss(of: model) - expected) < 1e-5)
    #expect(objective.tokensPerStep == right.reduce(0) { $0 + $1.ids.count - 1 })
  }

  @Test("A batch of more examples than there are is refused")
  func refusals() throws {
    let task = try task(.choice)
    for count in [0, 6] {
      let error = try #require(throws: MethodError.self) {
        try task.objective(BatchSize(windows: 1, examples: count), for: configuration)
      }
      #expect(
        "\(error)"
          == "option 'batchExamples': expected 1 to 5, the examples to train on, found \(count)")
    }
  }

  @Test("Generated answers end at a newline, and are trimmed")
  func answers() throws {
    let examples = [
      OptionExample(
        options: [.init(context: "AB", continuation: " C\n", characters: 1)], answer: 0,
        references: ["C"])
    ]
    let task = try OptionTask<TestSplit>(
      examples, loss: .tokens,
      OptionEncoder(Letters(), beginning: .none, contextTokens: 50, convention: .mezo))
    #expect(task.examples[0].prompt == [65, 66])
    let found = try model.answers(to: task, Letters())
    let tokens = try model.transformer.greedyContinuations(
      of: [[65, 66]], limit: 50, stops: [10, 200], operators: model.blocks)
    #expect(found.count == 1 && tokens[0].count <= 50)
    #expect(
      found[0]
        == AnswerWords.trimmed(String(decoding: tokens[0].map { UInt8($0) }, as: UTF8.self)))
  }
}

/// Bytes below 211 as tokens.
private struct Letters: Tokenizer {
  let vocabularySize = 211
  let beginningOfSequence: Int32? = 1
  let endOfSequence: Int32? = 200

  func encode(_ text: [UInt8]) -> Encoding { Encoding(ids: text.map { Int32($0 % 211) }) }

  func decode(_ ids: [Int32]) throws(TokenizerError) -> [UInt8] {
    ids.map { UInt8(truncatingIfNeeded: $0) }
  }
}
