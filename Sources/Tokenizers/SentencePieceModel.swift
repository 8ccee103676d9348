/// What a SentencePiece vocabulary says, before it is turned into tables.
struct SentencePieceModel {
  /// What a piece is for.
  enum Kind: UInt64 {
    /// Text.
    case normal = 1
    /// The piece for what can't be spelled.
    case unknown = 2
    /// A mark such as `<s>`, never found in text.
    case control = 3
    /// Text that is found before anything merges, and that merges with nothing.
    case userDefined = 4
    /// Nothing: it fills a vocabulary up.
    case unused = 5
    /// One byte, written `<0x0A>`.
    case byte = 6
  }

  /// One entry.
  struct Piece {
    /// Where it stands in the file.
    let place: TokenizerError.Place
    /// Its text in UTF-8; a space is U+2581.
    let text: [UInt8]
    /// Higher merges first.
    let score: Float
    /// What it is for.
    let kind: Kind
  }

  /// The file, for messages.
  let file: String
  /// The pieces, by id.
  var pieces: [Piece] = []
  /// The id that opens a sequence; −1 when there is none.
  var beginningOfSequence: Int64 = 1
  /// The id that closes a sequence; −1 when there is none.
  var endOfSequence: Int64 = 2
  /// What the unknown piece decodes to.
  var unknownSurface: [UInt8] = Array(" \u{2047} ".utf8)
  /// Whether a space is put before the text.
  var addsSpaceInFront = true

  /// Whether some piece is found before anything merges.
  var hasUserDefined: Bool { pieces.contains { $0.kind == .userDefined } }

  /// The texts of such pieces.
  var userDefinedTexts: [String] {
    pieces.filter { $0.kind == .userDefined }.map { String(decoding: $0.text, as: UTF8.self) }
  }

  /// An error at a piece.
  func malformed(_ piece: Piece, _ expected: String, _ found: String) -> TokenizerError {
    .malformed(file: file, place: piece.place, expected: expected, found: found)
  }

  /// An error at `offset` of the file.
  func malformed(_ offset: Int, _ expected: String, _ found: String) -> TokenizerError {
    .malformed(file: file, place: .byte(offset), expected: expected, found: found)
  }
}
