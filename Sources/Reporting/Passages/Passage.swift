package import Records

/// A part of a page before it is Markdown or HTML.
package indirect enum Passage: Sendable, Equatable {
  /// A heading; level 1 is the page's title.
  case heading(Int, Phrase)
  /// A word to whoever edits the page; a reader doesn't see it.
  case comment(String)
  /// Running text.
  case paragraph(Phrase)
  /// Points, one below the other.
  case list([Phrase])
  /// What must be read first, line by line.
  case banner([Phrase])
  /// A table.
  case table(PassageTable)
  /// Notes to the tables above, those with a number first.
  case notes(numbered: [Phrase], others: [Phrase])
  /// A picture that lies beside the page, by its file's name; `title` is what it shows.
  case picture(file: String, title: String)
  /// Drawings beside each other; Markdown has their captions alone.
  case charts([Chart])
  /// What a reader opens, under its title.
  case folded(Phrase, [Passage])
}

/// A table of phrases.
package struct PassageTable: Sendable, Equatable {
  /// A column's head.
  package struct Column: Sendable, Equatable {
    /// What stands above the column.
    package var title: Phrase
    /// Whether it is set flush right.
    package var isNumber: Bool

    /// A column of words.
    package static func words(_ title: Phrase) -> Column { Column(title: title, isNumber: false) }
    /// A column of numbers.
    package static func number(_ title: Phrase) -> Column { Column(title: title, isNumber: true) }
  }

  /// One place of the table.
  package struct Cell: Sendable, Equatable {
    /// What stands there.
    package var text: Phrase
    /// The records that it is from; none where it isn't a figure of ours.
    package var records: [RecordName]

    /// A cell from its parts.
    package init(_ text: Phrase, of records: [RecordName] = []) {
      self.text = text
      self.records = records
    }
  }

  /// What the table is, for who doesn't see it.
  package let caption: String
  /// The heads.
  package let columns: [Column]
  /// The rows, of as many cells as there are columns.
  package private(set) var rows: [[Cell]] = []
  /// Whether a reader may put the rows in another order, where scripts are on.
  package var isSortable = false

  /// A table with these heads and no row.
  package init(_ caption: String, _ columns: [Column]) {
    self.caption = caption
    self.columns = columns
  }

  /// Adds a row whose cells know their records themselves.
  package mutating func add(_ cells: [Cell]) {
    precondition(cells.count == columns.count, "a row has as many cells as the header")
    rows.append(cells)
  }

  /// Adds a row of words.
  package mutating func add(_ texts: [Phrase]) { add(texts.map { Cell($0) }) }

  /// Adds a row that is about `records`: its first cell and its numbers lead there.
  package mutating func add(_ texts: [Phrase], of records: [RecordName]) {
    precondition(texts.count == columns.count, "a row has as many cells as the header")
    add(
      texts.enumerated().map { index, text in
        Cell(text, of: index == 0 || columns[index].isNumber ? records : [])
      })
  }

  /// Whether there is no row.
  package var isEmpty: Bool { rows.isEmpty }
}

/// What names a record among all that a report shows.
package struct RecordName: Sendable, Hashable {
  /// The folder under `tables/`.
  package var table: String
  /// The scale's name.
  package var scale: String
  /// The cell's id.
  package var id: String

  /// The name of a record; of several places that one cell serves it is the same.
  package init(_ record: RunRecord) {
    table = record.cell.address.table
    scale = record.cell.address.scale
    id = record.cell.id
  }
}
