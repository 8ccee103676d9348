import Harness
import System
import TestSupport
import Testing

/// The report on the repository's own records: every number of its tables is followed to its record.
@Suite struct ReportTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Builds a report into a folder of that name, and says what the program said.
  private func build(_ name: String, _ options: String...) throws -> (status: Int32, output: String)
  {
    let result = try BuiltProgram()(
      ["report", "--root", CommittedPagesTests.root, "--into", folder.path(name)] + options)
    return (result.status, result.output)
  }

  private func text(_ path: String) throws -> String {
    String(decoding: try readFile(folder.path("report/\(path)")), as: UTF8.self)
  }

  private static func files(in folder: String, below path: String = "") throws -> [String] {
    try listFolder("\(folder)/\(path)").flatMap { name -> [String] in
      let inner = path.isEmpty ? name : "\(path)/\(name)"
      return FileStatus(of: "\(folder)/\(inner)")?.isFolder == true
        ? try files(in: folder, below: inner) : [inner]
    }
  }

  /// The HTML tables between the heading of scores and the next of another kind.
  private func scores(_ page: String) throws -> Substring {
    let start = try #require(page.firstRange(of: #/<h2 id="(perplexity|accuracy)/#)?.lowerBound)
    let rest = page[start...]
    let end = rest.firstRange(of: #/<h2 id="(bits-memory|what-held|verdicts)/#)?.lowerBound
    return rest[..<(end ?? rest.endIndex)]
  }

  /// Follows every number of a table's scores to its record.
  private func followNumbers(of table: String) throws {
    let scores = try scores(text("tables/\(table).html"))
    var (numbers, linked) = (0, 0)
    for cell in scores.split(separator: "<td class=\"n\">").dropFirst() {
      let cell = cell.prefix(upTo: try #require(cell.firstRange(of: "</td>")?.lowerBound))
      if cell.contains(" ± ") { numbers += 1 }
      guard let start = cell.firstRange(of: "<a class=\"figure\" href=\"../")?.upperBound else {
        #expect(!cell.contains(" ± "), "\(table): \(cell)")
        continue
      }
      let path = String(cell[start...].prefix { $0 != "\"" })
      let words = cell[start...].drop { $0 != ">" }.dropFirst()
      let end = try #require(words.firstRange(of: "</a>")?.lowerBound)
      let figure = String(words.prefix(upTo: end))
        .replacing("<strong>", with: "").replacing("</strong>", with: "")
      let record = try text(path)
      #expect(record.contains("<td class=\"n\">\(figure)</td>"), "\(path): \(figure)")
      linked += 1
    }
    #expect(numbers > 3 && linked >= numbers, "\(table): \(numbers) numbers, \(linked) links")
  }

  @Test("Every number leads to its record, every link to a place; two builds have the same bytes")
  func whole() throws {
    let built = try build("report")
    #expect(built.status == 0, "\(built.output)")
    for table in ["table2-tiny", "table3-tiny", "table5-tiny", "table2-small", "tabled1-tiny"] {
      try followNumbers(of: table)
    }
    let files = try Self.files(in: folder.path("report"))
    #expect(files.count > 480)
    try followLinks(in: files)
    #expect(try build("again").status == 0)
    #expect(try Self.files(in: folder.path("again")) == files)
    for file in files {
      let (a, b) = (folder.path("report/\(file)"), folder.path("again/\(file)"))
      #expect(try readFile(a) == readFile(b), "\(file)")
    }
  }

  /// Follows every link of every page to its place; nothing but a link may lead to the web.
  private func followLinks(in files: [String]) throws {
    var names: [String: Set<Substring>] = [:]
    var texts: [String: String] = [:]
    for file in files where file.hasSuffix(".html") {
      let page = try text(file)
      texts[file] = page
      names[file] = Set(page.matches(of: #/ id="([^"]*)"/#).map(\.output.1))
    }
    let there = Set(files)
    for (file, page) in texts {
      for match in page.matches(of: #/ (href|src)="([^"]*)"/#) {
        let link = match.output.2
        if link.hasPrefix("data:") { continue }
        if link.contains("://") {
          #expect(page[..<match.range.lowerBound].hasSuffix("<a"), "\(file): \(link)")
          continue
        }
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        var place = file.split(separator: "/").dropLast().map(String.init)
        for step in parts[0].split(separator: "/") {
          if step == ".." { place.removeLast() } else { place.append(String(step)) }
        }
        let target = parts[0].isEmpty ? file : place.joined(separator: "/")
        if !there.contains(target) { Issue.record("\(file) leads to \(link)") }
        if parts.count == 2, names[target]?.contains(parts[1]) != true {
          Issue.record("\(file) leads to \(link)")
        }
      }
    }
  }

  @Test("Another folder's files are left alone")
  func others() throws {
    try makeFolder(folder.path("other"))
    try folder.write("mine", to: "other/letter.txt")
    let refused = try build("other")
    #expect(refused.status == 2)
    #expect(
      refused.output.contains("has files that aren't a report's; name another folder with --into"))
    #expect(try listFolder(folder.path("other")) == ["letter.txt"])
  }

  @Test("One file has all of it")
  func single() throws {
    let result = try build("one", "--single-file")
    #expect(result.status == 0)
    #expect(try listFolder(folder.path("one")) == ["index.html"])
    let page = String(decoding: try readFile(folder.path("one/index.html")), as: UTF8.self)
    let places = page.matches(of: #/ id="([^"]*)"/#).map(\.output.1)
    let names = Set(places)
    #expect(names.count == places.count)
    for match in page.matches(of: ##/ href="#([^"]*)"/##) {
      #expect(names.contains(match.output.1), "\(match.output.1)")
    }
  }

  @Test("A checkout in which nothing was measured has a report, too")
  func nothing() throws {
    for name in ["tables", "models"] { try makeFolder(folder.path("checkout/\(name)")) }
    let result = try BuiltProgram()([
      "report", "--root", folder.path("checkout"), "--into", folder.path("report"),
    ])
    #expect(result.status == 0, "\(result.output)")
    let front = String(decoding: try readFile(folder.path("report/index.html")), as: UTF8.self)
    #expect(front.contains("There is no table yet."))
  }
}
