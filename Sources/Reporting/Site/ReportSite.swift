package import Records
internal import Vocabulary

/// A report as files: a page for each table and each record, one of claims, and the first.
///
/// A pure function of its inputs. Nothing in it is fetched from elsewhere, and nothing needs a script.
package struct ReportSite: Sendable {
  /// A table of words and its name.
  package struct WordsTable: Sendable {
    /// The folder under `tables/`.
    package let name: String
    /// The page.
    package let page: TextTablePage

    /// A table of words.
    package init(name: String, page: TextTablePage) {
      self.name = name
      self.page = page
    }
  }

  /// What a report is made of.
  package struct Material: Sendable {
    /// Tables at each scale that has records, in the order in which they are listed.
    package var tables: [TableContents]
    /// Tables of words.
    package var words: [WordsTable]
    /// Claims, judged.
    package var claims: [ClaimedTable]
    /// Tables that have no record.
    package var unmeasured: [Grid]

    /// Everything that a report shows.
    package init(
      tables: [TableContents], words: [WordsTable], claims: [ClaimedTable], unmeasured: [Grid]
    ) {
      self.tables = tables
      self.words = words
      self.claims = claims
      self.unmeasured = unmeasured
    }
  }

  /// Words that every report's first page has, so that its folder is known.
  package static let mark = "by zeroqat report"

  /// What lies in a report's folder.
  package static let topNames =
    [SiteMap.front, SiteMap.claims, "tables", "records"] + PageFrame.files.map { $0.path }

  /// The files, by their paths below the report's folder, in order.
  package let files: [(path: String, text: String)]

  /// The report on `material`.
  ///
  /// - Parameters:
  ///   - material: What it shows.
  ///   - isSingleFile: Whether all of it is one file, `index.html`.
  ///   - text: What stands in a window of a record, where that is to be had.
  package init(_ material: Material, isSingleFile: Bool, text: @escaping RecordText) {
    var map = SiteMap(isSingleFile: isSingleFile)
    for contents in material.tables { map.add(contents) }
    for table in material.words { map.add(words: table.name) }
    map.hasClaims = !material.claims.isEmpty
    let frame = PageFrame(map: map)
    let pages = Self.pages(of: material, map, text)
    guard !isSingleFile else {
      files = [(path: SiteMap.front, text: frame.file(pages))]
      return
    }
    files =
      pages.map { (path: $0.path, text: frame.file($0)) }
      + PageFrame.files.map { (path: $0.path, text: $0.text) }
  }

  private static func pages(
    of material: Material, _ map: SiteMap, _ text: @escaping RecordText
  ) -> [PageFrame.Page] {
    let front = FrontPage(
      claims: material.claims, tables: material.tables, words: material.words,
      unmeasured: material.unmeasured)
    var pages = [
      PageFrame.Page(path: SiteMap.front, title: FrontPage.title, passages: front.passages)
    ]
    if !material.claims.isEmpty {
      pages.append(
        PageFrame.Page(
          path: SiteMap.claims, title: "Claims", passages: ClaimsPage.passages(material.claims)))
    }
    for contents in material.tables {
      let scale = contents.scale.rawValue
      guard let path = map.tables["\(contents.grid.table)/\(scale)"] else { continue }
      pages.append(
        PageFrame.Page(
          path: path, title: "\(contents.grid.title) (\(scale))",
          passages: contents.reportPassages))
    }
    for table in material.words {
      guard let path = map.tables[table.name] else { continue }
      pages.append(
        PageFrame.Page(path: path, title: table.page.table.title, passages: table.page.passages))
    }
    var seen: Set<RecordName> = []
    for contents in material.tables {
      for record in contents.records {
        let name = RecordName(record)
        guard let path = map.records[name], seen.insert(name).inserted else { continue }
        let page = RecordPage(record: record, contents: contents, text: text)
        pages.append(
          PageFrame.Page(
            path: path, title: "\(page.title): \(contents.grid.title)", passages: page.passages))
      }
    }
    return pages
  }
}
