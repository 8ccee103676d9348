import Records
import Reporting
import Testing
import Vocabulary

/// A report on hand-made records: its links, its words, and what it must not have.
@Suite struct ReportSiteTests {
  static func contents(
    _ records: [RunRecord] = Fixtures.records, grid: Grid = Fixtures.grid,
    model: ModelManifest = Fixtures.model
  ) throws -> TableContents {
    try TableContents(
      grid: grid, scale: .small, model: model, text: Fixtures.text, paper: Fixtures.paper,
      records: records, notRun: Fixtures.notRun)
  }

  static func site(
    _ contents: [TableContents], isSingleFile: Bool = false,
    text: @escaping RecordText = { _, _ in nil }
  ) -> [String: String] {
    let site = ReportSite(
      ReportSite.Material(
        tables: contents, words: [], claims: [], unmeasured: contents.isEmpty ? [Fixtures.grid] : []
      ),
      isSingleFile: isSingleFile, text: text)
    return Dictionary(uniqueKeysWithValues: site.files.map { ($0.path, $0.text) })
  }

  /// Every value of an attribute in a text.
  static func values(of attribute: String, in text: String) -> [String] {
    text.split(separator: " \(attribute)=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
  }

  @Test(
    "Every link leads to a place that is there, and no name is used twice",
    arguments: [false, true])
  func links(isSingleFile: Bool) throws {
    let files = try Self.site([Self.contents()], isSingleFile: isSingleFile)
    let pages = files.filter { $0.key.hasSuffix(".html") }
    #expect(isSingleFile ? files.count == 1 : pages.count > 10)
    for (path, text) in pages {
      let names = Self.values(of: "id", in: text)
      #expect(Set(names).count == names.count, "\(path)")
      for link in Self.values(of: "href", in: text)
      where !link.hasPrefix("https:") && !link.hasPrefix("data:") {
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        var place = path.split(separator: "/").dropLast().map(String.init)
        for step in parts[0].split(separator: "/") {
          if step == ".." { place.removeLast() } else { place.append(String(step)) }
        }
        let target = parts[0].isEmpty ? path : place.joined(separator: "/")
        let found = try #require(files[target], "\(path) leads to \(link)")
        if parts.count == 2 {
          #expect(Self.values(of: "id", in: found).contains(String(parts[1])), "\(path): \(link)")
        }
      }
    }
  }

  @Test("Nothing is fetched from elsewhere", arguments: [false, true])
  func assets(isSingleFile: Bool) throws {
    for (path, text) in try Self.site([Self.contents()], isSingleFile: isSingleFile) {
      for source in Self.values(of: "src", in: text) { #expect(!source.contains(":"), "\(path)") }
      #expect(!text.contains("@import") && !text.contains("url("), "\(path)")
      for link in text.split(separator: "<link ").dropFirst() {
        #expect(!link.prefix { $0 != ">" }.contains("http"), "\(path)")
      }
    }
  }

  @Test("The same records give the same bytes, in whatever order they come")
  func deterministic() throws {
    let once = try Self.site([Self.contents()])
    #expect(try Self.site([Self.contents(Fixtures.records.reversed())]) == once)
  }

  @Test("No folder of the machine that measured is on a page")
  func folders() throws {
    for (path, text) in try Self.site([Self.contents()]) {
      #expect(!text.contains("/home/someone"), "\(path)")
    }
  }

  @Test("A name that is a tag is only a name", arguments: [false, true])
  func escaped(isSingleFile: Bool) throws {
    let tag = "<script>alert(1)</script>\"'&"
    var grid = Fixtures.grid
    grid.title = tag
    for index in grid.rows.indices { grid.rows[index].label += tag }
    for index in grid.columns.indices { grid.columns[index].label += tag }
    var model = Fixtures.model
    model.label = tag
    var records = Fixtures.records
    for index in records.indices {
      records[index].cell.model.name = tag
      records[index].events = [tag]
      records[index].facts = [NamedNumber(tag, 1, unit: tag)]
      records[index].series = [RunSeries(tag, per: tag, unit: tag, x: [0, 1], y: [1, 2])]
      records[index].digests.append(NamedText(tag, tag))
    }
    let files = try Self.site(
      [Self.contents(records, grid: grid, model: model)], isSingleFile: isSingleFile,
      text: { _, _ in tag })
    for (path, text) in files {
      #expect(!text.contains("<script>alert"), "\(path)")
      #expect(!text.contains("alert(1)</script>"), "\(path)")
      let tags = text.split(separator: "<script").count - 1
      #expect(tags <= 1, "\(path)")
    }
  }

  @Test("Every printed number leads to a record's page that prints it, too")
  func numbers() throws {
    let contents = try Self.contents()
    let files = Self.site([contents])
    let page = try #require(files["tables/table2-small.html"])
    let scores = try #require(
      page.firstRange(of: "<h2 id=\"perplexity").map { page[$0.lowerBound...] })
    let table = scores.prefix(upTo: try #require(scores.firstRange(of: "</table>")?.lowerBound))
    var count = 0
    for part in table.split(separator: "<a class=\"figure\" href=\"../").dropFirst() {
      let path = String(part.prefix { $0 != "\"" })
      let text = part.drop { $0 != ">" }.dropFirst()
      let figure = String(text.prefix(upTo: try #require(text.firstRange(of: "</a>")?.lowerBound)))
        .replacing("<strong>", with: "").replacing("</strong>", with: "")
      let record = try #require(files[path], "\(path)")
      #expect(record.contains("<td class=\"n\">\(figure)</td>"), "\(path): \(figure)")
      count += 1
    }
    #expect(count == contents.entries.count { !$0.records.isEmpty })
  }

  @Test("Worst windows have their text where it is at hand, and it is said where it isn't")
  func texts() throws {
    let path = "records/table2/small/rtn.ppl-w6a6.seed1.html"
    let with = try Self.site([Self.contents()], text: { _, window in "words of \(window)" })
    #expect(try #require(with[path]).contains("<td>words of 5</td>"))
    let without = try #require(try Self.site([Self.contents()])[path])
    #expect(without.contains("the text wasn't at hand"))
    #expect(without.contains("This record holds no error of single layers"))
  }

  @Test("A report on nothing says so")
  func nothing() throws {
    let files = Self.site([])
    #expect(files.keys.sorted() == ["index.html", "report.js", "style.css"])
    let front = try #require(files["index.html"])
    #expect(front.contains("No claim has been put to a measurement yet."))
    #expect(front.contains("nothing is measured yet"))
    let empty = try Self.site([Self.contents([])])
    #expect(try #require(empty["tables/table2-small.html"]).contains("not run"))
  }

  @Test("Tables and drawings can be read without eyes")
  func accessible() throws {
    for (path, text) in try Self.site([Self.contents()]) where path.hasSuffix(".html") {
      func count(_ part: String) -> Int { text.split(separator: part).count - 1 }
      #expect(count("<table") == count("<caption"), "\(path)")
      #expect(count("<svg") == count("<desc"), "\(path)")
      #expect(count("<h1") == 1, "\(path)")
      #expect(count("<th>") == 0, "\(path)")
      #expect(text.contains("<html lang=\"en\">") && text.contains("class=\"skip\""), "\(path)")
    }
  }

  @Test("Several seeds are one line with a band, and each seed's record is a link away")
  func seeds() throws {
    var grid = Fixtures.grid
    grid.rows[4].seeds = [1, 2]
    var records = Fixtures.records
    for column in ["ppl-w6a6", "ppl-w2a16", "ppl-w4a4"] {
      let first = try #require(
        records.first { $0.cell.address.row == "zeroqat" && $0.cell.address.column == column })
      records.append(
        Fixtures.trained(
          column, bits: first.cell.bits, start: Fixtures.shifted(2, wobble: 3),
          chosen: Fixtures.shifted(1.1, wobble: 2), seed: 2))
    }
    let files = try Self.site([Self.contents(records, grid: grid)])
    let page = try #require(files["tables/table2-small.html"])
    #expect(page.contains("lines are means of 2 seeds, bands reach from the lowest to the highest"))
    let record = try #require(files["records/table2/small/zeroqat.ppl-w4a4.seed1.html"])
    #expect(record.contains("href=\"../../../records/table2/small/zeroqat.ppl-w4a4.seed2.html\""))
  }
}
