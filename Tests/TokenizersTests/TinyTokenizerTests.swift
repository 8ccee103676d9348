import Testing
import Tokenizers

/// The tokenizer that the tiny models share, from the files in the repository.
@Suite("The tiny models' tokenizer")
struct TinyTokenizerTests {
  private func tokenizer(_ model: String) throws -> ByteLevelBPE {
    let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
    return try ByteLevelBPE(
      vocabularyFile: "\(root)/models/\(model)/vocab.json",
      mergesFile: "\(root)/models/\(model)/merges.txt")
  }

  /// Ids from the tokenizers package, version 0.23.3, on the same two files.
  @Test(arguments: ["tiny-opt", "tiny-llama"])
  func golden(model: String) throws {
    let tokenizer = try tokenizer(model)
    #expect(tokenizer.vocabularySize == 4096)
    #expect(tokenizer.missingBytes == [])
    #expect(tokenizer.beginningOfSequence == 2 && tokenizer.endOfSequence == 2)
    let text = Array(
      "PROSPERO.\nNow my charms are all o'erthrown,\n\n\n  And what strength I have's mine own; naïve 世 1234"
        .utf8)
    let encoding = tokenizer.encode(text)
    #expect(
      encoding.ids == [
        2285, 54, 2520, 50, 17, 202, 877, 336, 1033, 1571, 435, 373, 270, 10, 267, 260, 1044, 15,
        673, 779, 683, 533, 1570, 298, 375, 362, 739, 788, 30, 289, 68, 131, 111, 308, 224, 164,
        120, 248, 1546, 21, 22, 23,
      ])
    #expect(encoding.droppedBytes == 0)
    #expect(try tokenizer.decode(encoding.ids) == text)
    #expect(try tokenizer.decode([0, 1, 2, 3]) == Array("<s><pad></s><unk>".utf8))
  }
}
