/// What stands around the text of every page of a report.
struct PageFrame {
  /// A page before it has its frame.
  struct Page {
    /// Its place in the report.
    var path: String
    /// Its title.
    var title: String
    /// What it says.
    var passages: [Passage]
    /// Whether it has a list of its own headings.
    var hasContents = true
  }

  let map: SiteMap

  /// The style sheet and the script, where pages have files of their own.
  static let files = [
    (path: "style.css", text: SiteStyle.sheet), (path: "report.js", text: SiteStyle.script),
  ]

  /// A page as a file of its own.
  func file(_ page: Page) -> String {
    let up = String(repeating: "../", count: page.path.count { $0 == "/" })
    return """
      \(head(page.title, style: "<link rel=\"stylesheet\" href=\"\(up)style.css\">"))
      \(navigation(from: page.path))
      <main id="main">
      \(body(of: page))
      </main>
      \(Self.footer)
      <script src="\(up)report.js"></script>
      </body>
      </html>

      """
  }

  /// All pages as one file.
  func file(_ pages: [Page]) -> String {
    let articles = pages.map { page in
      "<article id=\"\(SiteMap.identifier(nil, on: page.path))\">\n\(body(of: page))\n</article>"
    }
    let style = "<style>\n\(SiteStyle.sheet)\(SiteStyle.singleFile)</style>"
    return """
      \(head(pages.first?.title ?? "", style: style))
      \(navigation(from: SiteMap.front))
      <main id="main">
      \(articles.joined(separator: "\n"))
      </main>
      \(Self.footer)
      <script>
      \(SiteStyle.script)</script>
      </body>
      </html>

      """
  }

  private func head(_ title: String, style: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>\(title.inXML)</title>
    <link rel="icon" href="data:,">
    \(style)
    </head>
    <body>
    <a class="skip" href="#main">To the text</a>
    """
  }

  private func navigation(from page: String) -> String {
    var places: [(String, String, String?)] = [
      ("ZeroQAT", SiteMap.front, nil), ("Tables", SiteMap.front, "tables"),
    ]
    if map.hasClaims { places.append(("Claims", SiteMap.claims, nil)) }
    let items = places.map { name, path, heading in
      "<li><a href=\"\(map.address(of: path, heading, from: page).inXML)\">\(name)</a></li>"
    }
    return "<header><nav aria-label=\"Report\"><ul>\(items.joined())</ul></nav></header>"
  }

  private func body(of page: Page) -> String {
    var writer = PageWriter(page: page.path, map: map)
    let text = writer.html(page.passages)
    guard page.hasContents, writer.contents.count > 2 else { return text }
    let items = writer.contents.map { identifier, title in
      "<li><a href=\"#\(writer.name(identifier))\">\(title.inXML)</a></li>"
    }
    let list =
      "<nav class=\"inside\" aria-label=\"On this page\"><ul>\(items.joined())</ul></nav>"
    // Below the title, which is what the page begins with.
    guard let end = text.firstRange(of: "</h1>")?.upperBound else { return list + text }
    return String(text[..<end]) + "\n" + list + String(text[end...])
  }

  private static let footer = """
    <footer><p>Made from records by zeroqat report. The same records give the same bytes.</p></footer>
    """
}
