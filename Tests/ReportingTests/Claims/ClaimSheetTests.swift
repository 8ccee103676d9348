import JSONText
import Records
import Reporting
import Testing

/// `claims.json` is held to its grid, with the place of what is wrong.
@Suite struct ClaimSheetTests {
  static func claim(
    left: String = #"{ "row": "zeroqat", "column": "ppl-w4a4" }"#,
    right: String? = #"{ "row": "smoothquant", "column": "ppl-w4a4" }"#,
    relation: String = "lower", scale: String = #"["small"]"#, id: String = "a",
    says: String = "words", more: String = ""
  ) -> String {
    """
    {
      "id": "\(id)", "says": "\(says)", "where": "abstract", "scale": \(scale),
      "left": \(left), "relation": "\(relation)"\(right.map { ",\n  \"right\": \($0)" } ?? "")\(more)
    }
    """
  }

  static func sheet(_ claims: String..., schema: Int = 1) throws -> ClaimSheet {
    let text = "{\n\"schema\": \(schema),\n\"claims\": [\n\(claims.joined(separator: ",\n"))\n]\n}"
    return try ClaimSheet(
      document: JSONDocument(text: Array(text.utf8), file: "claims.json"), grid: Fixtures.grid)
  }

  static func refusal(_ claims: String...) -> String {
    do {
      let text = "{\n\"schema\": 1,\n\"claims\": [\n\(claims.joined(separator: ",\n"))\n]\n}"
      _ = try ClaimSheet(
        document: JSONDocument(text: Array(text.utf8), file: "claims.json"), grid: Fixtures.grid)
      return "read"
    } catch {
      return "\(error)".split(separator: "\n").first.map(String.init) ?? ""
    }
  }

  @Test func whatMayBeLeftOutIs() throws {
    let claim = try #require(Self.sheet(Self.claim()).claims.first)
    #expect(
      claim
        == Claim(
          id: "a", says: "words", place: "abstract", scales: [.small],
          left: ClaimCell(row: "zeroqat", column: "ppl-w4a4"), relation: .lower,
          right: ClaimCell(row: "smoothquant", column: "ppl-w4a4")))
    #expect(claim.margin == 0 && !claim.isMain && claim.note == nil)
  }

  @Test func unknownNamesAreRefusedWithTheNearestOne() {
    #expect(
      Self.refusal(Self.claim(left: #"{ "row": "zeroqatt", "column": "ppl-w4a4" }"#))
        == "claims.json:6:20: error: unknown row 'zeroqatt'; did you mean 'zeroqat'?")
    #expect(
      Self.refusal(Self.claim(right: #"{ "row": "rtn", "column": "ppl-w4a5" }"#))
        == "claims.json:7:38: error: unknown column 'ppl-w4a5'; did you mean 'ppl-w4a4'?")
    #expect(
      Self.refusal(Self.claim(scale: #"["tiny"]"#))
        == "claims.json:5:62: error: table2 has no scale 'tiny'; known: 'small', 'paper'")
    #expect(
      Self.refusal(Self.claim(scale: #"["smal"]"#)).hasPrefix(
        "claims.json:5:62: error: unknown value 'smal'"))
    #expect(
      Self.refusal(Self.claim(relation: "less")).hasPrefix(
        "claims.json:6:67: error: unknown value 'less'"))
    #expect(Self.refusal(Self.claim(more: #", "margn": 1"#)).contains("margn"))
  }

  @Test func idsAndScalesAreThereOnce() {
    #expect(
      Self.refusal(Self.claim(), Self.claim())
        == "claims.json:10:9: error: the id 'a' is already taken by claim 0")
    #expect(Self.refusal(Self.claim(id: "A")).hasSuffix("found 'A'"))
    #expect(
      Self.refusal(Self.claim(scale: #"["small", "small"]"#)).hasSuffix(
        "the scale 'small' is listed twice"))
    #expect(
      Self.refusal(Self.claim(scale: "[]")).hasSuffix(
        "expected at least one scale, found an empty list"))
    #expect(Self.refusal(Self.claim(says: "")).hasSuffix("expected words, found an empty string"))
    #expect(Self.refusal().hasSuffix(": error: expected a claim"))
    #expect(throws: JSONError.self) { try Self.sheet(Self.claim(), schema: 2) }
  }

  @Test func aRelationHasTheCellsAndNumbersThatItNeeds() {
    func reason(_ claim: String) -> String {
      let text = Self.refusal(claim)
      return String(text[(text.firstRange(of: ": error: ")?.upperBound ?? text.startIndex)...])
    }
    #expect(reason(Self.claim(right: nil)) == "the relation 'lower' needs a cell in 'right'")
    #expect(
      reason(Self.claim(relation: "improves"))
        == "the relation 'improves' is of one cell; leave 'right' out")
    #expect(
      reason(Self.claim(right: #"{ "row": "zeroqat", "column": "ppl-w4a4" }"#))
        == "expected another cell than 'left'")
    #expect(
      reason(Self.claim(relation: "within"))
        == "'within' needs a 'margin' above 0: no test shows that nothing differs")
    #expect(
      reason(Self.claim(more: #", "margin": -1"#)) == "expected a margin of 0 or more, found -1.0")
    #expect(
      reason(Self.claim(more: #", "most": 2"#))
        == "the relation 'lower' has no 'most'; leave it out")
    #expect(
      reason(Self.claim(relation: "ratio", more: #", "most": 2"#))
        == "'ratio' is of memory and time, the column 'ppl-w4a4' is of perplexity")
    let accuracy = #"{ "row": "zeroqat", "column": "acc-w4a4" }"#
    #expect(
      reason(Self.claim(left: accuracy, right: nil, relation: "at-chance", more: #", "margin": 3"#))
        == "the relation 'at-chance' needs 'chance'")
    #expect(
      reason(Self.claim(right: nil, relation: "at-chance", more: #", "margin": 3, "chance": 50"#))
        == "'at-chance' is of tasks, the column 'ppl-w4a4' is of perplexity")
    #expect(
      reason(Self.claim(right: accuracy))
        == "the columns 'ppl-w4a4' and 'acc-w4a4' aren't of one metric, model and text, so that their "
        + "cells can't be compared")
  }
}
