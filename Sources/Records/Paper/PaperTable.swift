public import JSONText

/// One table of the paper as data: the numbers as printed, with where each was seen.
///
/// Cells that nobody could read are absent, never guessed. Keys of rows and columns are those of
/// the table's grid.
public struct PaperTable: Codable, Sendable, Equatable {
  /// The version of this layout; readers refuse another.
  public static let currentSchema = 1

  /// Version of this layout.
  public var schema: Int
  /// Table folder, such as `table2`.
  public var table: String
  /// The paper and its version.
  public var paper: PaperReference
  /// What the caption says that changes how the numbers read, in our words.
  public var captionNote: String
  /// What the footnote marks mean.
  public var footnotes: [PaperFootnote]
  /// The cells that are known.
  public var cells: [PaperCell]

  /// A table from its parts.
  public init(
    schema: Int = PaperTable.currentSchema, table: String, paper: PaperReference,
    captionNote: String, footnotes: [PaperFootnote], cells: [PaperCell]
  ) {
    self.schema = schema
    self.table = table
    self.paper = paper
    self.captionNote = captionNote
    self.footnotes = footnotes
    self.cells = cells
  }

  /// The printed cell of `row` under `column`, or nil when it isn't known.
  ///
  /// - Complexity: O(number of cells).
  public func cell(row: String, column: String) -> PaperCell? {
    cells.first { $0.row == row && $0.column == column }
  }
}

/// The paper that a table was printed in.
public struct PaperReference: Codable, Sendable, Equatable {
  /// Identifier, such as `arXiv:2509.00031`.
  public var id: String
  /// Version, such as `v2`; numbers of two versions must not be mixed.
  public var version: String
  /// Title of that version.
  public var title: String
  /// The model of the table, such as `Llama-2-7B`.
  public var model: String

  /// A reference from its parts.
  public init(id: String, version: String, title: String, model: String) {
    self.id = id
    self.version = version
    self.title = title
    self.model = model
  }
}

/// A mark of the paper's table and what it stands for.
public struct PaperFootnote: Codable, Sendable, Equatable {
  /// The mark, such as `‡`.
  public var mark: String
  /// Its meaning, in our words.
  public var text: String

  /// A footnote from its parts.
  public init(mark: String, text: String) {
    self.mark = mark
    self.text = text
  }
}

/// One printed number.
public struct PaperCell: Codable, Sendable, Equatable {
  /// Row key of the grid.
  public var row: String
  /// Column key of the grid.
  public var column: String
  /// The number as printed, digits and all, such as `100.23` or `1.4e3`.
  public var value: String
  /// Marks that the paper prints beside it.
  public var footnotes: [String]
  /// Where it was seen.
  public var source: String
  /// How well it is known.
  public var confidence: PaperConfidence

  /// A cell from its parts.
  public init(
    row: String, column: String, value: String, footnotes: [String] = [], source: String,
    confidence: PaperConfidence
  ) {
    self.row = row
    self.column = column
    self.value = value
    self.footnotes = footnotes
    self.source = source
    self.confidence = confidence
  }

  /// The printed number as a number, or nil when ``value`` isn't one.
  public var number: Double? {
    guard let number = Double(value), number.isFinite else { return nil }
    return number
  }
}

/// How well a printed number is known.
public enum PaperConfidence: String, Codable, Sendable, CaseIterable {
  /// Read in the paper itself.
  case verbatim
  /// Read in a source that reports the paper.
  case secondary
  /// Derived from other known numbers.
  case computed
  /// Read in another paper that reports the method in the same setting. Whether this one prints the same
  /// digits, or the cell at all, isn't known; tables mark it.
  case elsewhere
}

extension PaperTable {
  /// The table in a parsed file, checked.
  ///
  /// - Throws: ``JSONError`` with the JSON pointer of the first cell that repeats another, isn't a
  ///   number, or carries a mark that no footnote explains; and whatever decoding throws.
  public init(document: JSONDocument) throws(JSONError) {
    let table = try document.decode(PaperTable.self)
    guard table.schema == PaperTable.currentSchema else {
      throw document.error(
        at: "/schema", "expected schema \(PaperTable.currentSchema), found \(table.schema)")
    }
    let marks = table.footnotes.map(\.mark)
    for (index, mark) in marks.enumerated() where marks[..<index].contains(mark) {
      throw document.error(at: "/footnotes/\(index)/mark", "the mark '\(mark)' is explained twice")
    }
    for (index, cell) in table.cells.enumerated() {
      let place = "/cells/\(index)"
      let first = table.cells.firstIndex { $0.row == cell.row && $0.column == cell.column }
      if let first, first < index {
        throw document.error(
          at: place,
          "row '\(cell.row)', column '\(cell.column)' was already given at /cells/\(first)")
      }
      guard cell.number != nil else {
        throw document.error(
          at: "\(place)/value",
          "expected a printed number such as \"5.47\", found \"\(cell.value)\""
        )
      }
      for (position, mark) in cell.footnotes.enumerated() where !marks.contains(mark) {
        throw document.error(
          at: "\(place)/footnotes/\(position)",
          "the mark '\(mark)' is not explained in /footnotes")
      }
    }
    self = table
  }
}
