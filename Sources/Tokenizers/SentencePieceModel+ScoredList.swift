extension SentencePieceModel {
  /// Reads llama2.c's `tokenizer.bin`: a 32-bit longest length, then for each id a 32-bit float score,
  /// a 32-bit length and the text, in which a space is a space; all little-endian.
  ///
  /// Ids are laid out as LLaMA's: 0 unknown, 1 and 2 the sequence marks, 3 to 258 the bytes.
  ///
  /// > Source: karpathy/llama2.c, `tokenizer.py`, which writes it.
  init(scoredList bytes: [UInt8], file: String) throws(TokenizerError) {
    self.file = file
    func word(at offset: Int) throws(TokenizerError) -> UInt32 {
      guard bytes.count - offset >= 4 else {
        throw malformed(offset, "4 bytes", "the end of the file after \(bytes.count - offset)")
      }
      return bytes[offset..<(offset + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    _ = try word(at: 0)
    var position = 4
    while position < bytes.count {
      let score = Float(bitPattern: try word(at: position))
      guard score.isFinite else { throw malformed(position, "a finite score", "\(score)") }
      let length = Int(try word(at: position + 4))
      let start = position + 8
      guard length > 0, length <= bytes.count - start else {
        throw malformed(
          position + 4, "a length from 1 to \(bytes.count - start)", "\(length)")
      }
      let kind: Kind =
        switch pieces.count {
        case 0: .unknown
        case 1, 2: .control
        case 3..<259: .byte
        default: .normal
        }
      let text = bytes[start..<(start + length)].flatMap {
        $0 == UInt8(ascii: " ") ? SentencePieceBPE.spaceMark : [$0]
      }
      pieces.append(Piece(place: .byte(position), text: text, score: score, kind: kind))
      position = start + length
    }
    guard pieces.count >= 259 else {
      throw .malformed(
        file: file, place: .file, expected: "at least 259 tokens", found: "\(pieces.count)")
    }
  }
}
