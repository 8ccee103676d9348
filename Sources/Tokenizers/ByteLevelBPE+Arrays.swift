extension ByteLevelBPE {
  /// Builds a tokenizer from the arrays that a GGUF file carries.
  ///
  /// - Parameters:
  ///   - tokens: Texts by id in GPT-2's byte alphabet (`tokenizer.ggml.tokens`).
  ///   - merges: Pairs, best first, each two texts with a space between (`tokenizer.ggml.merges`).
  ///   - types: One of 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte by id
  ///     (`tokenizer.ggml.token_type`); nil when the file has none. Only a normal or byte token spells
  ///     a byte of text; one of type 4 that is no mark is found in text before that is cut.
  ///   - preTokenizer: How text is cut (`tokenizer.ggml.pre`).
  ///   - beginningOfSequence: `tokenizer.ggml.bos_token_id`.
  ///   - endOfSequence: `tokenizer.ggml.eos_token_id`.
  ///   - file: The file, for messages.
  /// - Throws: ``TokenizerError`` when the arrays contradict each other.
  public init(
    tokens: [String], merges: [String], types: [Int]? = nil, preTokenizer: PreTokenizer,
    beginningOfSequence: Int32? = nil, endOfSequence: Int32? = nil, file: String
  ) throws(TokenizerError) {
    if let types {
      guard types.count == tokens.count else {
        throw .malformed(
          file: file, place: .file, expected: "one type for each of \(tokens.count) tokens",
          found: "\(types.count) types")
      }
      if let bad = types.firstIndex(where: { !(1...6).contains($0) }) {
        throw .malformed(
          file: file, place: .token(bad), expected: "a type from 1 to 6", found: "\(types[bad])")
      }
    }
    var texts = TokenTexts()
    texts.reserve(texts: tokens.count, bytes: tokens.count * 8)
    for token in tokens { texts.append(token.utf8) }
    var vocabulary = try MergeVocabulary(
      texts, file: file, mergeCapacity: merges.count
    ) { .token($0) }
    for (number, merge) in merges.enumerated() {
      try vocabulary.appendMerge(Array(merge.utf8)[...], file: file) { _ in .merge(number) }
    }
    for mark in [beginningOfSequence, endOfSequence] {
      guard let mark, mark < 0 || mark >= tokens.count else { continue }
      throw .malformed(
        file: file, place: .file,
        expected: "ids of the sequence marks from 0 to \(tokens.count - 1)", found: "\(mark)")
    }
    // A token that the user defined is found in text before anything is cut; marks are plain text here.
    var added: [AddedTokens.Token] = []
    for (id, type) in (types ?? []).enumerated() where type == 4 {
      added.append(
        AddedTokens.Token(
          text: Array(tokens[id].utf8), id: Int32(clamping: id), isSpecial: isMark(tokens[id])))
    }
    self = vocabulary.tokenizer(
      preTokenizer, beginningOfSequence: beginningOfSequence, endOfSequence: endOfSequence,
      takesWholePieces: preTokenizer.takesWholePieces, added: added
    ) { id in
      guard let types else { return true }
      return types[Int(id)] == 1 || types[Int(id)] == 6
    }
  }
}

/// Whether a token's text looks like a mark that no ordinary text contains: `<…>` or `[…]`.
func isMark(_ text: String) -> Bool {
  let bare = text.drop { $0 == " " || $0 == "\u{2581}" || $0 == "\u{120}" }
  return bare.utf8.count > 2
    && ((bare.hasPrefix("<") && bare.hasSuffix(">"))
      || (bare.hasPrefix("[") && bare.hasSuffix("]")))
}
