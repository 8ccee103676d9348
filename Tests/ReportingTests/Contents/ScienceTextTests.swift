import Records
import Reporting
import TestSupport
import Testing
import Vocabulary

/// What a page says of the programs that its numbers are of.
@Suite struct ScienceTextTests {
  private func row(proofs count: Int) throws -> String {
    var contents = try CSVExportTests.contents()
    let record = try #require(contents.records.first)
    let lineage = Lineage(of: record.cell, on: Fixtures.model.architecture.rawValue)
    contents.certificates = Certificates(edges: [
      Certificate(
        of: lineage, from: record.cell.science,
        to: ScienceDigests(
          shared: Fixtures.hex("today"), method: record.cell.science.method),
        cells: (0..<count).map { "table2/tiny/row\($0).column.seed1" }, commit: "abc",
        date: "2026-11-28", blasCore: "SkylakeX")
    ])
    let lines = contents.markdown().split(separator: "\n")
    return String(try #require(lines.first { $0.hasPrefix("| Science code") }))
  }

  @Test func oneProofIsNamed() throws {
    #expect(
      try row(proofs: 1).contains(
        " on 2026-11-28 by [1 cell](../certificates.json): `table2/tiny/row0.column.seed1`"))
  }

  @Test func ofManyProofsThreeAreNamed() throws {
    let row = try row(proofs: 58)
    #expect(
      row.contains(
        " on 2026-11-28 by [58 cells](../certificates.json), such as `table2/tiny/row0.column.seed1`, "
          + "`table2/tiny/row1.column.seed1`, `table2/tiny/row2.column.seed1`"))
    #expect(!row.contains("row3"))
  }
}
