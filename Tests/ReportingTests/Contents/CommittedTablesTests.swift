import Foundation
import JSONText
import Records
import Reporting
import Testing

/// The repository's own tables must be renderable before anything ran.
@Suite struct CommittedTablesTests {
  static let tables = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("tables")
    .resolvingSymlinksInPath()

  /// Every folder that has both a grid and the paper's numbers.
  static let folders: [URL] =
    ((try? FileManager.default.contentsOfDirectory(at: tables, includingPropertiesForKeys: nil))
    ?? []).filter { folder in
      ["grid.json", "paper.json"].allSatisfy {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
      }
    }

  @Test(arguments: folders)
  func everyPrintedNumberHasItsPlace(folder: URL) throws {
    var grid = try JSONDocument(contentsOf: folder.appendingPathComponent("grid.json").path)
      .decode(Grid.self)
    grid.learn(unquantized: ["full-precision", "mezo"])
    let paper = try PaperTable(
      document: JSONDocument(contentsOf: folder.appendingPathComponent("paper.json").path))
    for scale in Scale.allCases where grid.scales[scale] != nil {
      let text = try renderTable(grid: grid, scale: scale, paper: paper, records: [])
      for cell in paper.cells {
        let mark = cell.confidence == .elsewhere ? "°" : ""
        #expect(text.contains("| \(cell.value)\(mark)\(cell.footnotes.joined()) |"))
      }
    }
  }

  @Test func table2IsAmongThem() {
    #expect(Self.folders.map(\.lastPathComponent).contains("table2"))
  }
}
