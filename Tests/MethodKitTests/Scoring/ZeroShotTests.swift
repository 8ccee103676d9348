import Checkpoints
import MethodKit
import Tasks
import Tensors
import TestSupport
import Testing
import Tokenizers
import Transformers
import Vocabulary

/// Log-likelihoods of answer options against lm-evaluation-harness on the same dequantized weights.
@Suite("Zero-shot log-likelihoods equal the reference", .serialized, .needsSmolLM2)
struct ZeroShotTests {
  @Test(
    "Options within 1e-2 nats, the same acc and acc_norm, sixteen examples of each task",
    .needsTestData(
      "zeroshot/piqa_valid.jsonl", "zeroshot/arc_easy_val.jsonl",
      "zeroshot/arc_challenge_val.jsonl", "zeroshot/hellaswag_val1000.jsonl",
      "zeroshot/winogrande_xl_val.jsonl"))
  func likelihoods() throws {
    let path = try #require(TestData.smolLM2)
    let file = try GGUFFile(path)
    let tokenizer = try ByteLevelBPE(
      tokens: file.strings("tokenizer.ggml.tokens"), merges: file.strings("tokenizer.ggml.merges"),
      types: file.integers("tokenizer.ggml.token_type"), preTokenizer: .smollm,
      beginningOfSequence: Int32(file.integer("tokenizer.ggml.bos_token_id")),
      endOfSequence: Int32(file.integer("tokenizer.ggml.eos_token_id")), file: path)
    let source = try ModelSource(path: path)
    let transformer = Transformer(
      configuration: source.configuration, frame: try source.frame(precision: .single))
    let dense = try DenseParameters(source: source)
    let vectors = try Vectors.safetensors("lmeval")
    let encoder = try OptionEncoder(
      tokenizer, beginning: .none, contextTokens: source.configuration.positions,
      convention: .harness)
    let tasks: [(task: ZeroShotTask, name: String, file: String)] = [
      (.piqa, "piqa", "piqa_valid"), (.arcEasy, "arc_easy", "arc_easy_val"),
      (.arcChallenge, "arc_challenge", "arc_challenge_val"),
      (.hellaswag, "hellaswag", "hellaswag_val1000"),
      (.winogrande, "winogrande", "winogrande_xl_val"),
    ]
    for (task, name, file) in tasks {
      let examples = try task.examples(at: #require(TestData.path("zeroshot/\(file).jsonl")))
      let scores = try transformer.score(
        OptionTask<TestSplit>(Array(examples.prefix(16)), encoder), operators: dense)
      #expect(
        scores.examples.flatMap { $0.options.map { Int32($0.tokens) } }
          == (try vectors.readIntegers("\(name).ntokens")), "tokens of \(name)")
      expectClose(
        scores.examples.flatMap { $0.options.map { Float($0.sum) } },
        try vectors.read("\(name).loglik"), absolute: 1e-2, "likelihoods of \(name)")
      #expect(
        scores.outcomes(.sum).map { Float($0) } == (try vectors.read("\(name).acc")),
        "acc of \(name)")
      #expect(
        scores.outcomes(.perCharacter).map { Float($0) } == (try vectors.read("\(name).acc_norm")),
        "acc_norm of \(name)")
    }
  }
}
