import Foundation
import JSONText
import Records
import Testing

@Suite struct TextTableTests {
  static func text(
    schema: Int = 1, table: String = "words", cells: String = #""WO", null"#,
    ours: String = "methods"
  ) -> String {
    """
    {
      "schema": \(schema), "table": "\(table)", "title": "Words", "ours": "\(ours)",
      "paper": { "id": "a", "version": "v2", "title": "b", "model": "m" }, "captionNote": "",
      "columns": ["Type", "Efficiency"],
      "rows": [
        { "label": "GPTQ", "cells": [\(cells)], "source": "s", "confidence": "secondary" }
      ]
    }
    """
  }

  static func read(_ text: String) throws -> TextTable {
    try TextTable(
      document: JSONDocument(text: Array(text.utf8), file: "paper.json"), folder: "words")
  }

  @Test func whatIsNotKnownStaysUnknown() throws {
    let table = try Self.read(Self.text())
    #expect(table.rows[0].cells == ["WO", nil])
    #expect(table.ours == .methods)
    #expect(try Self.read(jsonText(of: table, style: .pretty)) == table)
  }

  @Test(arguments: [
    (text(schema: 2), "/schema", "schema 2 isn't supported; this build reads schema 1"),
    (text(table: "word"), "/table", "expected the folder's name 'words', found 'word'"),
    (text(cells: #""WO""#), "/rows/0/cells", "expected 2 entries, found 1"),
  ])
  func refuses(text: String, pointer: String, reason: String) throws {
    let error = #expect(throws: JSONError.self) { try Self.read(text) }
    #expect(error?.pointer == pointer)
    #expect(error?.reason == reason)
  }

  /// Those of the repository.
  @Test(arguments: ["table1", "tablec1"])
  func theRepositorysOwn(folder: String) throws {
    let path = PaperTableTests.tables.appendingPathComponent("\(folder)/paper.json").path
    let table = try TextTable(document: JSONDocument(contentsOf: path), folder: folder)
    #expect(!table.rows.isEmpty)
    #expect(table.rows.allSatisfy { !$0.source.isEmpty })
  }
}
