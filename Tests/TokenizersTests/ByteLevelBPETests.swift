import TestSupport
import Testing
import Tokenizers

@Suite struct ByteLevelBPETests {
  private let small = SmallVocabulary([
    ("h", "e"), ("l", "l"), ("he", "ll"), (" ", "t"), (" t", "he"), ("hell", "o"),
  ])

  @Test func mergesInOrder() throws {
    let tokenizer = try small.tokenizer()
    #expect(
      tokenizer.encode("hello the")
        == Encoding(ids: [small.id("hello"), small.id(" the")]))
    // " the" comes of " t" and "he"; at the start there is no space.
    #expect(tokenizer.encode("the").ids == [small.id("t"), small.id("he")])
    #expect(tokenizer.vocabularySize == small.tokens.count)
    #expect(tokenizer.beginningOfSequence == 1)
    #expect(tokenizer.endOfSequence == 1)
    #expect(tokenizer.missingBytes == [])
    #expect(tokenizer.encode("") == Encoding(ids: []))
  }

  @Test func filesAndArraysGiveTheSame() throws {
    let folder = try TemporaryFolder()
    let vocabulary = try folder.write(small.json, to: "vocab.json")
    let lines = small.merges.joined(separator: "\n")
    for merges in ["#version: 0.2\n" + lines + "\n", lines] {
      let tokenizer = try ByteLevelBPE(
        vocabularyFile: vocabulary, mergesFile: folder.write(merges, to: "merges.txt"))
      let text = "hello the 'hell' 12 \u{0}\t世界"
      #expect(tokenizer.encode(text) == (try small.tokenizer().encode(text)))
      #expect(tokenizer.endOfSequence == 1)
    }
  }

  @Test func specialTokensInTextArePlainText() throws {
    let tokenizer = try small.tokenizer()
    #expect(tokenizer.encode("</s>").ids == ["<", "/", "s", ">"].map(small.id))
    #expect(try tokenizer.decode([1]) == Array("</s>".utf8))
  }

  @Test func anyBytesComeBack() throws {
    let tokenizer = try small.tokenizer()
    var generator = SplitMix64(seed: 3)
    for _ in 0..<200 {
      let count = Int.random(in: 0..<64, using: &generator)
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let encoding = tokenizer.encode(bytes)
      #expect(encoding.droppedBytes == 0 && encoding.replacedBytes == 0)
      #expect(try tokenizer.decode(encoding.ids) == bytes)
    }
  }

  /// As the tokenizers package does: the byte goes, its neighbours merge; but we count it.
  @Test func missingBytesAreDroppedAndCounted() throws {
    var small = SmallVocabulary([("a", "b")], missing: [4, 0xFF])
    let tokenizer = try small.tokenizer()
    #expect(tokenizer.missingBytes == [4, 0xFF])
    // The three stand in pre-tokens of their own, so nothing merges across.
    #expect(
      tokenizer.encode("a\u{4}b") == Encoding(ids: ["a", "b"].map(small.id), droppedBytes: 1))
    #expect(tokenizer.encode("\u{4}\u{4}") == Encoding(ids: [], droppedBytes: 2))
    small = SmallVocabulary([("!", "?")], missing: [4])
    #expect(
      try small.tokenizer().encode("!\u{4}?")
        == Encoding(ids: [small.id("!?")], droppedBytes: 1))
  }

  @Test func aTokenOutsideTheAlphabetStandsForItself() throws {
    var small = small
    small.tokens.append("<mask >世")
    let tokenizer = try small.tokenizer()
    #expect(try tokenizer.decode([Int32(small.tokens.count - 1)]) == Array("<mask >世".utf8))
  }

  /// A control token that looks like a byte isn't one.
  @Test func onlyNormalTokensSpellBytes() throws {
    let tokenizer = try ByteLevelBPE(
      tokens: ["a", "b"], merges: [], types: [1, 3], preTokenizer: .gpt2, file: "x.gguf")
    #expect(tokenizer.encode("ab") == Encoding(ids: [0], droppedBytes: 1))
    #expect(tokenizer.beginningOfSequence == nil)
  }

  @Test func unknownIDs() throws {
    let tokenizer = try SmallVocabulary().tokenizer()
    for id in [-1, 258, Int32.max, Int32.min] {
      #expect(
        errorText { _ = try tokenizer.decode([0, id]) }
          == "can't decode id \(id) at position 1: expected an id from 0 to 257")
    }
  }
}
