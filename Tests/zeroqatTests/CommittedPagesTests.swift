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
      ["tiny", "small", "paper"].filter {
        TemporaryFolder.names(in: "\(root)/tables/\(table)/records").contains($0)
          && TemporaryFolder.names(in: "\(root)/tables/\(table)").contains("table-\($0).md")
      }.map { (table, $0) }
    }

  /// Lines that don't depend on whether gnuplot was there.
  private func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n").filter { !$0.hasPrefix("![") }
  }

  @Test("There are some")
  func areThere() {
    #expect(Self.pages.contains { $0 == ("table2", "tiny") })
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
