/// LLaMA's tokenizer: SentencePiece's byte pair encoding with byte fallback.
///
/// The whole text is one stretch: a space goes in front, spaces become U+2581, and neighbouring
/// pieces merge, highest score first. What no piece spells becomes byte tokens.
///
/// `decode(encode(text))` is `text` with two exceptions, as in the sentencepiece package: a literal
/// U+2581 comes back as a space, and each byte that isn't UTF-8 is encoded as U+FFFD (and counted in
/// ``Encoding/replacedBytes``). Decoding drops the space that encoding put in front.
///
/// > Source: Kudo and Richardson 2018, arXiv:1808.06226; order of merges as in the sentencepiece
/// > package.
public struct SentencePieceBPE: Tokenizer {
  /// UTF-8 of U+2581, which stands for a space in a vocabulary.
  static let spaceMark: [UInt8] = [0xE2, 0x96, 0x81]
  private static let spaceScalar: UInt32 = 0x2581

  /// What each id decodes to; beyond ``vocabularySize``, scalars that pieces contain but that aren't
  /// pieces themselves.
  let texts: TokenTexts
  /// How many ids there are.
  public let vocabularySize: Int
  /// The id of each byte token.
  let byteIDs: [Int32]
  /// Whether an id is a normal piece that begins with a space.
  let beginsWithSpace: [Bool]
  /// The id of each scalar that occurs in a piece.
  let scalarIDs: ScalarIDs
  /// Which pairs of pieces make a piece.
  let merges: PairTable
  /// Which pairs of scalars stand side by side in some piece.
  let neighbours: PairTable
  /// Pieces that are found before anything merges.
  let added: AddedTokens?
  /// Whether a space is put before the text.
  public let addsSpaceInFront: Bool
  /// The id that opens a sequence, if any.
  public let beginningOfSequence: Int32?
  /// The id that closes a sequence, if any.
  public let endOfSequence: Int32?

  /// The ids of `text`.
  ///
  /// A merge makes a piece, and so can't join two scalars that stand side by side in no piece: there
  /// the text is cut, which changes no id and keeps the memory that merging needs small.
  ///
  /// - Complexity: O(n log n) for n bytes, whatever the text.
  public func encode(_ text: [UInt8]) -> Encoding {
    var result = Encoding(ids: [])
    guard !text.isEmpty else { return result }
    result.ids.reserveCapacity(text.count / 3)
    guard let added else {
      append(text, 0..<text.count, front: addsSpaceInFront, to: &result)
      return result
    }
    let marked = Self.marked(wellFormed(text, &result.replacedBytes), front: addsSpaceInFront)
    added.forEachSection(of: marked, normalize: { $0 }) { section in
      switch section {
      case .token(let id): result.ids.append(id)
      case .text(let text, let range, _): append(text, range, front: false, to: &result)
      }
    }
    return result
  }

  /// Appends the ids of `text[range]`, of which nothing is found before it merges; `front` puts a space before.
  private func append(
    _ text: [UInt8], _ range: Range<Int>, front: Bool, to result: inout Encoding
  ) {
    var stretch = PairMerger(merges)
    var merged: [Int32] = []
    var before: Int32 = -1
    func flush() {
      merged.removeAll(keepingCapacity: true)
      stretch.finish(into: &merged)
      for id in merged { append(id, to: &result.ids) }
    }
    func push(_ scalar: UInt32, _ bytes: ArraySlice<UInt8>) {
      let id = scalarIDs[scalar]
      if id < 0 || before < 0 || neighbours[before, id] == PairTable.none { flush() }
      if id >= 0 {
        stretch.append(id)
      } else {
        for byte in bytes { result.ids.append(byteIDs[Int(byte)]) }
      }
      before = id
    }
    if front { push(Self.spaceScalar, Self.spaceMark[...]) }
    var index = range.lowerBound
    while index < range.upperBound {
      let decoded = decodedScalar(in: text, at: index)
      let end = index + decoded.length
      if !decoded.isWellFormed {
        result.replacedBytes += 1
        push(decoded.value, Self.replacement[...])
      } else if decoded.value == 0x20 {
        push(Self.spaceScalar, Self.spaceMark[...])
      } else {
        push(decoded.value, text[index..<end])
      }
      index = end
    }
    flush()
  }

  /// UTF-8 of U+FFFD.
  private static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

  /// Appends `id`, or the byte tokens of a scalar that is in pieces but isn't one.
  private func append(_ id: Int32, to ids: inout [Int32]) {
    if id < vocabularySize {
      ids.append(id)
    } else {
      for byte in texts[Int(id)] { ids.append(byteIDs[Int(byte)]) }
    }
  }

  /// The text that `ids` spell: without the space in front, with control tokens left out.
  ///
  /// - Throws: ``TokenizerError/unknownID(_:position:vocabularySize:)``.
  public func decode(_ ids: [Int32]) throws(TokenizerError) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(ids.count * 4)
    var isFirst = addsSpaceInFront
    for (position, id) in ids.enumerated() {
      guard id >= 0, id < vocabularySize else {
        throw .unknownID(id, position: position, vocabularySize: vocabularySize)
      }
      let piece = texts[Int(id)]
      guard !piece.isEmpty else { continue }
      text.append(contentsOf: isFirst && beginsWithSpace[Int(id)] ? piece.dropFirst() : piece)
      isFirst = false
    }
    return text
  }
}
