/// A vocabulary of byte pair encoding while it is being read: texts as they are spelled, and merges.
struct MergeVocabulary {
  /// The file, for messages.
  let file: String
  /// Text of each id as the file spells it, and the way back.
  let index: TextIndex
  /// Rank and id of what two ids make.
  private(set) var merges: PairTable
  private var mergeCount: UInt32 = 0
  /// What each merge makes, in order.
  private(set) var mergedIDs: [Int32] = []
  /// What each merge joins, in order.
  private(set) var mergedPairs: [(left: Int32, right: Int32)] = []

  /// A vocabulary of the texts given by id.
  ///
  /// - Throws: ``TokenizerError`` when a text is empty or there twice; `place` says where.
  init(
    _ spelled: TokenTexts, file: String, mergeCapacity: Int,
    place: (Int) -> TokenizerError.Place
  ) throws(TokenizerError) {
    self.file = file
    merges = PairTable(capacity: mergeCapacity)
    guard spelled.count > 0 else {
      throw .malformed(
        file: file, place: .file, expected: "at least one token", found: "none")
    }
    var index = TextIndex(spelled)
    for id in 0..<spelled.count {
      guard !spelled[id].isEmpty else {
        throw .malformed(
          file: file, place: place(id), expected: "a token's text", found: "an empty string")
      }
      if let earlier = index.insert(id) {
        throw .malformed(
          file: file, place: place(id), expected: "a text that no other token has",
          found: "\(quoted(spelled[id])), which is token \(earlier) too")
      }
    }
    self.index = index
  }

  /// The id of a token by its text, as the file spells it.
  func id(of text: some Collection<UInt8>) -> Int32? {
    index[text]
  }

  /// The id of a mark by its text; nil for none.
  ///
  /// - Throws: ``TokenizerError`` when no token has the text.
  func mark(_ text: String?) throws(TokenizerError) -> Int32? {
    guard let text else { return nil }
    guard let id = id(of: Array(text.utf8)) else {
      throw .malformed(
        file: file, place: .file, expected: "a token \(quoted(Array(text.utf8)))", found: "none")
    }
    return id
  }

  /// Adds the next merge, written `left right`.
  ///
  /// - Throws: ``TokenizerError`` at `place(offset of the culprit in line)`.
  mutating func appendMerge(
    _ line: ArraySlice<UInt8>, file mergesFile: String, place: (Int) -> TokenizerError.Place
  ) throws(TokenizerError) {
    func malformed(_ offset: Int, _ expected: String, _ found: String) -> TokenizerError {
      .malformed(file: mergesFile, place: place(offset), expected: expected, found: found)
    }
    guard let space = line.firstIndex(of: UInt8(ascii: " ")),
      !line[(space + 1)...].contains(UInt8(ascii: " "))
    else {
      throw malformed(0, "two tokens with one space between", quoted(line))
    }
    try appendMerge(line[..<space], line[(space + 1)...], file: mergesFile, place: place)
  }

  /// Adds the next merge of two texts.
  ///
  /// - Throws: ``TokenizerError`` at `place(offset of the culprit, were the two written left right)`.
  mutating func appendMerge(
    _ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>, file mergesFile: String,
    place: (Int) -> TokenizerError.Place
  ) throws(TokenizerError) {
    func malformed(_ offset: Int, _ expected: String, _ found: String) -> TokenizerError {
      .malformed(file: mergesFile, place: place(offset), expected: expected, found: found)
    }
    guard let leftID = index[left] else {
      throw malformed(0, "a token of \(file)", quoted(left))
    }
    guard let rightID = index[right] else {
      throw malformed(left.count + 1, "a token of \(file)", quoted(right))
    }
    let joined = left + right
    guard let mergedID = index[joined] else {
      throw malformed(0, "a pair that makes a token of \(file)", quoted(joined))
    }
    let merge = PairMerger.merge(rank: mergeCount, id: mergedID)
    let earlier = merges.insert(leftID, rightID, merge)
    guard earlier == PairTable.none else {
      throw malformed(
        0, "a pair that isn't listed before",
        "\(quoted(left + [UInt8(ascii: " ")] + right)), which is merge \(earlier >> 32) too")
    }
    mergeCount += 1
    mergedIDs.append(mergedID)
    mergedPairs.append((leftID, rightID))
  }

  /// How many tokens there are.
  var count: Int { index.texts.count }

  /// The bytes that a token stands for.
  func bytes(of id: Int32) -> [UInt8] {
    let spelled = index.texts[Int(id)]
    return ByteAlphabet.bytes(spelledBy: spelled) ?? Array(spelled)
  }

  /// The finished tokenizer; `isText` says whether a token may spell text, rather than be a mark.
  ///
  /// A token with a scalar outside the byte alphabet stands for its own UTF-8; so does one that is only found.
  func tokenizer(
    _ preTokenizer: PreTokenizer, beginningOfSequence: Int32?, endOfSequence: Int32?,
    composes: Bool? = nil, takesWholePieces: Bool = false, added: [AddedTokens.Token] = [],
    isText: (Int32) -> Bool = { _ in true }
  ) -> ByteLevelBPE {
    var texts = TokenTexts()
    let found = Set(added.lazy.filter { !$0.isSpecial }.map(\.id))
    for id in 0..<Int32(clamping: index.texts.count) {
      texts.append(found.contains(id) && !isText(id) ? Array(index.texts[Int(id)]) : bytes(of: id))
    }
    let byteIDs = (0...UInt8.max).map { byte -> Int32 in
      guard let id = index[ByteAlphabet.spelling(of: byte)], isText(id) else { return -1 }
      return id
    }
    var pieces: TextIndex?
    if takesWholePieces {
      var index = TextIndex(texts)
      for id in 0..<texts.count where isText(Int32(id)) { _ = index.insert(id) }
      pieces = index
    }
    let composes = composes ?? preTokenizer.composes
    return ByteLevelBPE(
      texts: texts, byteIDs: byteIDs, merges: merges, preTokenizer: preTokenizer,
      composes: composes, pieces: pieces,
      added: AddedTokens(added) { composes ? composed($0) : $0 },
      beginningOfSequence: beginningOfSequence, endOfSequence: endOfSequence)
  }
}
