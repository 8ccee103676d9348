import TestSupport
import Tokenizers

/// A byte-level vocabulary written by hand: all bytes but the missing ones, then what merges make.
struct SmallVocabulary {
  /// Texts by id, as a vocabulary file spells them.
  var tokens: [String] = []
  /// Lines of merges.txt, best first.
  var merges: [String] = []

  /// Two special tokens, the bytes in order, then one token for each merge, unless it's there already.
  ///
  /// Merges are pairs of plain texts, such as `(" ", "t")`.
  init(_ pairs: [(String, String)] = [], missing: Set<UInt8> = []) {
    tokens = ["<unk>", "</s>"]
    for byte in UInt8.min...UInt8.max where !missing.contains(byte) {
      tokens.append(Self.spelled([byte]))
    }
    for (left, right) in pairs {
      let joined = Self.spelled(Array((left + right).utf8))
      merges.append(Self.spelled(Array(left.utf8)) + " " + Self.spelled(Array(right.utf8)))
      if !tokens.contains(joined) { tokens.append(joined) }
    }
  }

  /// GPT-2's spelling, written independently of the source: `Ġ` for a space.
  static func spelled(_ bytes: [UInt8]) -> String {
    let printable = Set(UInt8(ascii: "!")...UInt8(ascii: "~")).union(0xA1...0xAC).union(0xAE...0xFF)
    var text = ""
    for byte in bytes {
      let value =
        printable.contains(byte)
        ? UInt32(byte)
        : 256 + UInt32((0..<byte).filter { !printable.contains($0) }.count)
      if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
    }
    return text
  }

  /// The id of a plain text.
  func id(_ text: String) -> Int32 {
    let spelled = Self.spelled(Array(text.utf8))
    return Int32(tokens.firstIndex(of: spelled) ?? -1)
  }

  /// The tokenizer, by way of GGUF's arrays.
  func tokenizer(_ rule: PreTokenizer = .gpt2) throws -> ByteLevelBPE {
    try ByteLevelBPE(
      tokens: tokens, merges: merges, types: [2, 3] + tokens.dropFirst(2).map { _ in 1 },
      preTokenizer: rule, beginningOfSequence: 1, endOfSequence: 1, file: "small.gguf")
  }

  /// The text of vocab.json.
  var json: String {
    let members = tokens.enumerated().map { id, text in
      let escaped = text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
      return "\"\(escaped)\": \(id)"
    }
    return "{" + members.joined(separator: ", ") + "}"
  }
}

/// Writes a SentencePiece model, field by field.
struct ModelWriter {
  /// The file so far.
  var bytes: [UInt8] = []

  /// LLaMA's layout: unknown, two marks, 256 bytes, then the given pieces with falling scores.
  static func llama(_ pieces: [String], scores: [Float]? = nil) -> ModelWriter {
    var writer = ModelWriter()
    writer.piece("<unk>", 0, kind: 2)
    writer.piece("<s>", 0, kind: 3)
    writer.piece("</s>", 0, kind: 3)
    for byte in 0...255 {
      let digits = String(byte, radix: 16, uppercase: true)
      writer.piece("<0x" + (digits.count < 2 ? "0" : "") + digits + ">", 0, kind: 6)
    }
    for (index, piece) in pieces.enumerated() {
      writer.piece(piece, scores?[index] ?? -Float(index), kind: 1)
    }
    writer.settings()
    return writer
  }

  /// Appends a piece.
  mutating func piece(_ text: String, _ score: Float, kind: UInt64) {
    var piece = ModelWriter()
    piece.message(1, Array(text.utf8))
    piece.varint(2 << 3 | 5)
    withUnsafeBytes(of: score.bitPattern.littleEndian) { piece.bytes += $0 }
    piece.varint(3 << 3)
    piece.varint(kind)
    message(1, piece.bytes)
  }

  /// Appends the trainer's and the normalizer's settings.
  mutating func settings(
    type: UInt64 = 2, fallback: UInt64 = 1, removesSpaces: UInt64 = 0, beginning: UInt64 = 1
  ) {
    var trainer = ModelWriter()
    for (number, value) in [(3, type), (35, fallback), (41, beginning), (42, 2)]
      as [(UInt64, UInt64)]
    {
      trainer.varint(number << 3)
      trainer.varint(value)
    }
    message(2, trainer.bytes)
    var normalizer = ModelWriter()
    normalizer.message(1, Array("identity".utf8))
    normalizer.message(2, [])
    for (number, value) in [(3, 1), (4, removesSpaces)] as [(UInt64, UInt64)] {
      normalizer.varint(number << 3)
      normalizer.varint(value)
    }
    message(3, normalizer.bytes)
  }

  /// Appends a field of wire type 2.
  mutating func message(_ number: UInt64, _ content: [UInt8]) {
    varint(number << 3 | 2)
    varint(UInt64(content.count))
    bytes += content
  }

  /// Appends a varint.
  mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// The error that `body` throws, as text; nil when it throws none.
func errorText(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}

/// The strings that ranges cut out of a text.
func pieces(_ text: String, _ rule: PreTokenizer) -> [String] {
  let bytes = Array(text.utf8)
  return PreTokens(bytes, rule).map { String(decoding: bytes[$0], as: UTF8.self) }
}
