extension SentencePieceModel {
  /// Reads a `tokenizer.model`: the protocol buffers message ModelProto.
  ///
  /// Only what LLaMA's and Gemma's models use is understood: BPE with byte fallback, identity normalization.
  /// Anything else is refused rather than tokenized wrongly.
  ///
  /// > Source: the sentencepiece package's published schema, `sentencepiece_model.proto`.
  init(protobuf bytes: [UInt8], file: String) throws(TokenizerError) {
    self.file = file
    var isByteFallback = false
    var isBPE = false
    var removesSpaces = true
    var fields = ProtobufFields(bytes, in: 0..<bytes.count, file: file)
    while let field = try fields.next() {
      guard case .bytes(let range) = field.value else { continue }
      switch field.number {
      case 1:
        pieces.append(try piece(bytes, range, at: field.offset))
      case 2:
        try readTrainer(bytes, range, isBPE: &isBPE, isByteFallback: &isByteFallback)
      case 3:
        try readNormalizer(bytes, range, removesSpaces: &removesSpaces)
      default:
        break
      }
    }
    func require(_ condition: Bool, _ expected: String, _ found: String) throws(TokenizerError) {
      guard condition else {
        throw .malformed(file: file, place: .file, expected: expected, found: found)
      }
    }
    try require(!pieces.isEmpty, "at least one piece", "none")
    try require(isBPE, "a model of type BPE (2)", "another")
    try require(isByteFallback, "a model with byte fallback", "one without")
    try require(!removesSpaces, "a model that keeps extra spaces", "one that removes them")
  }

  /// SentencePiece: 1 text, 2 score, 3 kind.
  private func piece(
    _ bytes: [UInt8], _ range: Range<Int>, at offset: Int
  ) throws(TokenizerError) -> Piece {
    var text: Range<Int>?
    var score: Float = 0
    var kind = Kind.normal
    var fields = ProtobufFields(bytes, in: range, file: file)
    while let field = try fields.next() {
      switch (field.number, field.value) {
      case (1, .bytes(let range)):
        text = range
      case (2, .fixed32(let bits)):
        score = Float(bitPattern: bits)
        guard score.isFinite else { throw malformed(field.offset, "a finite score", "\(score)") }
      case (3, .varint(let value)):
        guard let known = Kind(rawValue: value), known != .unused else {
          throw malformed(
            field.offset, "a piece of type 1, 2, 3, 4 or 6 (others aren't supported)",
            "type \(value)")
        }
        kind = known
      case (1...3, _):
        let wireType = [2, 5, 0][Int(field.number) - 1]
        throw malformed(
          field.offset, "wire type \(wireType) in field \(field.number) of a piece",
          "wire type \(field.value.wireType)")
      default:
        break
      }
    }
    guard let text, !text.isEmpty else {
      throw malformed(offset, "a piece with a text", "a piece without")
    }
    return Piece(place: .byte(offset), text: Array(bytes[text]), score: score, kind: kind)
  }

  /// TrainerSpec: 3 model type, 24 spaces at the end of pieces, 35 byte fallback, 41 and 42 sequence
  /// marks, 44 surface of the unknown piece.
  private mutating func readTrainer(
    _ bytes: [UInt8], _ range: Range<Int>, isBPE: inout Bool, isByteFallback: inout Bool
  ) throws(TokenizerError) {
    var fields = ProtobufFields(bytes, in: range, file: file)
    while let field = try fields.next() {
      switch (field.number, field.value) {
      case (3, .varint(let value)):
        isBPE = value == 2
      case (24, .varint(let value)):
        guard value == 0 else {
          throw malformed(field.offset, "spaces at the start of pieces", "spaces at their end")
        }
      case (35, .varint(let value)):
        isByteFallback = value != 0
      case (41, .varint(let value)):
        beginningOfSequence = Int64(bitPattern: value)
      case (42, .varint(let value)):
        endOfSequence = Int64(bitPattern: value)
      case (44, .bytes(let range)):
        unknownSurface = Array(bytes[range])
      default:
        break
      }
    }
  }

  /// NormalizerSpec: 2 character map, 3 space in front, 4 remove extra spaces, 5 escape spaces.
  private mutating func readNormalizer(
    _ bytes: [UInt8], _ range: Range<Int>, removesSpaces: inout Bool
  ) throws(TokenizerError) {
    var fields = ProtobufFields(bytes, in: range, file: file)
    while let field = try fields.next() {
      switch (field.number, field.value) {
      case (2, .bytes(let map)):
        guard map.isEmpty else {
          throw malformed(
            field.offset, "identity normalization", "a character map of \(map.count) bytes")
        }
      case (3, .varint(let value)):
        addsSpaceInFront = value != 0
      case (4, .varint(let value)):
        removesSpaces = value != 0
      case (5, .varint(let value)):
        guard value != 0 else {
          throw malformed(field.offset, "spaces written as U+2581", "plain spaces")
        }
      default:
        break
      }
    }
  }
}
