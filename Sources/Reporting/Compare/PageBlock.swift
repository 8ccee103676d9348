/// A part of a page that can be written as Markdown or as one HTML file.
enum PageBlock {
  /// A heading; level 1 is the page's title.
  case heading(Int, String)
  /// Plain text.
  case paragraph(String)
  /// A table: headers, which of them are numbers, and rows.
  case table([(title: String, isNumber: Bool)], [[String]])
}

extension [PageBlock] {
  /// The page as Markdown.
  var markdown: String {
    map { block in
      switch block {
      case .heading(let level, let text):
        return String(repeating: "#", count: level) + " " + text.inMarkdown
      case .paragraph(let text): return text.inMarkdown
      case .table(let headers, let rows):
        var table = MarkdownTable(headers.map { ($0.title, $0.isNumber ? .right : .left) })
        for row in rows { table.add(row.map(\.inMarkdown)) }
        return table.text
      }
    }.joined(separator: "\n\n") + "\n"
  }

  /// The page as one HTML file that needs no other: no script, no picture, no font from elsewhere.
  func html(title: String) -> String {
    let body = map { block -> String in
      switch block {
      case .heading(let level, let text): return "<h\(level)>\(text.inXML)</h\(level)>"
      case .paragraph(let text): return "<p>\(text.inXML)</p>"
      case .table(let headers, let rows):
        func cells(_ texts: [String], _ tag: String) -> String {
          zip(texts, headers).map { text, header in
            "<\(tag)\(header.isNumber ? " class=\"n\"" : "")>\(text.inXML)</\(tag)>"
          }.joined()
        }
        let head = "<tr>\(cells(headers.map(\.title), "th"))</tr>"
        return
          (["<div class=\"t\"><table>", "<thead>\(head)</thead>", "<tbody>"]
          + rows.map { "<tr>\(cells($0, "td"))</tr>" } + ["</tbody>", "</table></div>"])
          .joined(separator: "\n")
      }
    }.joined(separator: "\n")
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(title.inXML)</title>
      <style>
      body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
      .t { overflow-x: auto; }
      table { border-collapse: collapse; margin: 0.5rem 0 1.5rem; }
      th, td { border: 1px solid #8886; padding: 0.25rem 0.6rem; text-align: left; vertical-align: top; }
      .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
      @media (prefers-color-scheme: dark) { body { background: #16181c; color: #e6e6e6; } }
      </style>
      </head>
      <body>
      \(body)
      </body>
      </html>

      """
  }
}
