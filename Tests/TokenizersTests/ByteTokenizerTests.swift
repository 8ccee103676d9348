import TestSupport
import Testing
import Tokenizers

/// The stand-in tokenizer of synthetic weights.
@Suite("Bytes as ids")
struct ByteTokenizerTests {
  @Test(
    "Every byte has an id of its own and comes back", arguments: [256, 257, 1000, 32000, 50272])
  func roundTrip(vocabularySize: Int) throws {
    let tokenizer = try #require(ByteTokenizer(vocabularySize: vocabularySize))
    let bytes = Array(UInt8.min...UInt8.max)
    let encoding = tokenizer.encode(bytes)
    #expect(encoding.droppedBytes == 0 && encoding.replacedBytes == 0)
    #expect(Set(encoding.ids).count == 256)
    #expect(encoding.ids.allSatisfy { (0..<Int32(vocabularySize)).contains($0) })
    #expect(try tokenizer.decode(encoding.ids) == bytes)
    // Ids between those of two bytes stand for the lower one.
    for id in 0..<min(vocabularySize, 3000) {
      let byte = try tokenizer.decode([Int32(id)])[0]
      #expect(encoding.ids[Int(byte)] <= Int32(id))
      if byte < 255 { #expect(encoding.ids[Int(byte) + 1] > Int32(id)) }
    }
  }

  @Test("Small vocabularies and unknown ids are refused")
  func refusals() throws {
    #expect(ByteTokenizer(vocabularySize: 255) == nil)
    let tokenizer = try #require(ByteTokenizer(vocabularySize: 300))
    for id in [-1, 300] as [Int32] {
      #expect(throws: TokenizerError.unknownID(id, position: 1, vocabularySize: 300)) {
        try tokenizer.decode([0, id])
      }
    }
    #expect(tokenizer.beginningOfSequence == nil && tokenizer.endOfSequence == nil)
  }
}
