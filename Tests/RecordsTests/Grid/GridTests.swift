import JSONText
import Records
import TestSupport
import Testing
import Vocabulary

@Suite struct GridTests {
  static let names = KnownNames(
    models: ["toy"], datasets: ["verse"], methods: ["full-precision", "rtn", "odd"])

  static func grid(_ text: String) throws -> (Grid, JSONDocument) {
    let document = try JSONDocument(text: Array(text.utf8), file: "grid.json")
    return (try document.decode(Grid.self), document)
  }

  @Test func acceptsTheSample() throws {
    let (grid, document) = try Self.grid(SampleCheckout.grid())
    try grid.check(in: document, against: Self.names)
    #expect(grid.rows.map(\.key) == ["fp", "rtn", "odd", "later"])
    #expect(grid.rows[1].options == .object([]))
    #expect(grid.rows[3].planned)
    #expect(grid.scales[.small]?.testWindows == 2)
    #expect(grid.scales[.tiny] == nil)
  }

  @Test func survivesWritingAndReading() throws {
    let (grid, _) = try Self.grid(
      SampleCheckout.grid(
        scale: #", "overrides": [{"row": "odd", "options": {"a": 1}}], "minutes": {"odd": 2.5}"#))
    let text = try jsonText(of: grid, style: .pretty)
    #expect(try Self.grid(text).0 == grid)
  }

  /// Replaces one piece of the sample and expects the located error.
  @Test(arguments: [
    (
      #""schema": 1"#, #""schema": 2"#, "/schema",
      "schema 2 isn't supported; this build reads schema 1"
    ),
    (
      #""method": "rtn""#, #""method": "rnt""#, "/rows/1/method",
      "unknown method 'rnt'; did you mean 'rtn'?"
    ),
    (
      #""method": "rtn""#, #""method": "unheard""#, "/rows/1/method",
      "unknown method 'unheard'; known: 'full-precision', 'rtn', 'odd'"
    ),
    (#""key": "rtn""#, #""key": "fp""#, "/rows/1/key", "the key 'fp' is already taken by entry 0"),
    (
      #""key": "rtn""#, #""key": "R T""#, "/rows/1/key",
      "a key has only lowercase letters, digits and hyphens; found 'R T'"
    ),
    (
      #""method": "rtn""#, #""method": "rtn", "seeds": []"#, "/rows/1/seeds",
      "expected at least one seed, found an empty list"
    ),
    (
      #""method": "rtn""#, #""method": "rtn", "seeds": [3, 4, 3]"#, "/rows/1/seeds/2",
      "seed 3 is listed twice"
    ),
    (
      #""method": "rtn""#, #""method": "rtn", "options": [1]"#, "/rows/1/options",
      "expected an object of options"
    ),
    (
      #""bits": "W8A8""#, #""bits": "W16A16""#, "/columns/0/bits",
      "bad bits label 'W16A16': nothing is quantized; write 'FP'"
    ),
    (
      #""bits": "W8A8""#, #""bits": "FPg64""#, "/columns/0/bits",
      "bad bits label 'FPg64': full precision has no group size"
    ),
    (
      #""bits": "W8A8""#, #""bits": "FP""#, "/columns/0/bits",
      "contradictory bits: the row 'rtn' quantizes, the column 'ppl-w8a8' is FP; "
        + "a full-precision row fills every column by itself"
    ),
    (
      #", "bits": "W8A8""#, "", "/columns/0",
      "neither the column 'ppl-w8a8' nor the row 'rtn' names bits"
    ),
    (
      #""method": "rtn""#, #""method": "rtn", "bits": "W4A4""#, "/rows/1/bits",
      "contradictory bits: the row 'rtn' and the column 'ppl-w8a8' both name bits; "
        + "only one of them may"
    ),
    (
      #""bits": "W8A8""#, #""bits": "W4A4""#, "/columns/1",
      "the column 'ppl-w4a4' measures the same as 'ppl-w8a8'"
    ),
    (
      #""key": "ppl-w4a4""#, #""key": "ppl-w8a8""#, "/columns/1/key",
      "the key 'ppl-w8a8' is already taken by entry 0"
    ),
    (
      #""model": "toy""#, #""model": "tyo""#, "/scales/small/model",
      "unknown model 'tyo'; did you mean 'toy'?"
    ),
    (#""model": "toy","#, "", "/scales/small", "missing required member 'model'"),
    (
      #"["verse-8"]"#, "[]", "/scales/small",
      "expected at least one protocol in 'protocols'"
    ),
    (
      #"["verse-8"]"#, #"["prose-8"]"#, "/scales/small/protocols/0",
      "bad protocol id 'prose-8': there is no dataset 'prose'; known: 'verse'"
    ),
    (
      #""testWindows": 2"#, #""testWindows": 0"#, "/scales/small/testWindows",
      "expected a positive number of windows, found 0"
    ),
    (
      #""testWindows": 2"#, #""examples": {"train": 0}"#, "/scales/small/examples/train",
      "expected a positive number of examples, found 0"
    ),
    (
      #""testWindows": 2"#, #""examples": {"train": 1, "test": -3}"#,
      "/scales/small/examples/test", "expected a positive number of examples, found -3"
    ),
    (
      #""testWindows": 2"#, #""overrides": [{"row": "ood", "options": {}}]"#,
      "/scales/small/overrides/0/row", "unknown row 'ood'; did you mean 'odd'?"
    ),
    (
      #""testWindows": 2"#, #""overrides": [{"row": "odd", "column": "ppl-w4a5", "options": {}}]"#,
      "/scales/small/overrides/0/column", "unknown column 'ppl-w4a5'; did you mean 'ppl-w4a4'?"
    ),
    (
      #""testWindows": 2"#, #""overrides": [{"row": "fp", "column": "ppl-w4a4", "options": {}}]"#,
      "/scales/small/overrides/0/column",
      "one full-precision cell serves every column; leave 'column' out"
    ),
    (
      #""testWindows": 2"#,
      #""overrides": [{"row": "odd", "column": "ppl-w4a4", "stage": "pretraining", "options": {}}]"#,
      "/scales/small/overrides/0/stage", "a column has its own stage; leave one of the two out"
    ),
    (
      #""testWindows": 2"#, #""overrides": [{"row": "odd", "options": 3}]"#,
      "/scales/small/overrides/0/options", "expected an object of options"
    ),
    (
      #""testWindows": 2"#, #""minutes": {"rt~n/": 3}"#, "/scales/small/minutes/rt~0n~1",
      "unknown row 'rt~n/'; known: 'fp', 'rtn', 'odd', 'later'"
    ),
    (
      #""testWindows": 2"#, #""mebibytes": {"rtn": 0}"#, "/scales/small/mebibytes/rtn",
      "expected a positive estimate, found 0.0"
    ),
    (
      #""notRun": "too large""#, #""notRun": """#, "/scales/paper/notRun",
      "expected the reason, found an empty string"
    ),
  ])
  func refuses(piece: String, other: String, pointer: String, reason: String) throws {
    let text = try #require(replacing(piece, by: other, in: SampleCheckout.grid()))
    let error = #expect(throws: JSONError.self) {
      let (grid, document) = try Self.grid(text)
      try grid.check(in: document, against: Self.names)
    }
    #expect(error?.pointer == pointer)
    #expect(error?.reason == reason)
    #expect(error?.file == "grid.json")
    #expect((error?.line ?? 0) > 0)
  }

  @Test func refusesAnUnknownScaleAndMember() throws {
    let tni = try #require(replacing(#""small":"#, by: #""smal":"#, in: SampleCheckout.grid()))
    let error = #expect(throws: JSONError.self) { try Self.grid(tni) }
    #expect(error?.pointer == "/scales/smal")
    #expect(error?.reason.contains("'small'") == true)
  }

  @Test func pointsAreRowsTimesColumnsTimesSeeds() throws {
    let text = try #require(
      replacing(
        #""method": "rtn""#, by: #""method": "rtn", "seeds": [7, 8]"#, in: SampleCheckout.grid())
    )
    let points = try Self.grid(text).0.points(at: .small)
    // Full precision: one point per metric; rtn: 3 columns × 2 seeds; odd and later: 3 columns.
    #expect(points.count == 2 + 6 + 3 + 3)
    #expect(Set(points.map(\.address)).count == points.count)
    #expect(points[0].columns == ["ppl-w8a8", "ppl-w4a4"])
    #expect(points[0].bits == "FP")
    #expect(points[0].address.column == "ppl-w8a8")
    #expect(points[1].notRun == "no tasks yet")
    #expect(points[2].address.seed == 7)
    #expect(points[3].address.seed == 8)
    #expect(points[2].bits == "W8A8")
  }

  @Test func overridesReplaceAndExtend() throws {
    let text = SampleCheckout.grid(
      scale: """
        , "overrides": [
          {"row": "odd", "options": {"more": 1}},
          {"row": "odd", "column": "ppl-w4a4", "options": {"behave": "new", "more": 2}}]
        """)
    let points = try Self.grid(text).0.points(at: .small).filter { $0.address.row == "odd" }
    #expect(
      points[0].method.options
        == .object([.init("behave", .string("well")), .init("more", .integer(1))]))
    #expect(
      points[1].method.options
        == .object([.init("behave", .string("new")), .init("more", .integer(2))]))
  }

  @Test func aScaleThatDoesNotRunSaysSoInEveryPoint() throws {
    let points = try Self.grid(SampleCheckout.grid()).0.points(at: .paper)
    #expect(points.count == 11)
    #expect(points.allSatisfy { $0.notRun == "too large" })
    #expect(try Self.grid(SampleCheckout.grid()).0.points(at: .tiny).isEmpty)
  }
}

/// `text` with the first `piece` replaced, or nil when there is none.
func replacing(_ piece: String, by other: String, in text: String) -> String? {
  guard let range = text.firstRange(of: piece) else { return nil }
  return String(text[..<range.lowerBound]) + other + String(text[range.upperBound...])
}
