/// Writes the passages of one page as HTML.
///
/// Every text goes through ``String/inXML``, so that a name with tags in it is a name with tags in it.
struct PageWriter {
  /// The page's path in the report.
  let page: String
  /// Where the others are.
  let map: SiteMap
  /// The headings of level 2 so far, for the page's own list of contents.
  private(set) var contents: [(identifier: String, title: String)] = []
  private var used: Set<String> = []
  /// Letters from which on a cell is a text, which needs some width.
  private static let long = 40
  /// Notes are numbered anew behind each list of them.
  private var notes = 1

  /// A writer of a page.
  init(page: String, map: SiteMap) {
    self.page = page
    self.map = map
  }

  /// The passages as HTML.
  mutating func html(_ passages: [Passage]) -> String {
    var parts: [String] = []
    for passage in passages { parts.append(html(passage)) }
    return parts.joined(separator: "\n")
  }

  private mutating func html(_ passage: Passage) -> String {
    switch passage {
    case .heading(let level, let text):
      let identifier = identifier(text.plain.asIdentifier)
      if level == 2 { contents.append((identifier, text.plain)) }
      return "<h\(level) id=\"\(name(identifier))\">\(html(text))</h\(level)>"
    case .comment: return ""
    case .paragraph(let text): return "<p>\(html(text))</p>"
    case .list(let points):
      return "<ul>\n" + points.map { "<li>\(html($0))</li>" }.joined(separator: "\n") + "\n</ul>"
    case .banner(let lines):
      let inner = lines.map { "<p>\(html($0))</p>" }.joined(separator: "\n")
      return "<div class=\"banner\">\n\(inner)\n</div>"
    case .table(let table): return html(table)
    case .notes(let numbered, let others):
      let first = numbered.enumerated().map { index, text in
        "<li id=\"\(name("note-\(notes)-\(index + 1)"))\">\(html(text))</li>"
      }
      let rest = others.map { "<p class=\"note\">\(html($0))</p>" }
      notes += 1
      return
        ((first.isEmpty ? [] : ["<ol class=\"notes\">"] + first + ["</ol>"]) + rest)
        .joined(separator: "\n")
    case .picture: return ""
    case .folded(let title, let passages):
      return "<details>\n<summary>\(html(title))</summary>\n\(html(passages))\n</details>"
    case .charts(let charts):
      return "<div class=\"charts\">\n" + charts.map { html($0) }.joined(separator: "\n")
        + "\n</div>"
    }
  }

  private func html(_ chart: Chart) -> String {
    let drawing = chart.svg(name: name(chart.identifier)) { record in
      map.records[record].map { map.address(of: $0, from: page) }
    }
    let caption = chart.caption.isEmpty ? "" : "<figcaption>\(html(chart.caption))</figcaption>"
    return "<figure>\n\(drawing)\n\(caption)\n</figure>"
  }

  private mutating func html(_ table: PassageTable) -> String {
    let caption = name(identifier("table-" + table.caption.asIdentifier))
    let head = table.columns.map { column in
      "<th scope=\"col\"\(column.isNumber ? " class=\"n\"" : "")>\(html(column.title))</th>"
    }.joined()
    var lines = [
      "<div class=\"scroll\" role=\"region\" aria-labelledby=\"\(caption)\" tabindex=\"0\">",
      "<table\(table.isSortable ? " data-sortable" : "")>",
      "<caption id=\"\(caption)\">\(table.caption.inXML)</caption>",
      "<thead><tr>\(head)</tr></thead>", "<tbody>",
    ]
    for row in table.rows {
      let cells = zip(row, table.columns).enumerated().map { index, pair in
        html(pair.0, isHead: index == 0 && !pair.1.isNumber, isNumber: pair.1.isNumber)
      }
      lines.append("<tr>\(cells.joined())</tr>")
    }
    return (lines + ["</tbody>", "</table>", "</div>"]).joined(separator: "\n")
  }

  private func html(_ cell: PassageTable.Cell, isHead: Bool, isNumber: Bool) -> String {
    let records = cell.records.compactMap { map.records[$0] }.reduce(into: [String]()) {
      if !$0.contains($1) { $0.append($1) }
    }.map { map.address(of: $0, from: page) }
    var text = html(cell.text)
    if let first = records.first, cell.text.plain != "–" {
      if isHead || isNumber {
        let marks = cell.text.pieces.filter(\.isMarks)
        let words = cell.text.pieces.filter { !$0.isMarks }
        text = "<a class=\"figure\" href=\"\(first.inXML)\">\(html(Phrase(words)))</a>"
        text += html(Phrase(marks))
      } else {
        let links = records.enumerated().map { index, address in
          "<a href=\"\(address.inXML)\">\(records.count == 1 ? "record" : "\(index + 1)")</a>"
        }
        text += " <span class=\"from\">\(records.count == 1 ? "" : "records ")"
        text += links.joined(separator: " ") + "</span>"
      }
    }
    if isHead { return "<th scope=\"row\">\(text)</th>" }
    let kind =
      isNumber ? " class=\"n\"" : cell.text.plain.count > Self.long ? " class=\"long\"" : ""
    return "<td\(kind)>\(text)</td>"
  }

  /// A phrase as HTML.
  func html(_ phrase: Phrase) -> String {
    phrase.pieces.map { piece in
      switch piece {
      case .words(let text), .value(let text): text.inXML
      case .strong(let phrase): "<strong>\(html(phrase))</strong>"
      case .emphasis(let phrase): "<em>\(html(phrase))</em>"
      case .code(let text): "<code>\(text.inXML)</code>"
      case .link(let phrase, let link): html(phrase, linkedTo: link)
      case .lineBreak: "<br>"
      case .marks(let numbers):
        "<sup>"
          + numbers.map { "<a href=\"#\(name("note-\(notes)-\($0)"))\">\($0)</a>" }
          .joined(separator: ", ") + "</sup>"
      }
    }.joined()
  }

  private func html(_ phrase: Phrase, linkedTo link: PageLink) -> String {
    let target: String? =
      switch link {
      case .heading(let heading): "#" + name(heading)
      case .table(let table, let scale, let heading, _):
        map.tables["\(table)/\(scale)"].map { map.address(of: $0, heading, from: page) }
      case .words(let table): map.tables[table].map { map.address(of: $0, from: page) }
      case .claims: map.hasClaims ? map.address(of: SiteMap.claims, from: page) : nil
      case .record(let record): map.records[record].map { map.address(of: $0, from: page) }
      case .front: map.address(of: SiteMap.front, from: page)
      case .file: nil
      case .web(let address): address
      }
    return target.map { "<a href=\"\($0.inXML)\">\(html(phrase))</a>" } ?? html(phrase)
  }

  /// A name that no other place of the page has.
  private mutating func identifier(_ wanted: String) -> String {
    var name = wanted
    var number = 1
    while !used.insert(name).inserted {
      name = "\(wanted)-\(number)"
      number += 1
    }
    return name
  }

  /// The name as the file has it: with the page's before it where all pages are in one.
  func name(_ identifier: String) -> String {
    map.isSingleFile ? SiteMap.identifier(identifier, on: page) : identifier
  }
}

extension Phrase.Piece {
  /// Whether it is numbers of notes.
  fileprivate var isMarks: Bool {
    if case .marks = self { true } else { false }
  }
}
