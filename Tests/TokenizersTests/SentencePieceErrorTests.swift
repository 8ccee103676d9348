import TestSupport
import Testing
import Tokenizers

/// Every refusal of a SentencePiece model, word for word.
@Suite struct SentencePieceErrorTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func message(_ bytes: [UInt8]) throws -> String? {
    let file = try folder.write(bytes, to: "m")
    return errorText { _ = try SentencePieceBPE(modelFile: file) }.map {
      $0.hasPrefix(file) ? String($0.dropFirst(file.count)) : $0
    }
  }

  @Test func wireFormat() throws {
    let cases: [([UInt8], String)] = [
      ([], ": error: expected at least one piece, found none"),
      ([0x0A], ": byte 1: error: expected a whole varint, found the end of the message"),
      ([0x0A, 5, 1], ": byte 1: error: expected at most 1 more bytes, found a length of 5"),
      (
        [0x0A] + [UInt8](repeating: 0xFF, count: 9) + [1],
        ": byte 1: error: expected at most 0 more bytes, found a length of 18446744073709551615"
      ),
      (
        [UInt8](repeating: 0xFF, count: 10) + [1],
        ": byte 0: error: expected a varint of at most 64 bits, found a longer one"
      ),
      ([0x02, 0], ": byte 0: error: expected a field number from 1 to 536870911, found 0"),
      ([0x0B], ": byte 0: error: expected a wire type of 0, 1, 2 or 5, found 3"),
      ([0x0D, 1, 2], ": byte 1: error: expected 4 bytes, found the end of the message after 2"),
      (
        [0x0A, 2, 0x08, 1],
        ": byte 2: error: expected wire type 2 in field 1 of a piece, found wire type 0"
      ),
      ([0x0A, 0], ": byte 0: error: expected a piece with a text, found a piece without"),
      (
        [0x0A, 5, 0x15, 0, 0, 0xC0, 0x7F],
        ": byte 2: error: expected a finite score, found nan"
      ),
      (
        [0x0A, 2, 0x18, 5],
        ": byte 2: error: expected a piece of type 1, 2, 3, 4 or 6 (others aren't supported), found type 5"
      ),
    ]
    for (bytes, expected) in cases { #expect(try message(bytes) == expected) }
  }

  @Test func settings() throws {
    func settings(_ change: (inout ModelWriter) -> Void) throws -> String? {
      var writer = ModelWriter.llama(["▁"])
      change(&writer)
      return try message(writer.bytes)
    }
    #expect(try settings { _ in } == nil)
    #expect(
      try settings { $0.settings(type: 1) }
        == ": error: expected a model of type BPE (2), found another")
    #expect(
      try settings { $0.settings(fallback: 0) }
        == ": error: expected a model with byte fallback, found one without")
    #expect(
      try settings { $0.settings(removesSpaces: 1) }
        == ": error: expected a model that keeps extra spaces, found one that removes them")
    for mark in [260, UInt64(Int64.max)] {
      #expect(
        try settings { $0.settings(beginning: mark) }
          == ": error: expected ids of the sequence marks from 0 to 259, or -1, found \(mark)")
    }
    #expect(
      try settings { $0.message(3, [0x12, 1, 0]) }?.hasSuffix(
        ": error: expected identity normalization, found a character map of 1 bytes") == true)
  }

  @Test func pieces() throws {
    let twice = try #require(try message(ModelWriter.llama(["a", "b", "a"]).bytes))
    #expect(
      twice.hasSuffix(
        ": error: expected a text that no other piece has, found 'a', which is piece 259 too"))
    var broken = ModelWriter.llama(["a"])
    broken.piece("<0x41>", 0, kind: 6)
    #expect(
      try #require(try message(broken.bytes)).hasSuffix(
        ": error: expected one token for each byte, found '<0x41>', which is token 68 too"))
    broken = ModelWriter.llama(["a"])
    broken.piece("<0xaf>", 0, kind: 6)
    #expect(
      try #require(try message(broken.bytes)).hasSuffix(
        ": error: expected a byte token from '<0x00>' to '<0xFF>', found '<0xaf>'"))
    var few = ModelWriter()
    few.piece("a", 0, kind: 1)
    few.piece("b", 0, kind: 1)
    few.piece("c", 0, kind: 1)
    few.settings()
    #expect(
      try message(few.bytes)
        == ": error: expected a token for each of the 256 bytes, found none for byte 0")
    var text = ModelWriter.llama(["a"]).bytes
    let place = try #require(text.lastIndex(of: UInt8(ascii: "a")))
    // Of the settings' "identity" none has an a; the last is the piece's.
    text[place] = 0xFF
    #expect(
      try #require(try message(text)).hasSuffix(
        #": error: expected a piece in UTF-8, found '\xff'"#))
  }

  @Test func scoredLists() throws {
    func message(_ bytes: [UInt8]) throws -> String? {
      let file = try folder.write(bytes, to: "list.bin")
      return errorText { _ = try SentencePieceBPE(scoredListFile: file) }.map {
        String($0.dropFirst(file.count))
      }
    }
    let head: [UInt8] = [7, 0, 0, 0, 0, 0, 0, 0]
    #expect(
      try message([7, 0])
        == ": byte 0: error: expected 4 bytes, found the end of the file after 2")
    #expect(
      try message(head)
        == ": byte 8: error: expected 4 bytes, found the end of the file after 0")
    #expect(
      try message(head + [0xFF, 0xFF, 0xFF, 0xFF, 65])
        == ": byte 8: error: expected a length from 1 to 1, found 4294967295")
    #expect(
      try message(head + [1, 0, 0, 0, 65])
        == ": error: expected at least 259 tokens, found 1")
  }

  /// One bit changed, or the end cut off, at random: an error or another tokenizer, never a crash.
  @Test func randomFlips() throws {
    var generator = SplitMix64(seed: 5)
    let original = ModelWriter.llama(["▁t", "he", "▁the", "▁", "t", "h", "e", "世"]).bytes
    var refused = 0
    for round in 0..<600 {
      var bytes = original
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      if round % 5 == 0 {
        bytes.removeSubrange(place...)
      } else {
        bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
      let file = try folder.write(bytes, to: "flipped")
      do {
        let tokenizer = try SentencePieceBPE(modelFile: file)
        let encoding = tokenizer.encode("the the 世界 12")
        _ = try tokenizer.decode(encoding.ids)
      } catch {
        refused += 1
        #expect("\(error)".hasPrefix(file))
      }
    }
    #expect(refused > 300)
  }
}
