extension SentencePieceBPE {
  /// Reads a `tokenizer.model`.
  ///
  /// - Throws: ``TokenizerError`` when the file can't be read, isn't a SentencePiece model of the kind
  ///   that LLaMA uses, or contradicts itself.
  public init(modelFile: String) throws(TokenizerError) {
    try self.init(SentencePieceModel(protobuf: Self.contents(of: modelFile), file: modelFile))
  }

  /// Reads a `tokenizer.bin` or `tok512.bin` of llama2.c.
  ///
  /// - Throws: ``TokenizerError`` when the file can't be read or isn't one.
  public init(scoredListFile: String) throws(TokenizerError) {
    try self.init(
      SentencePieceModel(scoredList: Self.contents(of: scoredListFile), file: scoredListFile))
  }

  static func contents(of file: String) throws(TokenizerError) -> [UInt8] {
    do throws(FileReadError) {
      return try fileBytes(at: file)
    } catch {
      throw .unreadable(error)
    }
  }

  /// Builds the tables.
  init(_ model: SentencePieceModel) throws(TokenizerError) {
    let pieces = model.pieces
    vocabularySize = pieces.count
    addsSpaceInFront = model.addsSpaceInFront
    beginningOfSequence = try model.mark(model.beginningOfSequence)
    endOfSequence = try model.mark(model.endOfSequence)
    let bytes = try model.byteTokens()
    byteIDs = bytes.ids
    beginsWithSpace = pieces.map {
      ($0.kind == .normal || $0.kind == .userDefined) && $0.text.starts(with: Self.spaceMark)
    }

    let graph = try MergeGraph(model)
    scalarIDs = graph.scalarIDs
    merges = graph.merges
    neighbours = graph.neighbours

    var texts = TokenTexts()
    for (id, piece) in pieces.enumerated() {
      switch piece.kind {
      case .normal, .userDefined: texts.append(Self.withSpaces(piece.text))
      case .byte: texts.append([UInt8(truncatingIfNeeded: bytes.values[id])])
      case .control, .unused: texts.append([])
      case .unknown: texts.append(model.unknownSurface)
      }
    }
    added = AddedTokens(Self.userDefined(model)) { $0 }
    for scalar in graph.looseScalars { texts.append(Unicode.Scalar(scalar)?.utf8.map { $0 } ?? []) }
    self.texts = texts
  }

  /// The pieces that are found before anything merges; a sequence's mark is none of them.
  ///
  /// > Source: the sentencepiece package, whose matcher of prefixes this is.
  private static func userDefined(_ model: SentencePieceModel) -> [AddedTokens.Token] {
    var tokens: [AddedTokens.Token] = []
    for (id, piece) in model.pieces.enumerated() where piece.kind == .userDefined {
      let isMark = id == model.beginningOfSequence || id == model.endOfSequence
      // They are looked for where spaces are marks already, and so are written with marks.
      tokens.append(
        AddedTokens.Token(
          text: marked(piece.text, front: false), id: Int32(clamping: id), isSpecial: isMark))
    }
    return tokens
  }

  /// `text` with each space as U+2581, behind one more if `front`.
  static func marked(_ text: [UInt8], front: Bool) -> [UInt8] {
    let text = replaced([UInt8(ascii: " ")], by: spaceMark, in: text)
    return front && !text.isEmpty ? spaceMark + text : text
  }

  /// `text` with each U+2581 as a space.
  private static func withSpaces(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var index = 0
    while index < text.count {
      if text[index...].starts(with: spaceMark) {
        result.append(UInt8(ascii: " "))
        index += spaceMark.count
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }
}

extension SentencePieceModel {
  /// A sequence mark as an id, or nil for −1.
  fileprivate func mark(_ id: Int64) throws(TokenizerError) -> Int32? {
    guard id != -1 else { return nil }
    guard id >= 0, id < pieces.count else {
      throw .malformed(
        file: file, place: .file,
        expected: "ids of the sequence marks from 0 to \(pieces.count - 1), or -1",
        found: "\(id)")
    }
    return Int32(id)
  }

  /// Ids by byte, and bytes by id (−1 for all others).
  fileprivate func byteTokens() throws(TokenizerError) -> (ids: [Int32], values: [Int16]) {
    var ids = [Int32](repeating: -1, count: 256)
    var values = [Int16](repeating: -1, count: pieces.count)
    for (id, piece) in pieces.enumerated() where piece.kind == .byte {
      guard let byte = Self.byte(namedBy: piece.text) else {
        throw malformed(
          piece, "a byte token from '<0x00>' to '<0xFF>'", quoted(piece.text))
      }
      guard ids[Int(byte)] < 0 else {
        throw malformed(
          piece, "one token for each byte",
          "\(quoted(piece.text)), which is token \(ids[Int(byte)]) too")
      }
      ids[Int(byte)] = Int32(id)
      values[id] = Int16(byte)
    }
    if let missing = ids.firstIndex(of: -1) {
      throw .malformed(
        file: file, place: .file, expected: "a token for each of the 256 bytes",
        found: "none for byte \(missing)")
    }
    return (ids, values)
  }

  /// The byte that `<0x0A>` names.
  private static func byte(namedBy text: [UInt8]) -> UInt8? {
    guard text.count == 6, text.starts(with: "<0x".utf8), text[5] == UInt8(ascii: ">") else {
      return nil
    }
    func digit(_ byte: UInt8) -> UInt8? {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
      case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
      default: nil
      }
    }
    guard let high = digit(text[3]), let low = digit(text[4]) else { return nil }
    return high << 4 | low
  }
}
