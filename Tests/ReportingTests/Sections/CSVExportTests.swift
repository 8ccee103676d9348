import Records
import Reporting
import Testing

@Suite struct CSVExportTests {
  static func contents(_ records: [RunRecord] = Fixtures.records) throws -> TableContents {
    try TableContents(
      grid: Fixtures.grid, scale: .small, model: Fixtures.model, text: Fixtures.text,
      paper: Fixtures.paper, records: records, notRun: Fixtures.notRun)
  }

  @Test func oneLinePerCell() throws {
    let csv = try Self.contents().csv
    try expectSnapshot(csv, "every-kind.csv")
    let lines = csv.split(separator: "\n")
    #expect(lines.count == 1 + Fixtures.grid.rows.count * Fixtures.grid.columns.count)
  }

  @Test func fieldsWithCommasAndQuotesAreQuoted() throws {
    var records = Fixtures.records
    records[3].reason = "a \"quoted\" reason, with a comma"
    let csv = try Self.contents(records).csv
    #expect(!csv.contains("a \"quoted\" reason"))
    records[5].reason = "x, \"y\""
    #expect(try Self.contents(records).csv.contains("\"not run (failed: x, \"\"y\"\")\""))
  }

  @Test func withheldValuesAreNotExported() throws {
    let csv = try Self.contents(Array(Fixtures.records.dropFirst())).csv
    #expect(csv.contains(",withheld,not run,"))
    #expect(!csv.contains("91.65"))
  }
}
