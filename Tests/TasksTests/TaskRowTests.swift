import JSONText
import Tasks
import TestSupport
import Testing

/// Files of task rows: both forms, line numbers, and every way to be wrong.
@Suite struct TaskRowTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func jsonLines() throws {
    let path = try folder.write("{\"a\": 1}\r\n\n  \t\n{\"a\": \"x\"}", to: "rows.jsonl")
    let rows = try TaskRow.jsonLines(at: path)
    #expect(rows.map(\.line) == [1, 4])
    #expect(rows.map(\.value["a"]) == [.integer(1), .string("x")])
  }

  @Test func tabSeparated() throws {
    let path = try folder.write("sentence\tlabel\na \"b,c\" \t1\n", to: "rows.tsv")
    let rows = try TaskRow.tabSeparated(at: path)
    #expect(rows.map(\.line) == [2])
    #expect(try rows[0].string("sentence") == "a \"b,c\" ")
    #expect(try rows[0].index("label", below: 2) == 1)
  }

  @Test func badFiles() throws {
    let absent = folder.path("absent.jsonl")
    let empty = try folder.write("\n\n", to: "empty.jsonl")
    let list = try folder.write("{}\n[1]\n", to: "list.jsonl")
    let cut = try folder.write("{\"a\": \n", to: "cut.jsonl")
    let header = try folder.write("sentence\tlabel\n", to: "header.tsv")
    let fields = try folder.write("sentence\tlabel\nwords\n", to: "fields.tsv")
    func message(_ body: () throws -> [TaskRow]) throws -> String {
      "\(try #require(throws: TaskError.self) { try body() })"
    }
    #expect(
      try message { try TaskRow.jsonLines(at: absent) }
        == "\(absent): error: can't open: No such file or directory")
    #expect(
      try message { try TaskRow.jsonLines(at: empty) }
        == "\(empty): error: expected at least one example, found none")
    #expect(
      try message { try TaskRow.jsonLines(at: list) }
        == "\(list):2: error: expected one JSON object per line, found another value")
    #expect(
      try message { try TaskRow.jsonLines(at: cut) }
        .hasPrefix("\(cut):1: error: expected one JSON object per line, found at column "))
    #expect(
      try message { try TaskRow.tabSeparated(at: header) }
        == "\(header): error: expected at least one example, found none")
    #expect(
      try message { try TaskRow.tabSeparated(at: fields) }
        == "\(fields):2: error: expected 2 fields between tabs, found 1")
  }
}
