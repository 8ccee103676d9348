import Tasks
import TestSupport
import Testing
import Tokenizers
import Vocabulary

/// Where context and continuation meet, and what is cut from long prompts.
@Suite struct OptionEncoderTests {
  private func option(_ context: String, _ continuation: String) -> OptionExample.Option {
    .init(context: context, continuation: continuation, characters: 5)
  }

  private func encoder(
    _ convention: OptionEncoder.Convention, contextTokens: Int = 100,
    beginning: BeginningOfSequencePolicy = .none, marks: (Int32?, Int32?) = (256, 257)
  ) throws -> OptionEncoder {
    try OptionEncoder(
      Bytes(beginningOfSequence: marks.0, endOfSequence: marks.1), beginning: beginning,
      contextTokens: contextTokens, convention: convention)
  }

  @Test("White space that ends the context is scored by one convention only")
  func borders() throws {
    for (convention, scored) in [(OptionEncoder.Convention.harness, 4), (.mezo, 2)] {
      let tokens = try encoder(convention).encode(option("ab \n", "cd"))
      #expect(tokens.ids == Array("ab \ncd".utf8).map(Int32.init))
      #expect(tokens.scored == scored)
      #expect(!tokens.isTruncated)
      #expect(tokens.characters == 5)
    }
    // A no-break space and ASCII's separators are white space to Python.
    #expect(try encoder(.harness).encode(option("a\u{A0}\u{1C}", "b")).scored == 4)
  }

  @Test("A context without ids becomes a mark")
  func emptyContext() throws {
    #expect(try encoder(.harness).encode(option(" ", "b")).ids == [256, 32, 98])
    #expect(try encoder(.harness).encode(option("", "b")).scored == 1)
    #expect(try encoder(.harness, marks: (nil, 257)).encode(option("", "b")).ids == [257, 98])
    #expect(throws: TaskError.noBeginningOfSequence) {
      try encoder(.harness, marks: (nil, nil)).encode(option("", "b"))
    }
    #expect(throws: TaskError.noBeginningOfSequence) {
      try encoder(.harness, beginning: .once, marks: (nil, 257))
    }
  }

  @Test("Long prompts lose their beginning; MeZO's keep the mark")
  func truncation() throws {
    let long = option("abcdef", "gh")
    func ids(
      _ convention: OptionEncoder.Convention, _ room: Int, _ policy: BeginningOfSequencePolicy
    )
      throws -> [Int32]
    {
      let tokens = try encoder(convention, contextTokens: room, beginning: policy).encode(long)
      #expect(tokens.isTruncated && tokens.scored == 2)
      return tokens.ids
    }
    // The harness reads the last four, of which the last predicts "h".
    #expect(try ids(.harness, 4, .none) == Array("defgh".utf8).map(Int32.init))
    #expect(try ids(.harness, 4, .once) == Array("defgh".utf8).map(Int32.init))
    #expect(try ids(.mezo, 4, .none) == Array("efgh".utf8).map(Int32.init))
    #expect(try ids(.mezo, 4, .once) == [256] + Array("fgh".utf8).map(Int32.init))
    #expect(try !encoder(.harness, contextTokens: 7).encode(long).isTruncated)
    #expect(try encoder(.mezo, contextTokens: 7).encode(long).isTruncated)
    #expect(throws: TaskError.continuationTooLong(tokens: 2, contextTokens: 2)) {
      try encoder(.mezo, contextTokens: 2).encode(long)
    }
    #expect(try encoder(.harness, contextTokens: 2).encode(long).ids.count == 3)
    #expect(
      TaskError.continuationTooLong(tokens: 9, contextTokens: 8).description
        == "a continuation of 9 tokens leaves no room for its context: the model reads 8 tokens")
  }

  @Test("A continuation without a token can't be scored")
  func nothing() throws {
    let error = try #require(throws: TaskError.self) {
      try encoder(.harness).encode(option("ab", ""))
    }
    #expect(
      error.description == "expected a continuation of at least one token, found none for ''")
    #expect(throws: TaskError.outOfRange("tokens of the context", 1, least: 2)) {
      try encoder(.harness, contextTokens: 1)
    }
  }
}

/// Every byte is a token.
private struct Bytes: Tokenizer {
  let vocabularySize = 258
  let beginningOfSequence: Int32?
  let endOfSequence: Int32?

  func encode(_ text: [UInt8]) -> Encoding { Encoding(ids: text.map { Int32($0) }) }

  func decode(_ ids: [Int32]) throws(TokenizerError) -> [UInt8] { ids.map { UInt8(clamping: $0) } }
}
