extension [Passage] {
  /// The passages as Markdown that GitHub shows well, a blank line between each two.
  package var markdown: String { map(\.markdown).joined(separator: "\n\n") }
}

extension Passage {
  /// The passage as Markdown, without a line break at its end.
  var markdown: String {
    switch self {
    case .heading(let level, let text):
      return String(repeating: "#", count: level) + " " + text.markdown
    case .comment(let text): return "<!-- \(text) -->"
    case .paragraph(let text): return text.markdown
    case .list(let points): return points.map { "- " + $0.markdown }.joined(separator: "\n")
    case .banner(let lines): return lines.map { "> " + $0.markdown }.joined(separator: "\n>\n")
    case .table(let table): return table.markdown
    case .notes(let numbered, let others):
      let first = numbered.enumerated().map { "<sup>\($0 + 1)</sup> \($1.markdown)" }
      return (first + others.map(\.markdown)).joined(separator: "<br>\n")
    case .picture(let file, let title): return "![\(title.inMarkdown)](\(file))"
    case .charts(let charts): return charts.map(\.caption.markdown).joined(separator: "\n\n")
    case .folded(let title, let passages):
      return Reporting.folded(title.markdown, passages.markdown)
    }
  }
}

extension PassageTable {
  /// The table with pipes.
  var markdown: String {
    var table = MarkdownTable(columns.map { ($0.title.markdown, $0.isNumber ? .right : .left) })
    for row in rows { table.add(row.map(\.text.markdown)) }
    return table.text
  }
}

extension Phrase {
  /// The phrase as Markdown; texts from elsewhere can't be taken for markup.
  var markdown: String {
    pieces.map { piece in
      switch piece {
      case .words(let text): text
      case .value(let text): text.inMarkdown
      case .strong(let phrase): "**\(phrase.markdown)**"
      case .emphasis(let phrase): "*\(phrase.markdown)*"
      case .code(let text): "`\(text)`"
      case .link(let phrase, let link): "[\(phrase.markdown)](\(link.inMarkdown))"
      case .lineBreak: "<br>"
      case .marks(let numbers):
        "<sup>" + numbers.map { "\($0)" }.joined(separator: ",") + "</sup>"
      }
    }.joined()
  }
}

extension PageLink {
  /// The target as a page in the repository has it.
  fileprivate var inMarkdown: String {
    switch self {
    case .heading(let name): "#\(name)"
    case .table(_, _, let heading, let path): path + (heading.map { "#\($0)" } ?? "")
    case .claims(let path), .file(let path): path
    case .words(let table): "../\(table)/table.md"
    case .record(let record): "#\(record.id)"
    case .front: "../../README.md"
    case .web(let address): address
    }
  }
}
