import TestSupport
import Testing
import Tokenizers

@Suite struct SentencePieceBPETests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func tokenizer(_ writer: ModelWriter) throws -> SentencePieceBPE {
    try SentencePieceBPE(modelFile: folder.write(writer.bytes, to: "tokenizer.model"))
  }

  /// The first piece's id.
  private let first: Int32 = 259

  @Test func mergesByScoreAndFallsBackToBytes() throws {
    let pieces = ["▁t", "he", "▁the", "▁", "t", "h", "e", "世"]
    let tokenizer = try tokenizer(.llama(pieces))
    func id(_ piece: String) -> Int32 { first + Int32(pieces.firstIndex(of: piece) ?? -1) }
    #expect(tokenizer.encode("the").ids == [id("▁the")])
    #expect(tokenizer.encode(" the").ids == [id("▁"), id("▁the")])
    #expect(tokenizer.encode("het").ids == [id("▁"), id("he"), id("t")])
    // A byte's token is its value plus 3; 界 is E7 95 8C.
    let bytes: [Int32] = [3 + 0xE7, 3 + 0x95, 3 + 0x8C, 3 + 0x0A]
    #expect(tokenizer.encode("世界\n").ids == [id("▁"), id("世")] + bytes)
    #expect(tokenizer.encode("") == Encoding(ids: []))
    #expect(tokenizer.vocabularySize == 259 + pieces.count)
    #expect(tokenizer.beginningOfSequence == 1)
    #expect(tokenizer.endOfSequence == 2)
  }

  /// Equal scores: the leftmost pair goes first.
  @Test func tiesGoToTheLeft() throws {
    let pieces = ["▁", "a", "aa", "aaaa"]
    let tokenizer = try tokenizer(.llama(pieces, scores: [0, 0, -5, -5]))
    #expect(tokenizer.encode("aaaaaaa").ids == [259, 262, 261, 260])
  }

  /// A scalar that occurs in a piece but isn't one still merges, and alone falls back to bytes.
  @Test func looseScalarsMerge() throws {
    let tokenizer = try tokenizer(.llama(["▁", "éa", "a"]))
    let bytes: [Int32] = [3 + 0xC3, 3 + 0xA9]
    #expect(tokenizer.encode("éaé").ids == [259, 260] + bytes)
    #expect(try tokenizer.decode(tokenizer.encode("éaé").ids) == Array("éaé".utf8))
  }

  @Test func controlPiecesInTextArePlainText() throws {
    let tokenizer = try tokenizer(.llama(["▁", "<s", ">"]))
    #expect(tokenizer.encode("<s>").ids == [259, 260, 261])
  }

  @Test func decoding() throws {
    let tokenizer = try tokenizer(.llama(["▁", "▁a", "a"]))
    #expect(try tokenizer.decode([1, 260, 260, 2]) == Array("a a".utf8))
    #expect(try tokenizer.decode([261, 260]) == Array("a a".utf8))
    #expect(try tokenizer.decode([0]) == Array(" \u{2047} ".utf8))
    // Only a piece's space is dropped, not a byte token's.
    #expect(try tokenizer.decode([3 + 0x20, 261]) == Array(" a".utf8))
    #expect(try tokenizer.decode([3 + 0xFF]) == [0xFF])
    #expect(
      errorText { _ = try tokenizer.decode([262]) }
        == "can't decode id 262 at position 0: expected an id from 0 to 261")
  }

  @Test func identityButForWhatIsDocumented() throws {
    let tokenizer = try tokenizer(.llama(["▁", "▁▁", "ab", "a", "b", "\u{FFFD}"]))
    for text in ["ab", "  ab  ", "\n", "\u{0}", "a\u{301} ▂世🎉", " "] {
      let encoding = tokenizer.encode(text)
      #expect(encoding.droppedBytes == 0 && encoding.replacedBytes == 0)
      #expect(try tokenizer.decode(encoding.ids) == Array(text.utf8))
    }
    #expect(try tokenizer.decode(tokenizer.encode("a▁b").ids) == Array("a b".utf8))
    let replaced = tokenizer.encode([0x61, 0xFF, 0xE4, 0xB8, 0x62])
    #expect(replaced.replacedBytes == 3)
    #expect(try tokenizer.decode(replaced.ids) == Array("a\u{FFFD}\u{FFFD}\u{FFFD}b".utf8))
  }

  @Test func marksMayBeAbsent() throws {
    var writer = ModelWriter.llama(["▁"])
    writer.settings(beginning: UInt64.max)
    #expect(try tokenizer(writer).beginningOfSequence == nil)
  }
}
