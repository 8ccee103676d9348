import Harness
import System
import TestSupport
import Testing

/// `zeroqat power` and `zeroqat claims`, on the committed records and where they have nothing to say.
@Suite struct ClaimsTests {
  /// Tables that have claims.
  static let tables: [String] = TemporaryFolder.names(in: CommittedPagesTests.root + "/tables")
    .sorted().filter {
      TemporaryFolder.names(in: "\(CommittedPagesTests.root)/tables/\($0)").contains("claims.json")
    }

  @Test("Tables 2 and 7 have claims")
  func areThere() {
    #expect(Self.tables.contains("table2") && Self.tables.contains("table7"))
  }

  @Test("Every committed claims.json reads, and CLAIMS.md has what it comes to", arguments: tables)
  func committed(table: String) throws {
    let result = try BuiltProgram()(["claims", table, "--root", CommittedPagesTests.root])
    #expect(result.status == 0, "\(result.output.prefix(400))")
    let page = String(
      decoding: try readFile(CommittedPagesTests.root + "/CLAIMS.md"), as: UTF8.self)
    #expect(page.contains(result.output), "'zeroqat publish --pages' writes it again")
    // A tested sentence has its p, and how small a difference would have been seen.
    for line in result.output.split(separator: "\n").dropFirst(2)
    where line.contains(" nats") && line.contains("±") {
      #expect(line.contains("p = ") || line.contains("p &lt; "))
      #expect(line.contains("would have been seen") || line.contains("no error can be estimated"))
    }
  }

  @Test("Power has a line for every column of scores")
  func power() throws {
    let result = try BuiltProgram()([
      "power", "table2", "--scale", "tiny", "--root", CommittedPagesTests.root,
    ])
    #expect(result.status == 0, "\(result.output.prefix(400))")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count { $0.hasPrefix("## ") } >= 6)
    #expect(
      lines.count { $0.hasPrefix("smallest visible difference: ") }
        == lines.count { $0.hasPrefix("## ") })
    let words = try BuiltProgram()(["power", "table1", "--root", CommittedPagesTests.root])
    #expect(words.status == 2 && words.output.contains("table1 is a table of words"))
    let processes = try BuiltProgram()(["power", "table7", "--root", CommittedPagesTests.root])
    #expect(processes.status == 4)
    #expect(processes.output == "table7: no committed records of scores to test\n")
  }

  @Test("Nothing committed is 4; an unknown scale, table or file is 2")
  func statuses() throws {
    let program = try BuiltProgram()
    let empty = try program(["power", "sample"] + program.place)
    #expect(empty.status == 4)
    #expect(empty.output == "sample: no committed records of scores to test\n")
    let scale = try program(["power", "sample", "--scale", "small"] + program.place)
    #expect(scale.status == 2)
    #expect(scale.output == "error: sample has no scale 'small' in its grid.json\n")
    let none = try program(["claims", "sample"] + program.place)
    #expect(none.status == 2)
    #expect(
      none.output == "error: there is no tables/sample/claims.json; no table has one\n")
    #expect(try program(["claims"] + program.place).status == 4)
  }

  private static let claim = """
    {
      "schema": 1,
      "claims": [
        {
          "id": "a", "says": "words", "where": "abstract", "scale": ["tiny"],
          "left": { "row": "ROW", "column": "ppl-w4a4" }, "relation": "lower",
          "right": { "row": "sq", "column": "ppl-w4a4" }
        }
      ]
    }
    """

  @Test("A claim of a cell that ran nowhere isn't measured; one of an unknown row is refused")
  func ofASample() throws {
    let program = try BuiltProgram()
    let path = "\(program.sample.root)/tables/sample/claims.json"
    func write(_ row: String) throws {
      let parts = Self.claim.split(separator: "ROW").map(String.init)
      try writeDurably(Array(parts.joined(separator: row).utf8), to: path)
    }
    try write("rtn")
    let open = try program(["claims", "sample"] + program.place)
    #expect(open.status == 4)
    #expect(
      open.output.contains(
        "| words<br>*RTN lower than SQ in W4A4* | abstract | tiny | **not measured** | no committed records at "
          + "this scale | ./reproduce.sh sample --scale tiny |"))
    let pages = try program(["publish", "--pages"] + program.place)
    #expect(pages.status == 0, "\(pages.output)")
    let page = String(
      decoding: try readFile("\(program.sample.root)/CLAIMS.md"), as: UTF8.self)
    #expect(page.contains("| sample | tiny | 0 | 0 | 0 | 1 |"))
    #expect(try program(["publish", "--pages", "--check"] + program.place).status == 0)
    try writeDurably(Array((page + "by hand\n").utf8), to: "\(program.sample.root)/CLAIMS.md")
    let stale = try program(["publish", "--pages", "--check"] + program.place)
    #expect(stale.status == 1)
    #expect(stale.output.contains("stale: CLAIMS.md: it goes on with 'by hand'"))
    try write("rtm")
    for arguments in [["claims", "sample"], ["publish", "--pages"]] {
      let refused = try program(arguments + program.place)
      #expect(refused.status == 2)
      #expect(
        refused.output.contains(
          "claims.json:6:24: error: unknown row 'rtm'; did you mean 'rtn'?"))
    }
  }
}
