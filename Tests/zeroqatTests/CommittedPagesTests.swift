import Harness
import System
import TestSupport
import Testing

/// The repository's own tables against the records that lie beside them.
@Suite struct CommittedPagesTests {
  static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

  /// Tables and scales that have a rendered page and records.
  static let pages: [(table: String, scale: String)] = TemporaryFolder.names(in: root + "/tables")
    .sorted().flatMap { table in
      ["tiny", "small", "shape", "paper"].filter {
        TemporaryFolder.names(in: "\(root)/tables/\(table)/records").contains($0)
          && TemporaryFolder.names(in: "\(root)/tables/\(table)").contains("table-\($0).md")
      }.map { (table, $0) }
    }

  /// Tables of words: a page, and no grid.
  static let textTables: [String] = TemporaryFolder.names(in: root + "/tables").sorted().filter {
    let names = TemporaryFolder.names(in: "\(root)/tables/\($0)")
    return names.contains("table.md") && !names.contains("grid.json")
  }

  /// Lines that don't depend on whether gnuplot was there.
  private func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n").filter { !$0.hasPrefix("![") }
  }

  /// Tables of words, pages of every scale, their numbers, and what READMEs quote of them.
  @Test("Nothing that is made of records is older than they are")
  func current() throws {
    let program = try BuiltProgram()
    let result = try program(["publish", "--pages", "--check", "--root", Self.root])
    #expect(result.status == 0, "\(result.output)")
  }

  @Test("There are some")
  func areThere() {
    #expect(Self.pages.contains { $0 == ("table2", "tiny") })
    #expect(Self.pages.contains { $0 == ("table7", "shape") })
    #expect(Self.textTables.contains("table1"))
  }

  @Test("Every table of words is what the methods and settings say", arguments: textTables)
  func words(table: String) throws {
    let result = try BuiltProgram()(["render", table, "--root", Self.root])
    #expect(result.status == 0, "\(result.output.prefix(400))")
    let page = String(
      decoding: try readFile("\(Self.root)/tables/\(table)/table.md"), as: UTF8.self)
    #expect(result.output == page, "publish \(table) again")
  }

  @Test("Every page is what its records render to", arguments: pages)
  func rendered(table: String, scale: String) throws {
    let program = try BuiltProgram()
    let result = try program([
      "render", table, "--scale", scale, "--committed", "--root", Self.root,
    ])
    #expect(result.status == 0, "\(result.output.prefix(400))")
    let page = String(
      decoding: try readFile("\(Self.root)/tables/\(table)/table-\(scale).md"), as: UTF8.self)
    #expect(lines(result.output) == lines(page), "publish \(table) at scale \(scale) again")
  }
}
