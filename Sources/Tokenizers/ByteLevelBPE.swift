/// Byte-level byte pair encoding, as in GPT-2, OPT and SmolLM2.
///
/// Text is cut into pre-tokens, each pre-token into bytes, and neighbouring tokens are merged in the
/// order of the merges list. Works on bytes throughout: text that isn't UTF-8 is encoded and decoded
/// like any other, its ill-formed bytes counting as neither letters, numbers nor spaces where text is
/// cut.
///
/// A vocabulary may lack single bytes (SmolLM2 lacks 04 06 13 14 16 1D F1 F2, apart from bytes that
/// UTF-8 never uses). Such a byte is dropped before merging, so its neighbours merge with each other:
/// this is what the tokenizers package does, and ids must equal those the model was trained on. Unlike
/// the package, ``encode(_:)`` says how many bytes were dropped.
///
/// > Source: Radford et al. 2019, "Language models are unsupervised multitask learners", §2.2.
public struct ByteLevelBPE: Tokenizer {
  /// What each id decodes to.
  private let texts: TokenTexts
  /// The id of each byte by itself; −1 where the vocabulary has none.
  private let byteIDs: [Int32]
  private let merges: PairTable
  /// How text is cut before merging.
  public let preTokenizer: PreTokenizer
  /// Whether text is brought to Unicode's normalization form C first.
  public let composes: Bool
  /// Tokens by their bytes, where a pre-token that is one is taken as it is, before any merge (Llama 3).
  private let pieces: TextIndex?
  /// Tokens that are found in text before it is cut.
  private let added: AddedTokens?
  /// The id that opens a sequence, if any.
  public let beginningOfSequence: Int32?
  /// The id that closes a sequence, if any.
  public let endOfSequence: Int32?

  /// A tokenizer from parts that were checked before.
  init(
    texts: TokenTexts, byteIDs: [Int32], merges: PairTable, preTokenizer: PreTokenizer,
    composes: Bool, pieces: TextIndex?, added: AddedTokens?, beginningOfSequence: Int32?,
    endOfSequence: Int32?
  ) {
    self.texts = texts
    self.byteIDs = byteIDs
    self.merges = merges
    self.preTokenizer = preTokenizer
    self.composes = composes
    self.pieces = pieces
    self.added = added
    self.beginningOfSequence = beginningOfSequence
    self.endOfSequence = endOfSequence
  }

  /// How many ids there are.
  public var vocabularySize: Int { texts.count }

  /// The bytes that ``encode(_:)`` drops, in order.
  public var missingBytes: [UInt8] {
    (0...UInt8.max).filter { byteIDs[Int($0)] < 0 }
  }

  /// The ids of `text`; bytes that the vocabulary lacks are dropped and counted.
  ///
  /// Where ``composes`` is set, decoding them gives the composed text.
  ///
  /// - Complexity: O(n log n) for n bytes, whatever the text; O(n) for text with spaces.
  public func encode(_ text: [UInt8]) -> Encoding {
    var result = Encoding(ids: [])
    result.ids.reserveCapacity(text.count / 4)
    var merger = PairMerger(merges)
    guard let added else {
      append(composes ? composed(text) : text, &merger, to: &result)
      return result
    }
    added.forEachSection(of: text, normalize: { composes ? composed($0) : $0 }) { section in
      switch section {
      case .token(let id): result.ids.append(id)
      case .text(let text, let range, _): append(Array(text[range]), &merger, to: &result)
      }
    }
    return result
  }

  /// Appends the ids of a text without added tokens.
  private func append(_ text: [UInt8], _ merger: inout PairMerger, to result: inout Encoding) {
    for range in PreTokens(text, preTokenizer) {
      if let whole = pieces?[text[range]] {
        result.ids.append(whole)
        continue
      }
      for index in range {
        let id = byteIDs[Int(text[index])]
        if id >= 0 {
          merger.append(id)
        } else {
          result.droppedBytes += 1
        }
      }
      merger.finish(into: &result.ids)
    }
  }

  /// The bytes that `ids` spell; special tokens as they are written in the vocabulary.
  ///
  /// - Throws: ``TokenizerError/unknownID(_:position:vocabularySize:)``.
  public func decode(_ ids: [Int32]) throws(TokenizerError) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(ids.count * 4)
    for (position, id) in ids.enumerated() {
      guard id >= 0, id < vocabularySize else {
        throw .unknownID(id, position: position, vocabularySize: vocabularySize)
      }
      text.append(contentsOf: texts[Int(id)])
    }
    return text
  }
}
