/// Turns text into token ids and back.
///
/// Text is UTF-8 bytes. Strings that look like special tokens (`</s>`, `<|im_start|>`) are plain
/// text here: a corpus that happens to contain them can't open or close a sequence. Tokens that a vocabulary
/// finds in text although they aren't special (runs of spaces, Gemma's `<b>`) are found.
public protocol Tokenizer: Sendable {
  /// How many ids there are: every id is in `0 ..< vocabularySize`.
  var vocabularySize: Int { get }
  /// The id that opens a sequence, if the vocabulary names one; ``encode(_:)`` never adds it.
  var beginningOfSequence: Int32? { get }
  /// The id that closes a sequence, if the vocabulary names one; ``encode(_:)`` never adds it.
  var endOfSequence: Int32? { get }

  /// The ids of `text`, without beginning or end of sequence.
  func encode(_ text: [UInt8]) -> Encoding

  /// The text that `ids` spell.
  ///
  /// - Throws: ``TokenizerError/unknownID(_:position:vocabularySize:)``.
  func decode(_ ids: [Int32]) throws(TokenizerError) -> [UInt8]
}

extension Tokenizer {
  /// The ids of a string's UTF-8.
  public func encode(_ text: String) -> Encoding {
    encode(Array(text.utf8))
  }
}

/// What became of a text: its ids, and how much of it they don't spell.
///
/// When both counts are zero, decoding the ids returns the text, apart from what the tokenizer's own
/// documentation excepts.
public struct Encoding: Sendable, Equatable {
  /// The token ids.
  public var ids: [Int32]
  /// Bytes that the vocabulary can't spell and that were left out.
  public var droppedBytes: Int
  /// Bytes that aren't UTF-8 and were each replaced by U+FFFD.
  public var replacedBytes: Int

  /// An encoding from its parts.
  public init(ids: [Int32], droppedBytes: Int = 0, replacedBytes: Int = 0) {
    self.ids = ids
    self.droppedBytes = droppedBytes
    self.replacedBytes = replacedBytes
  }
}
