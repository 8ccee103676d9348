import Records
import Reporting
import TestSupport
import Testing
import Vocabulary

/// Columns that are about the process of a cell: peak memory and the time of an update.
@Suite struct ProcessScoreTests {
  private static let grid = {
    var grid = Fixtures.grid
    grid.columns = [
      GridColumn(key: "memory", label: "Toy ↓", metric: .peakMemory, bits: "W4A4"),
      GridColumn(key: "time", label: "Toy ↓", metric: .updateTime, bits: "W4A4"),
    ]
    grid.rows.removeFirst()
    return grid
  }()

  private static let paper = PaperTable(
    table: "table2", paper: Fixtures.paper.paper, captionNote: "", footnotes: [],
    cells: [
      Fixtures.paperCell("rtn", "memory", "5.9"), Fixtures.paperCell("zeroqat", "memory", "0.8"),
      Fixtures.paperCell("rtn", "time", "0.69"), Fixtures.paperCell("zeroqat", "time", "0.31"),
    ])

  /// A cell that peaked at so many bytes and had updates of so many seconds.
  private static func record(
    _ row: String, peak: Int, predicted: Int? = nil, seconds: [Double]
  ) -> RunRecord {
    var record = Fixtures.record(row, "memory", bits: "W4A4", windows: Fixtures.windows)
    record.measurement?.peakResidentBytes = peak
    record.measurement?.analyticBytes = predicted
    record.measurement?.updates = UpdateTimes(seconds)
    return record
  }

  private static func contents(_ records: [RunRecord]) throws -> TableContents {
    try TableContents(
      grid: grid, scale: .small, model: Fixtures.model, text: Fixtures.text, paper: paper,
      records: records)
  }

  @Test func bothColumnsShowOneCell() throws {
    let contents = try Self.contents([
      Self.record("rtn", peak: 3 << 30, predicted: 3_200_000_000, seconds: [2, 1, 3]),
      Self.record("zeroqat", peak: 3 << 29, predicted: 3 << 29, seconds: [0.5, 0.25]),
    ])
    let text = contents.markdown()
    #expect(text.contains("| RTN | 5.9 | 3.00 (2.98) |"))
    #expect(text.contains("| ZeroQAT | 0.8 | 1.50 (1.50) |"))
    #expect(text.contains("| RTN | 0.69 | 2.00 (1.00–3.00) |"))
    // The mean of the two in the middle.
    #expect(text.contains("| ZeroQAT | 0.31 | 0.38 (0.25–0.50) |"))
    #expect(text.contains("## Peak memory, GiB (lower is better)"))
    let lines = contents.csv.split(separator: "\n")
    #expect(lines.contains { $0.contains(",zeroqat,memory,peak_memory,") && $0.contains(",1.5,") })
    #expect(lines.contains { $0.contains(",zeroqat,time,update_time,") && $0.contains(",0.375,") })
  }

  @Test func memoryIsRankedFromTwoPercentOn() throws {
    func pair(_ peak: Int) throws -> RankedPair {
      try #require(
        try Self.contents([
          Self.record("rtn", peak: peak, seconds: [1]),
          Self.record("zeroqat", peak: 1_000_000_000, seconds: [1]),
        ]).rankedPairs(inColumn: "memory").first)
    }
    #expect(try pair(1_019_000_000).outcome == .agrees)
    #expect(try !pair(1_019_000_000).isSupported)
    #expect(try pair(1_021_000_000).isSupported)
    #expect(try pair(979_000_000).outcome == .reversed)
    #expect(try pair(979_000_000).isSupported)
  }

  @Test func timesAreRankedWhenTheirRangesDontMeet() throws {
    func pair(_ seconds: [Double]) throws -> RankedPair {
      try #require(
        try Self.contents([
          Self.record("rtn", peak: 1, seconds: seconds),
          Self.record("zeroqat", peak: 1, seconds: [1, 2, 4]),
        ]).rankedPairs(inColumn: "time").first)
    }
    #expect(try pair([3, 5]).outcome == .agrees)
    #expect(try !pair([3, 5]).isSupported)
    #expect(try pair([4.1, 5]).isSupported)
    #expect(try pair([0.1, 0.9]).outcome == .reversed)
    #expect(try pair([0.1, 0.9]).isSupported)
    // A single time has no range.
    #expect(try pair([9]).outcome == .agrees && !pair([9]).isSupported)
  }

  @Test func whatHasNoUpdatesHasNoTime() throws {
    let contents = try Self.contents([Self.record("rtn", peak: 1 << 30, seconds: [])])
    let entry = try #require(contents.entry(row: "rtn", column: "time"))
    #expect(
      entry.state
        == .notRun(reason: "the method has no updates of the whole model that could be timed"))
    #expect(contents.entry(row: "rtn", column: "memory")?.score?.value == 1)
    // A run that was resumed timed some of its updates only.
    var resumed = Self.record("rtn", peak: 1 << 30, seconds: [])
    resumed.measurement?.resumes = 1
    #expect(
      try Self.contents([resumed]).entry(row: "rtn", column: "time")?.state
        == .notRun(
          reason: "its run was interrupted and resumed, so that not every update was timed"))
  }

  @Test func whatWasTooLargeShowsItsPrediction() throws {
    var record = Self.record("rtn", peak: 1 << 20, predicted: 300 << 30, seconds: [])
    record.status = .tooLarge
    record.reason = "needs 300.0 GiB by the memory model (…); this machine has 23.4 GiB"
    record.scores = []
    let text = try Self.contents([record]).markdown()
    #expect(text.contains("| RTN | 5.9 | too large (300.00)<sup>1</sup> |"))
    #expect(text.contains("| RTN | 0.69 | too large<sup>1</sup> |"))
    #expect(
      text.contains(
        "<sup>1</sup> too large: needs 300.0 GiB by the memory model (…); this machine has 23.4 GiB"
      ))
    #expect(!text.contains("its own initialisation"))
    let lines = try Self.contents([record]).csv.split(separator: "\n")
    let line = try #require(lines.first { $0.contains(",rtn,memory,peak_memory,") })
    #expect(line.contains(",tooLarge,") && !line.contains(",0.0009765625,"))
    #expect(text.contains("| – | – | 307200 | – | – |"))
  }

  @Test func fullPrecisionThatDoesntFitWithholdsNothing() throws {
    var grid = Self.grid
    grid.rows.insert(Fixtures.grid.rows[0], at: 0)
    var plain = Self.record("full-precision", peak: 1 << 20, predicted: 300 << 30, seconds: [])
    plain.cell.bits = "FP"
    plain.status = .tooLarge
    plain.scores = []
    let contents = try TableContents(
      grid: grid, scale: .small, model: Fixtures.model, text: Fixtures.text, paper: Self.paper,
      records: [plain, Self.record("zeroqat", peak: 1 << 30, seconds: [1])])
    #expect(contents.entry(row: "zeroqat", column: "memory")?.score?.value == 1)
    #expect(contents.entry(row: "zeroqat", column: "time")?.score?.value == 1)
  }
}
