import Checkpoints
import JSONText
import TestSupport
import Testing
import Tokenizers

/// llama2.c's 512-token vocabulary against the prompts and texts of the stories260K vectors.
@Suite struct StoriesTokenizerTests {
  @Test(.needsTestData("stories260K/tok512.bin"), arguments: ["0", "1"])
  func promptsAndTexts(_ number: String) throws {
    let path = try #require(TestData.path("stories260K/tok512.bin"))
    let tokenizer = try SentencePieceBPE(scoredListFile: path)
    #expect(tokenizer.vocabularySize == 512)
    #expect(tokenizer.beginningOfSequence == 1)
    let vectors = try Vectors.safetensors("stories260k")
    let values = try #require(try Vectors.manifest("stories260k")?["values"]?[number])
    guard case .string(let prompt) = values["prompt"], case .string(let text) = values["text"]
    else {
      Issue.record("no prompt or text in the manifest")
      return
    }
    #expect(
      [1] + tokenizer.encode(prompt).ids == (try vectors.readIntegers("\(number).prompt_ids")))
    #expect(try tokenizer.decode(vectors.readIntegers("\(number).ids")) == Array(text.utf8))
    #expect(try tokenizer.decode(tokenizer.encode(text).ids) == Array(text.utf8))
  }
}
