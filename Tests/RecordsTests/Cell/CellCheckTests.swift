import JSONText
import Records
import TestSupport
import Testing
import Vocabulary

@Suite struct CellCheckTests {
  static let sample: Cell = {
    let source = TextSource(
      parts: [TextPart(path: "/t", digest: "d", from: 0, to: 9)], join: .plain)
    return Cell(
      id: "0123456789abcdef",
      address: CellAddress(table: "t", scale: "small", row: "r", column: "c", seed: 1),
      model: ModelReference(name: "m", path: "/m", digest: "d", tokenizerDigest: "e"),
      method: MethodReference(name: "rtn", options: .object([])), bits: "W4A4",
      protocolSettings: EvaluationProtocol(
        id: "verse-8", train: source, development: source, test: source, windowTokens: 8,
        testWindows: nil, developmentWindows: 2, bos: .none), seed: 1, blasCore: "Haswell",
      science: ScienceDigests(shared: "s", method: "m"))
  }()

  @Test func acceptsASoundCellAfterARoundTrip() throws {
    let text = try jsonText(of: Self.sample, style: .pretty)
    let document = try JSONDocument(text: Array(text.utf8), file: "cell.json")
    let cell = try document.decode(Cell.self)
    try cell.check(in: document)
    #expect(cell == Self.sample)
  }

  /// A method that looks at weights alone has no text but the one that is scored; half of it is none.
  @Test func aCellMayHaveTheScoredTextAlone() throws {
    var cell = Self.sample
    cell.protocolSettings.train.parts = []
    cell.protocolSettings.development.parts = []
    #expect(cell.protocolSettings.hasTestAlone && !Self.sample.protocolSettings.hasTestAlone)
    let text = try jsonText(of: cell, style: .pretty)
    let document = try JSONDocument(text: Array(text.utf8), file: "cell.json")
    try document.decode(Cell.self).check(in: document)
  }

  static let damages: [(@Sendable (inout Cell) -> Void, String, String)] = [
    ({ $0.schema = 3 }, "/schema", "schema 3 isn't supported; this build runs schema 2"),
    (
      { $0.method.name = "full-precision" }, "/bits",
      "contradictory bits: the method 'full-precision' with W4A4"
    ),
    ({ $0.method.options = .null }, "/method/options", "expected an object of options"),
    (
      { $0.protocolSettings.windowTokens = 1 }, "/protocol/windowTokens",
      "expected at least 2 tokens per window, found 1"
    ),
    ({ $0.protocolSettings.test.parts = [] }, "/protocol/test/parts", "expected at least one part"),
    (
      { $0.protocolSettings.train.parts = [] }, "/protocol/train/parts",
      "expected at least one part"
    ),
    (
      { $0.protocolSettings.development.parts[0].from = 9 }, "/protocol/development/parts/0",
      "expected a range of bytes, found 9..<9"
    ),
  ]

  @Test(arguments: damages.indices) func refuses(index: Int) throws {
    let (damage, pointer, reason) = Self.damages[index]
    var cell = Self.sample
    damage(&cell)
    let text = try jsonText(of: cell, style: .pretty)
    let document = try JSONDocument(text: Array(text.utf8), file: "cell.json")
    let error = #expect(throws: JSONError.self) { try cell.check(in: document) }
    #expect(error?.pointer == pointer)
    #expect(error?.reason == reason)
  }

  @Test(arguments: [
    (
      #""bits": "W4A4""#, #""bits": "W99A4""#, "/bits",
      "bad bits label 'W99A4': weights have 2, 3, 4, 6 or 8 bits, or 16; found 99"
    ),
    (
      #""bos": "none""#, #""bos": "twice""#, "/protocol/bos",
      "unknown value 'twice'; known: 'none', 'once'"
    ),
    (
      #""join": "plain""#, #""join": "x""#, "/protocol/train/join",
      "unknown value 'x'; known: 'wikitext2', 'plain'"
    ),
  ])
  func refusesUnknownWords(piece: String, other: String, pointer: String, reason: String) throws {
    let text = try #require(
      replacing(piece, by: other, in: try jsonText(of: Self.sample, style: .pretty)))
    let error = #expect(throws: JSONError.self) {
      try JSONDocument(text: Array(text.utf8), file: "cell.json").decode(Cell.self)
    }
    #expect(error?.pointer == pointer)
    #expect(error?.reason == reason)
  }
}
