import JSONText
import Records
import Testing

@Suite("Programs in grids")
struct GridProgramTests {
  private func row(_ text: String) throws -> GridRow {
    try JSONDocument(text: Array(text.utf8), file: "grid.json").decode(GridRow.self)
  }

  @Test("A program in the place of a method's name is the method that runs programs")
  func program() throws {
    let row = try row(
      """
      { "key": "p", "label": "P", "method": { "program": "zeroqat-method-p", "options": { "clip": 0.5 },
        "minutes": 2.5, "mebibytes": 512 } }
      """)
    #expect(row.method == "external")
    #expect(
      try jsonText(of: row.options, style: .compact)
        == #"{"program":"zeroqat-method-p","options":{"clip":0.5},"minutes":2.5,"mebibytes":512}"#)
    let again = try JSONDocument(
      text: Array(jsonText(of: row, style: .compact).utf8), file: "again"
    ).decode(GridRow.self)
    #expect(again == row)
  }

  @Test(
    "What a program can't have is refused with its place",
    arguments: [
      (
        #""method": { "program": "p" }, "options": {}"#, "/options",
        "a program's options stand in 'method', beside its name"
      ),
      (#""method": { "program": "p", "programme": "p" }"#, "/method/programme", nil),
      (#""method": { "program": 7 }"#, "/method/program", nil),
      (#""method": 7"#, "/method", nil),
    ] as [(String, String, String?)])
  func refused(members: String, pointer: String, reason: String?) throws {
    let error = try #require(throws: JSONError.self) {
      try row(#"{ "key": "p", "label": "P", \#(members) }"#)
    }
    #expect(error.pointer == pointer, "\(error)")
    if let reason { #expect(error.reason == reason) }
  }

  @Test(
    "A path in a grid is seen from the checkout, wherever a command is started; a name stays a name"
  )
  func placesInGrids() throws {
    func path(_ method: String) throws -> [JSON?] {
      var grid = Grid(table: "t", title: "T", rows: [], columns: [], scales: GridScales())
      grid.rows = [try row(#"{ "key": "p", "label": "P", "method": \#(method) }"#)]
      grid.seePrograms(from: "/checkout")
      return [grid.rows[0].options["program"], grid.rows[0].options["manifest"]]
    }
    #expect(try path(#"{ "program": "./mine" }"#) == [.string("/checkout/mine"), nil])
    #expect(
      try path(#"{ "program": "programs/mine", "manifest": "mine.json" }"#)
        == [.string("/checkout/programs/mine"), .string("/checkout/mine.json")])
    #expect(try path(#"{ "program": "mine" }"#) == [.string("mine"), nil])
    #expect(
      try path(#"{ "program": "/usr/mine", "manifest": "/m.json" }"#)
        == [.string("/usr/mine"), .string("/m.json")])
    #expect(try path(#""rtn""#) == [nil, nil])
  }

  @Test("Where a program lies is no part of what a cell is; its digest and options are")
  func places() {
    func cell(_ path: String, _ digest: String) -> MethodReference {
      MethodReference(
        name: "external",
        options: .object([
          JSON.Member("program", .string(path)), JSON.Member("manifest", .null),
          JSON.Member("path", .string("/usr/" + path)), JSON.Member("digest", .string(digest)),
        ]))
    }
    #expect(cell("a", "d").withoutProgramPlaces == cell("b", "d").withoutProgramPlaces)
    #expect(cell("a", "d").withoutProgramPlaces != cell("a", "e").withoutProgramPlaces)
    #expect(
      cell("bin/a", "d").withoutProgramFolders.options["path"] == .string("a"))
    let other = MethodReference(name: "rtn", options: .object([JSON.Member("path", .null)]))
    #expect(other.withoutProgramPlaces == other)
  }
}
