import Records
import Reporting
import TestSupport
import Testing

/// How many windows decide a margin, cell by cell.
@Suite struct MarginPowerTests {
  private static func record(_ row: String, _ noise: Double, seed: UInt64 = 1, count: Int = 200)
    -> RunRecord
  {
    Fixtures.record(
      row, "ppl-w4a4", bits: row == "full-precision" ? "FP" : "W4A4",
      windows: Array(GateReportTests.moved(0.01, noise: noise, seed: seed + 20).prefix(count)),
      seed: seed)
  }

  private static func contents(_ records: [RunRecord]) throws -> TableContents {
    var grid = Fixtures.grid
    grid.columns = [grid.columns[2]]
    grid.scales.small?.seeds = ["zeroqat": [1, 2]]
    return try TableContents(
      grid: grid, scale: .small, model: Fixtures.model, text: Fixtures.text,
      paper: Fixtures.w4a4Paper, records: records, notRun: [:])
  }

  @Test("Another seed goes before another row; what has no other has a dash")
  func whatIsComparedWith() throws {
    let contents = try Self.contents([
      Self.record("full-precision", 0), Self.record("rtn", 0.002),
      Self.record("smoothquant", 0.004),
      Self.record("zeroqat", 0.01), Self.record("zeroqat", 0.03, seed: 2),
    ])
    let cells = contents.marginPower(0.005)
    #expect(
      cells.map { $0.other?.cell.address.row } == [
        nil, "smoothquant", "rtn", "zeroqat", "zeroqat",
      ])
    #expect(cells[3].other?.cell.seed == 2 && cells[0].test == nil)
    let needed = cells.map(\.needed)
    // Spreads of 0.002 and √(0.01² + 0.03²) nats.
    #expect(try #require(needed[1]) < 100, "\(needed)")
    #expect((500...6000).contains(try #require(needed[3])), "\(needed)")
    #expect(needed[1] == needed[2] && needed[3] == needed[4])
    let page = try #require(contents.marginPowerPage(0.005))
    #expect(page.hasPrefix("# Windows that decide +0.50 %: table2 at scale small\n"), "\(page)")
    #expect(page.contains("intervals that hold 99.73 %"))
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst(2)
    #expect(rows.count == 5)
    #expect(rows.first?.contains("| 200 | – | – | – | – |") == true, "\(rows)")
    #expect(rows.dropFirst().first?.contains("| yes |") == true, "\(rows)")
    #expect(rows.last?.contains("| no |") == true, "\(rows)")
  }

  @Test func whyNoNumberIsNamed() throws {
    let few = try Self.contents([
      Self.record("rtn", 0.002, count: 10), Self.record("smoothquant", 0.004, count: 10),
    ])
    let page = try #require(few.marginPowerPage(0.005))
    #expect(page.contains("| can't be told from fewer than 14 | – |"), "\(page)")
    let uneven = try Self.contents([Self.record("rtn", 0.4), Self.record("smoothquant", 0.5)])
    #expect(uneven.marginPower(0.0005).allSatisfy { $0.needed == nil })
    let words = try #require(uneven.marginPowerPage(0.0005))
    #expect(
      words.contains("| &gt; 200\u{202F}000 | – |") || words.contains("| > 200\u{202F}000 | – |"))
  }
}
