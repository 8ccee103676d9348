import JSONText
import TestSupport
import Testing
import Tokenizers

/// The small tokenizers of `Tests/Vectors/tokenizers/small`, and what the reference packages make of text.
struct SmallTokenizers {
  /// One tokenizer's reference.
  struct Case {
    let name: String
    /// Digest of the ids of each 100 lines of `mixed.txt`.
    let lines: [String]
    /// Digest of the ids of each of the ``SmallTokenizers/strings``.
    let strings: [String]
    /// How many ids all lines have.
    let count: Int
    /// The text of its `tokenizer.json`; nil for a SentencePiece model.
    let json: String?
  }

  let strings: [String]
  let cases: [Case]
  let models: [Case]

  init() throws {
    let root = try JSONDocument(contentsOf: Vectors.path("tokenizers/small/small.json")).root
    strings = try Self.texts(root["strings"])
    cases = try Self.list(root["cases"]).map { value in
      let base = try Self.text(value["base"])
      return try Self.reference(value, json: Self.file(value["members"], root["bases"]?[base]))
    }
    models = try Self.list(root["sentencepiece"]).map { try Self.reference($0, json: nil) }
  }

  /// The case of a name.
  func named(_ name: String) throws -> Case {
    try #require(cases.first { $0.name == name })
  }

  /// A `tokenizer.json` of a model's vocabulary and what a case adds to it.
  private static func file(_ members: JSON?, _ base: JSON?) throws -> String {
    guard case .object(var model)? = base, case .object(let others)? = members else {
      throw Missing(what: "base or members")
    }
    model.append(JSON.Member("type", .string("BPE")))
    if case .object(let more)? = members?["model"] { model += more }
    var file = others.filter { $0.name != "model" }
    file.append(JSON.Member("model", .object(model)))
    return try jsonText(of: JSON.object(file), style: .pretty)
  }

  private static func reference(_ value: JSON, json: String?) throws -> Case {
    guard case .integer(let count)? = value["count"] else { throw Missing(what: "count") }
    return Case(
      name: try text(value["name"]), lines: try texts(value["lines"]),
      strings: try texts(value["strings"]), count: Int(count), json: json)
  }

  private struct Missing: Error { let what: String }

  private static func list(_ value: JSON?) throws -> [JSON] {
    guard case .array(let items)? = value else { throw Missing(what: "list") }
    return items
  }

  private static func text(_ value: JSON?) throws -> String {
    guard case .string(let text)? = value else { throw Missing(what: "text") }
    return text
  }

  private static func texts(_ value: JSON?) throws -> [String] { try list(value).map(text) }

  /// Compares the ids of all lines and strings with a case's.
  func compare(_ tokenizer: any Tokenizer, _ wanted: Case) throws {
    let mixed = try TemporaryFolder.bytes(of: Vectors.path("tokenizers/mixed.txt"))
    let lines = mixed.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .dropLast()
    #expect(
      lines.count == 5000 && wanted.lines.count == 50 && wanted.strings.count == strings.count)
    var (count, wrong) = (0, [Int]())
    for chunk in 0..<50 {
      var ids: [Int32] = []
      for line in lines[(chunk * 100)..<(chunk * 100 + 100)] {
        let encoded = tokenizer.encode(Array(line)).ids
        count += encoded.count
        ids += encoded + [-1]
      }
      if Self.digest(ids) != wanted.lines[chunk] { wrong.append(chunk) }
    }
    #expect(wrong.isEmpty, "\(wanted.name): other ids in these hundreds of lines: \(wrong)")
    #expect(count == wanted.count)
    for (text, digest) in zip(strings, wanted.strings) {
      let ids = tokenizer.encode(text).ids
      #expect(Self.digest(ids + [-1]) == digest, "\(wanted.name): \(text.debugDescription): \(ids)")
    }
  }

  /// FNV-1a, 64 bits, over ids.
  static func digest(_ ids: [Int32]) -> String {
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    for id in ids { digest = (digest ^ UInt64(UInt32(bitPattern: id))) &* 0x100_0000_01B3 }
    let digits = String(digest, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Texts, scores and types of a SentencePiece model, as a GGUF file has them.
  static func arrays(_ bytes: [UInt8]) -> (tokens: [String], scores: [Float], types: [Int]) {
    var (tokens, scores, types) = ([String](), [Float](), [Int]())
    func varint(_ index: inout Int) -> Int {
      var (value, shift) = (0, 0)
      while true {
        value |= Int(bytes[index] & 0x7F) << shift
        shift += 7
        index += 1
        if bytes[index - 1] < 0x80 { return value }
      }
    }
    var index = 0
    while index < bytes.count {
      let tag = varint(&index)
      let length = varint(&index)
      let end = index + length
      guard tag == 1 << 3 | 2 else {
        index = end
        continue
      }
      types.append(1)
      while index < end {
        switch varint(&index) {
        case 1 << 3 | 2:
          let count = varint(&index)
          tokens.append(String(decoding: bytes[index..<(index + count)], as: UTF8.self))
          index += count
        case 2 << 3 | 5:
          let bits = bytes[index..<(index + 4)].reversed().reduce(UInt32(0)) {
            $0 << 8 | UInt32($1)
          }
          scores.append(Float(bitPattern: bits))
          index += 4
        default: types[types.count - 1] = varint(&index)
        }
      }
    }
    return (tokens, scores, types)
  }
}
