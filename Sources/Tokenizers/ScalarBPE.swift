/// Byte pair encoding over scalars, as `tokenizer.json` spells the tokenizers of LLaMA 1 and 2, Mistral, Gemma and
/// Phi-3.
///
/// Tokens that were added are found first; what lies between them is normalized, cut and merged. `decode(encode(text))`
/// is `text`, except where the steps before merging lose something: a space in front, a literal mark of spaces,
/// what normalization changes; each byte that isn't UTF-8 is encoded as U+FFFD.
///
/// > Source: the tokenizers package, 0.23.
public struct ScalarBPE: Tokenizer {
  /// What each id decodes to; nothing for special tokens.
  let texts: TokenTexts
  /// Tokens found in text before anything else.
  let added: AddedTokens?
  /// What is done to text between such tokens.
  let steps: [NormalizationStep]
  /// How it is cut then.
  let cuts: [CutStep]
  /// What each piece becomes.
  let merger: ScalarMerger
  /// The id that opens a sequence, if any.
  public let beginningOfSequence: Int32?
  /// The id that closes a sequence, if any.
  public let endOfSequence: Int32?

  /// How many ids there are.
  public var vocabularySize: Int { texts.count }

  /// Whether a space is put in front of the text.
  public var addsSpaceInFront: Bool {
    steps.contains { step in
      if case .prepend = step { true } else { false }
    }
      || cuts.contains { cut in
        if case .metaspace(_, let front, _) = cut { front != .never } else { false }
      }
  }

  /// The ids of `text`; bytes that only the unknown token stands for, or none, count as dropped.
  ///
  /// - Complexity: O(n log n) for n bytes, whatever the text.
  public func encode(_ text: [UInt8]) -> Encoding {
    var result = Encoding(ids: [])
    let text = wellFormed(text, &result.replacedBytes)
    result.ids.reserveCapacity(text.count / 3)
    var pairs = PairMerger(merger.merges)
    func append(_ text: [UInt8], _ range: Range<Int>, isStart: Bool) {
      cuts.forEachPiece(of: text, range, isStart: isStart) { text, range in
        merger.append(text, range, &pairs, to: &result)
      }
    }
    guard let added else {
      let text = normalized(text, steps)
      if !text.isEmpty { append(text, 0..<text.count, isStart: true) }
      return result
    }
    added.forEachSection(of: text, normalize: { normalized($0, steps) }) { section in
      switch section {
      case .token(let id): result.ids.append(id)
      case .text(let text, let range, let isStart): append(text, range, isStart: isStart)
      }
    }
    return result
  }

  /// The text that `ids` spell: without a space in front where encoding puts one, special tokens left out.
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
    if addsSpaceInFront, text.first == UInt8(ascii: " ") { text.removeFirst() }
    return text
  }
}

/// `text` with U+FFFD for each byte that isn't UTF-8; `count` is raised by how many there are.
func wellFormed(_ text: [UInt8], _ count: inout Int) -> [UInt8] {
  var result: [UInt8] = []
  // Where the text that isn't copied yet begins.
  var (start, index) = (0, 0)
  while index < text.count {
    if text[index] < 0x80 {
      index += 1
      continue
    }
    let decoded = decodedScalar(in: text, at: index)
    if !decoded.isWellFormed {
      result += text[start..<index]
      result += [0xEF, 0xBF, 0xBD]
      count += 1
      start = index + 1
    }
    index += decoded.length
  }
  return start == 0 ? text : result + text[start...]
}
