import Glibc
import JSONText
import Testing

/// What a person reads.
struct JSONErrorTests {
  /// The three errors that the house style shows, in the same form.
  @Test func wrongTypeWithCaret() throws {
    struct Axis: Decodable { var model: String; var bits: [Int] }
    struct Grid: Decodable { var name: String; var axes: [Axis] }
    let text = """
      {
        "name": "table2",
        "axes": [
          {"model": "opt-125m", "bits": [4, "8"]}
        ]
      }

      """
    #expect(
      try refusal(text, as: Grid.self) == """
        t.json:4:39: error: expected an integer, found the string "8"
          = at /axes/0/bits/1
        4 |     {"model": "opt-125m", "bits": [4, "8"]}
          |                                       ^
        """)
    #expect(
      try refusal(text.replacing(#""model": "opt-125m", "#, with: ""), as: Grid.self) == """
        t.json:4:5: error: missing required member 'model'
          = at /axes/0
        4 |     {"bits": [4, "8"]}
          |     ^
        """)
    #expect(
      refusal(Array(text.replacing(#"4, "8""#, with: "4 8").utf8)) == """
        t.json:4:38: error: expected ',' or ']' after an array's element, found '8'
          = at /axes/0/bits
        4 |     {"model": "opt-125m", "bits": [4 8]}
          |                                      ^
        """)
  }

  @Test func withoutTextOrFile() {
    #expect(
      JSONError(file: "", line: 0, column: 0, pointer: "/a", reason: "no").description
        == "error: no\n  = at /a")
    #expect(
      JSONError(file: "f", line: 0, column: 0, pointer: "", reason: "no").description
        == "f: error: no")
    #expect(
      JSONError(file: "f", line: 3, column: 2, pointer: "", reason: "no").description
        == "f:3:2: error: no")
  }

  /// Columns count bytes, the caret counts characters; tabs become one blank.
  @Test func columnsCountBytes() {
    #expect(
      refusal(Array("\t\"é😀\" x".utf8)) == """
        t.json:1:11: error: expected the end of the text, found 'x'
        1 |  "é😀" x
          |       ^
        """)
  }

  @Test func endOfTextAndLineEnds() {
    #expect(
      refusal(Array("[1,\r\n".utf8)) == """
        t.json:2:1: error: expected a value, found the end of the text
          = at /1
        2 |
          | ^
        """)
    #expect(
      refusal(Array("[1,\r\nx\r\n]".utf8)) == """
        t.json:2:1: error: expected a value, found 'x'
          = at /1
        2 | x
          | ^
        """)
  }

  @Test func longLinesAreCutAroundTheCaret() throws {
    let text =
      "[" + String(repeating: "1,", count: 500) + "x," + String(repeating: "2,", count: 500)
    let shown = try #require(refusal(Array(text.utf8))).split(separator: "\n")
    #expect(shown[0] == "t.json:1:1002: error: expected a value, found 'x'")
    #expect(shown[1] == "  = at /500")
    #expect(
      shown[2]
        == "1 | …\(String(repeating: "1,", count: 25))x,\(String(repeating: "2,", count: 24))…")
    #expect(shown[3] == "  | \(String(repeating: " ", count: 51))^")
    // Near the beginning and the end only one side is cut.
    let start = try #require(refusal(Array(("x" + text).utf8))).split(separator: "\n")
    #expect(start[1] == "1 | x[\(String(repeating: "1,", count: 49))…")
    #expect(start[2] == "  | ^")
    let end = try #require(refusal(Array(text.replacing("x", with: "3").utf8)))
      .split(separator: "\n")
    #expect(end[2] == "1 | …\(String(repeating: "2,", count: 50))")
    #expect(end[3] == "  | \(String(repeating: " ", count: 101))^")
  }

  @Test func badBytesKeepTheCaretInPlace() {
    #expect(
      refusal(Array("[\"é".utf8) + [0xFF, 0x22, 0x5D]) == """
        t.json:1:5: error: the byte 0xff isn't valid UTF-8 here
          = at /0
        1 | ["???"]
          |     ^
        """)
  }

  @Test func controlCharactersAreShownEscaped() throws {
    #expect(
      refusal(Array(#"{"a\nb":1,"a\nb":2}"#.utf8)) == #"""
        t.json:1:11: error: duplicate member 'a\u000ab'
          = at /a\u000ab
        1 | {"a\nb":1,"a\nb":2}
          |           ^
        """#)
  }

  @Test func filesThatCannotBeRead() {
    let missing = #expect(throws: JSONError.self) {
      try JSONDocument(contentsOf: "/nowhere/grid.json")
    }
    #expect(
      missing?.description
        == "/nowhere/grid.json: error: can't open the file: No such file or directory")
    let folder = #expect(throws: JSONError.self) { try JSONDocument(contentsOf: "/tmp") }
    #expect(folder?.description == "/tmp: error: can't read the file: Is a directory")
    // It would never end, as a pipe without a writer would never begin.
    let device = #expect(throws: JSONError.self) { try JSONDocument(contentsOf: "/dev/zero") }
    #expect(device?.description == "/dev/zero: error: it isn't a regular file")
  }

  @Test func fileIsRead() throws {
    let path = "/tmp/zeroqat-json-\(getpid()).json"
    let text = "[" + String(repeating: "1234567,\n", count: 20_000) + "0]"
    let file = try #require(fopen(path, "wb"))
    #expect(fwrite(text, 1, text.utf8.count, file) == text.utf8.count)
    fclose(file)
    defer { unlink(path) }
    let document = try JSONDocument(contentsOf: path)
    #expect(document.file == path)
    #expect(document.text == Array(text.utf8))
    #expect(try document.decode([Int].self).count == 20_001)
  }
}
