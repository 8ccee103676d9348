import Checkpoints
import Digests
import JSONText
import Tasks
import TestSupport
import Testing
import Tokenizers
import Vocabulary

/// The joined WikiText-2 test text, the counts that everyone reports, and the packages' digests.
@Suite struct WikiTextTests {
  private func text() throws -> TextSpecification {
    let path = try #require(TestData.path("wikitext-2-raw/wiki.test.raw"))
    return TextSpecification(parts: [.init(path)], join: .wikitext2)
  }

  @Test(.needsTestData("wikitext-2-raw/wiki.test.raw"))
  func joinedText() throws {
    let text = try text().assembled()
    #expect(text.count == 1_296_370)
    #expect(
      sha256Hex(of: text) == "696cca6b65a171b0a358a4be6732cdfdf2dd6164a32e20fd70e3c13fc4dfae83")
  }

  @Test(.needsTestData("wikitext-2-raw/wiki.test.raw", "tokenizers/opt/vocab.json"))
  func opt() throws {
    let tokenizer = try ByteLevelBPE(
      vocabularyFile: #require(TestData.path("tokenizers/opt/vocab.json")),
      mergesFile: #require(TestData.path("tokenizers/opt/merges.txt")))
    let stream = try check(tokenizer, "opt", beginning: .once, count: 287_645)
    #expect(stream.ids.first == 2)
    #expect(
      try TokenWindows(stream, windowTokens: 2048, selection: .first).count == 140)
  }

  @Test(.needsTestData("wikitext-2-raw/wiki.test.raw", "tokenizers/llama/tokenizer.model"))
  func llama() throws {
    let tokenizer = try SentencePieceBPE(
      modelFile: #require(TestData.path("tokenizers/llama/tokenizer.model")))
    let stream = try check(tokenizer, "llama", beginning: .once, count: 341_469)
    #expect(stream.ids.first == 1)
    #expect(
      try TokenWindows(stream, windowTokens: 2048, selection: .first).count == 166)
  }

  @Test(.needsTestData("wikitext-2-raw/wiki.test.raw"), .needsSmolLM2)
  func smolLM2() throws {
    let path = try #require(TestData.smolLM2)
    let file = try GGUFFile(path)
    let tokenizer = try ByteLevelBPE(
      tokens: file.strings("tokenizer.ggml.tokens"), merges: file.strings("tokenizer.ggml.merges"),
      types: file.integers("tokenizer.ggml.token_type"), preTokenizer: .smollm, file: path)
    try check(tokenizer, "smollm2", beginning: .none, count: 304_978)
  }

  /// Compares count, head and digest with the manifest, and decodes.
  @discardableResult
  private func check(
    _ tokenizer: any Tokenizer, _ name: String, beginning: BeginningOfSequencePolicy, count: Int
  ) throws -> TokenStream<TestSplit> {
    let text = try text().assembled()
    let stream = try TokenStream<TestSplit>(text, tokenizer, beginning: beginning)
    #expect(stream.ids.count == count)
    #expect(stream.droppedBytes == 0 && stream.replacedBytes == 0)
    let ids = stream.ids.dropFirst(beginning == .once ? 1 : 0)
    let values = try #require(try Vectors.manifest("tokenizers/mixed")?["values"]?[name])
    #expect(values["wikitext2_test_joined_count_without_bos"] == .integer(Int64(ids.count)))
    #expect(
      values["wikitext2_test_joined_head"] == .array(ids.prefix(16).map { .integer(Int64($0)) }))
    #expect(
      values["wikitext2_test_joined_digest"] == .string(sha256Hex(of: ids.littleEndianBytes)))
    #expect(try tokenizer.decode(Array(ids)) == text)
    return stream
  }
}
