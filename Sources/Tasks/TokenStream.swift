package import Tokenizers
package import Vocabulary

/// The tokens of one split's text.
package struct TokenStream<S: Split>: Sendable {
  /// The token ids.
  package let ids: [Int32]
  /// Bytes of text that the vocabulary can't spell and that were left out.
  package let droppedBytes: Int
  /// Bytes of text that aren't UTF-8 and were each replaced by U+FFFD.
  package let replacedBytes: Int

  /// Encodes `text` as one string.
  ///
  /// - Throws: ``TaskError/noBeginningOfSequence`` when one is wanted and `tokenizer` has none.
  package init(
    _ text: [UInt8], _ tokenizer: any Tokenizer, beginning: BeginningOfSequencePolicy
  ) throws(TaskError) {
    var encoding = tokenizer.encode(text)
    if beginning == .once {
      guard let id = tokenizer.beginningOfSequence else { throw .noBeginningOfSequence }
      encoding.ids.insert(id, at: 0)
    }
    ids = encoding.ids
    droppedBytes = encoding.droppedBytes
    replacedBytes = encoding.replacedBytes
  }

  /// Tokens that were encoded elsewhere.
  package init(ids: [Int32]) {
    self.ids = ids
    droppedBytes = 0
    replacedBytes = 0
  }

  /// The ids as little-endian 32-bit words: what digests of a token stream are taken over.
  package var littleEndianBytes: [UInt8] { ids.littleEndianBytes }
}

extension Sequence<Int32> {
  /// Four bytes an id, least significant first.
  package var littleEndianBytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(underestimatedCount * 4)
    for id in self {
      withUnsafeBytes(of: id.littleEndian) { bytes.append(contentsOf: $0) }
    }
    return bytes
  }
}
