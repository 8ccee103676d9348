extension SentencePieceBPE {
  /// Builds a tokenizer from the arrays that a GGUF file carries.
  ///
  /// - Parameters:
  ///   - tokens: Texts by id, with U+2581 for a space (`tokenizer.ggml.tokens`).
  ///   - scores: Scores by id, higher ones merging first (`tokenizer.ggml.scores`).
  ///   - types: One of 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte by id
  ///     (`tokenizer.ggml.token_type`).
  ///   - addsSpaceInFront: `tokenizer.ggml.add_space_prefix`.
  ///   - beginningOfSequence: `tokenizer.ggml.bos_token_id`.
  ///   - endOfSequence: `tokenizer.ggml.eos_token_id`.
  ///   - file: The file, for messages.
  /// - Throws: ``TokenizerError`` when the arrays contradict each other.
  public init(
    tokens: [String], scores: [Float], types: [Int], addsSpaceInFront: Bool = true,
    beginningOfSequence: Int32? = nil, endOfSequence: Int32? = nil, file: String
  ) throws(TokenizerError) {
    func malformed(
      _ place: TokenizerError.Place, _ expected: String, _ found: String
    ) -> TokenizerError {
      .malformed(file: file, place: place, expected: expected, found: found)
    }
    for (name, count) in [("score", scores.count), ("type", types.count)]
    where count != tokens.count {
      throw malformed(.file, "one \(name) for each of \(tokens.count) tokens", "\(count) \(name)s")
    }
    guard !tokens.isEmpty else { throw malformed(.file, "at least one token", "none") }
    var model = SentencePieceModel(file: file)
    model.addsSpaceInFront = addsSpaceInFront
    model.beginningOfSequence = beginningOfSequence.map { Int64($0) } ?? -1
    model.endOfSequence = endOfSequence.map { Int64($0) } ?? -1
    model.pieces.reserveCapacity(tokens.count)
    for (id, token) in tokens.enumerated() {
      guard let type = UInt64(exactly: types[id]),
        let kind = SentencePieceModel.Kind(rawValue: type)
      else {
        throw malformed(.token(id), "a type from 1 to 6", "\(types[id])")
      }
      guard scores[id].isFinite else {
        throw malformed(.token(id), "a finite score", "\(scores[id])")
      }
      guard !token.isEmpty || (kind != .normal && kind != .userDefined) else {
        throw malformed(.token(id), "a token's text", "an empty string")
      }
      model.pieces.append(
        SentencePieceModel.Piece(
          place: .token(id), text: Array(token.utf8), score: scores[id], kind: kind))
    }
    try self.init(model)
  }
}
