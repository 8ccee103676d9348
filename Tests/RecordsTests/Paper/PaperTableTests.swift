import Foundation
import JSONText
import Records
import Testing

@Suite struct PaperTableTests {
  static let tables = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("tables")

  /// What Table 2 of the paper's second version prints, row by row.
  @Test(arguments: [
    ("full-precision", "5.47 5.47 5.47 66.0 66.0 66.0"),
    ("smoothquant", "6.20 100.23‡ 83.12 57.2 27.7‡ 32.9‡"),
    ("omniquant", "5.87 37.37 14.26 63.9 40.6‡ 38.8‡"),
    ("efficientqat", "5.60 33.40 76.32‡ 66.4 45.4 28.6‡"),
    ("zeroqat", "5.76 29.61 12.95 65.3 54.1 55.7"),
  ])
  func table2HasEveryPrintedDigit(row: String, printed: String) throws {
    let path = Self.tables.appendingPathComponent("table2/paper.json").path
    let table = try PaperTable(document: JSONDocument(contentsOf: path))
    let columns = [
      "ppl-w6a6", "ppl-w2a16", "ppl-w4a4", "acc-w6a6", "acc-w2a16g128", "acc-w4a4",
    ]
    let cells = columns.map { column in
      table.cell(row: row, column: column).map { $0.value + $0.footnotes.joined() } ?? "absent"
    }
    #expect(cells.joined(separator: " ") == printed)
    #expect(table.cells.count == 30)
    // The paper has no such rows: absent, not zero.
    #expect(table.cell(row: "rtn", column: "ppl-w4a4") == nil)
    #expect(table.cell(row: "zeroqat-light", column: "ppl-w4a4") == nil)
  }

  static func text(cells: String, schema: Int = 1, footnotes: String = "") -> String {
    """
    {"schema": \(schema), "table": "t", "paper": {"id": "a", "version": "v2", "title": "b",
     "model": "m"}, "captionNote": "", "footnotes": [\(footnotes)], "cells": [
    \(cells)]}
    """
  }

  static func cell(_ row: String, value: String = "5.47", marks: String = "") -> String {
    """
    {"row": "\(row)", "column": "c", "value": "\(value)", "footnotes": [\(marks)], "source": "s",
     "confidence": "secondary"}
    """
  }

  @Test(arguments: [
    (
      text(cells: cell("a") + "," + cell("a")),
      "/cells/1", "row 'a', column 'c' was already given at /cells/0"
    ),
    (
      text(cells: cell("a", value: "about 5")),
      "/cells/0/value", "expected a printed number such as \"5.47\", found \"about 5\""
    ),
    (
      text(cells: cell("a", marks: "\"‡\"")),
      "/cells/0/footnotes/0", "the mark '‡' is not explained in /footnotes"
    ),
    (
      text(cells: cell("a").replacing("secondary", with: "seen")),
      "/cells/0/confidence",
      "unknown value 'seen'; known: 'verbatim', 'secondary', 'computed', 'elsewhere'"
    ),
    (text(cells: "", schema: 2), "/schema", "expected schema 1, found 2"),
    (
      text(
        cells: "", footnotes: #"{"mark": "‡", "text": "x"}, {"mark": "‡", "text": "y"}"#),
      "/footnotes/1/mark", "the mark '‡' is explained twice"
    ),
  ])
  func badTablesAreRefusedWithTheirPlace(text: String, pointer: String, reason: String) throws {
    let document = try JSONDocument(text: Array(text.utf8), file: "paper.json")
    let error = #expect(throws: JSONError.self) { try PaperTable(document: document) }
    #expect(error?.pointer == pointer)
    #expect(error?.reason == reason)
  }

  @Test func aTableSurvivesItsText() throws {
    let document = try JSONDocument(text: Array(Self.text(cells: Self.cell("a")).utf8), file: "p")
    let table = try PaperTable(document: document)
    let written = try jsonText(of: table, style: .pretty)
    #expect(
      try PaperTable(document: JSONDocument(text: Array(written.utf8), file: "p")) == table)
  }
}
