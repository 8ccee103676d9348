/// A tokenizer for models without one: each byte is an id, spread evenly over the vocabulary.
///
/// For synthetic weights alone, where only how many ids there are matters, and which rows of the embedding are
/// touched: byte b is the id `⌊b·V/256⌋`.
public struct ByteTokenizer: Tokenizer {
  /// V, at least 256.
  public let vocabularySize: Int

  /// A tokenizer of a vocabulary; nil for one of fewer than 256 ids.
  public init?(vocabularySize: Int) {
    guard vocabularySize >= 256 else { return nil }
    self.vocabularySize = vocabularySize
  }

  /// None.
  public var beginningOfSequence: Int32? { nil }

  /// None.
  public var endOfSequence: Int32? { nil }

  /// One id per byte.
  public func encode(_ text: [UInt8]) -> Encoding {
    Encoding(ids: text.map { Int32(Int($0) * vocabularySize / 256) })
  }

  /// The bytes; ids between those of two bytes stand for the lower one.
  ///
  /// - Throws: ``TokenizerError/unknownID(_:position:vocabularySize:)``.
  public func decode(_ ids: [Int32]) throws(TokenizerError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(ids.count)
    for (position, id) in ids.enumerated() {
      guard id >= 0, id < vocabularySize else {
        throw .unknownID(id, position: position, vocabularySize: vocabularySize)
      }
      // The largest b whose id isn't above this one.
      bytes.append(UInt8((256 * (Int(id) + 1) - 1) / vocabularySize))
    }
    return bytes
  }
}
