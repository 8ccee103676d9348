package import JSONText

/// A table of the paper whose entries are words or settings, not scores.
///
/// Read from `tables/<table>/paper.json` of a folder without a grid. Ours is made from what the program
/// knows of itself.
package struct TextTable: Codable, Sendable, Equatable {
  /// The version of this layout.
  package static let currentSchema = 1

  /// What stands beside the paper's entries.
  package enum Content: String, Codable, Sendable, CaseIterable {
    /// The cards of all methods.
    case methods
    /// What methods run with at each scale: `tables/hyperparameters.json`.
    case hyperparameters
  }

  /// Version of this layout.
  package var schema: Int
  /// The table's folder under `tables/`.
  package var table: String
  /// What the table shows, in one line.
  package var title: String
  /// What ours is made from.
  package var ours: Content
  /// Where the paper's entries were printed.
  package var paper: PaperReference
  /// What there is to know about the paper's table.
  package var captionNote: String
  /// Headings of the paper's columns, behind that of the rows.
  package var columns: [String]
  /// The paper's rows, in printed order.
  package var rows: [TextTableRow]

  /// A table from its parts.
  package init(
    schema: Int = TextTable.currentSchema, table: String, title: String, ours: Content,
    paper: PaperReference, captionNote: String, columns: [String], rows: [TextTableRow]
  ) {
    self.schema = schema
    self.table = table
    self.title = title
    self.ours = ours
    self.paper = paper
    self.captionNote = captionNote
    self.columns = columns
    self.rows = rows
  }
}

/// One printed row of words.
package struct TextTableRow: Codable, Sendable, Equatable {
  /// The printed name.
  package var label: String
  /// One entry per column; null where it isn't known.
  package var cells: [String?]
  /// Where it was seen.
  package var source: String
  /// How well it is known.
  package var confidence: PaperConfidence

  /// A row from its parts.
  package init(label: String, cells: [String?], source: String, confidence: PaperConfidence) {
    self.label = label
    self.cells = cells
    self.source = source
    self.confidence = confidence
  }
}

extension TextTable {
  /// The table in a parsed file, checked.
  ///
  /// - Parameters:
  ///   - document: The file.
  ///   - folder: The name of its folder.
  /// - Throws: ``JSONError`` for another schema or folder, or a row that hasn't an entry per column.
  package init(document: JSONDocument, folder: String) throws(JSONError) {
    let table = try document.decode(TextTable.self)
    guard table.schema == TextTable.currentSchema else {
      throw document.error(
        at: "/schema", "schema \(table.schema) isn't supported; this build reads schema 1")
    }
    guard table.table == folder else {
      throw document.error(
        at: "/table", "expected the folder's name '\(folder)', found '\(table.table)'")
    }
    for (index, row) in table.rows.enumerated() where row.cells.count != table.columns.count {
      throw document.error(
        at: "/rows/\(index)/cells",
        "expected \(table.columns.count) entries, found \(row.cells.count)")
    }
    self = table
  }
}
