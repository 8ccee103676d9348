import JSONText
import Records
import Reporting
import Statistics
import TestSupport
import Testing
import Vocabulary

/// Tables with several models, texts, tasks and seeds.
@Suite struct PanelTableTests {
  static let grid = Grid(
    table: "table2", title: "Two models, two texts, one task",
    rows: [
      GridRow(key: "full-precision", label: "Full precision", method: "full-precision"),
      GridRow(key: "rtn-w4", label: "RTN W4A4", method: "rtn", bits: "W4A4"),
      GridRow(
        key: "zeroqat-w4", label: "ZeroQAT W4A4", method: "zeroqat", bits: "W4A4",
        seeds: [1, 2, 3]),
      GridRow(key: "rtn-w2", label: "RTN W2A16", method: "rtn", bits: "W2A16"),
    ],
    columns: [
      GridColumn(
        key: "a-wiki", label: "Wiki", metric: .perplexity, model: "a", text: "wiki"),
      GridColumn(key: "a-c4", label: "C4", metric: .perplexity, model: "a", text: "c4"),
      GridColumn(
        key: "b-wiki", label: "Wiki", metric: .perplexity, model: "b", text: "wiki"),
      GridColumn(
        key: "a-mean", label: "Mean", metric: .accuracy, model: "a", tasks: ["one", "two"],
        stage: .finetuning),
    ],
    scales: GridScales(
      small: GridScale(
        models: ["a": "toy"], protocols: ["books-512"],
        texts: ["wiki": ["books-512"], "c4": ["c4-512"], "one": ["one"], "two": ["two"]],
        testWindows: 10, developmentWindows: 10)),
    models: ["a": "Llama-A", "b": "Llama-B"],
    texts: ["wiki": "WikiText-2", "c4": "C4", "one": "First task", "two": "Second task"],
    reference: "rtn-w4")

  static let paper = PaperTable(
    table: "table2",
    paper: PaperReference(
      id: "arXiv:2509.00031", version: "v2", title: "T", model: "Llama-A and B"),
    captionNote: "None.", footnotes: [],
    cells: [
      Fixtures.paperCell("rtn-w4", "a-wiki", "30.0"),
      Fixtures.paperCell("zeroqat-w4", "a-wiki", "12.0"),
      Fixtures.paperCell("rtn-w2", "a-wiki", "5.0"),
      Fixtures.paperCell("zeroqat-w4", "b-wiki", "11.0"),
    ])

  static func record(
    _ row: String, _ column: String, _ method: String, bits: BitsLabel, windows: [Double],
    seed: UInt64 = 1
  ) -> RunRecord {
    var record = Fixtures.record(row, column, bits: bits, windows: windows, seed: seed)
    record.cell.method.name = method
    return record
  }

  /// Outcomes of eight examples; `right` of them right.
  static func answered(
    _ row: String, _ method: String, task: String, bits: BitsLabel, right: [Double], seed: UInt64
  ) -> RunRecord {
    var record = record(row, "a-mean", method, bits: bits, windows: Fixtures.windows, seed: seed)
    record.cell.address.task = task
    record.cell.id = Fixtures.hex("\(row) \(task) \(seed)")
    record.cell.protocolSettings.id = "books-512+\(task)"
    record.digests = [NamedText("tokens.test", Fixtures.hex(task))]
    let statistics = SampleMean(right)
    record.scores = [
      Score(
        split: "test", task: task, metric: "accuracy", value: statistics.mean,
        standardError: statistics.standardError, outcomes: right, scoredTokens: 80)
    ]
    return record
  }

  static var records: [RunRecord] {
    var records = [
      record("full-precision", "a-wiki", "full-precision", bits: "FP", windows: Fixtures.windows),
      record(
        "full-precision", "a-c4", "full-precision", bits: "FP", windows: Fixtures.shifted(0.3)),
      record("rtn-w4", "a-wiki", "rtn", bits: "W4A4", windows: Fixtures.shifted(0.9)),
      record("rtn-w2", "a-wiki", "rtn", bits: "W2A16", windows: Fixtures.shifted(5)),
      record("rtn-w4", "a-c4", "rtn", bits: "W4A4", windows: Fixtures.shifted(1.3)),
    ]
    for (seed, shift) in [(1, 0.50), (2, 0.55), (3, 0.48)] as [(UInt64, Double)] {
      records.append(
        record(
          "zeroqat-w4", "a-wiki", "zeroqat", bits: "W4A4",
          windows: Fixtures.shifted(shift, wobble: Double(seed)), seed: seed))
    }
    for index in records.indices where records[index].cell.address.column == "a-c4" {
      records[index].cell.protocolSettings.id = "c4-512"
      records[index].digests = [NamedText("tokens.test", Fixtures.hex("another text"))]
    }
    for task in ["one", "two"] {
      records.append(
        answered(
          "full-precision", "full-precision", task: task, bits: "FP",
          right: [1, 1, 1, 1, 1, 0, 1, 1], seed: 1))
      records.append(
        answered(
          "rtn-w4", "rtn", task: task, bits: "W4A4", right: [0, 1, 0, 1, 0, 0, 1, 0], seed: 1))
      for seed in [1, 2, 3] as [UInt64] {
        records.append(
          answered(
            "zeroqat-w4", "zeroqat", task: task, bits: "W4A4",
            right: [1, 1, 0, 1, seed == 2 ? 0 : 1, 0, 1, 1], seed: seed))
      }
    }
    return records
  }

  static func contents(
    grid: Grid = Self.grid, model: ModelManifest = Fixtures.model,
    _ records: [RunRecord] = Self.records
  ) throws -> TableContents {
    let toy = PanelManifests(model: model, text: Fixtures.text)
    var panels: [GridPanel: PanelManifests] = [:]
    for column in grid.columns where column.model == "a" {
      for panel in grid.panels(of: column) { panels[panel] = toy }
    }
    return try TableContents(
      grid: grid, scale: .small, panels: panels, paper: Self.paper, records: records)
  }

  @Test func conditionsOfOnePanelOfSeveralNameIt() throws {
    let text = try Self.contents(
      Self.records.filter { $0.cell.address.column == "a-c4" }
    ).markdown()
    let rows = text.split(separator: "\n").filter {
      $0.contains("rain text |") || $0.contains(": protocol")
    }
    #expect(rows.count == 2 && rows.allSatisfy { $0.hasPrefix("| Llama-A, C4: ") }, "\(rows)")
    #expect(!text.contains("| all that ran:"))
  }

  @Test func aTableOfPanels() throws {
    try expectSnapshot(Self.contents().markdown(), "panels.md")
  }

  @Test func figuresOfOtherPapersAreMarked() throws {
    var paper = Self.paper
    paper.cells[0].confidence = .elsewhere
    let text = try TableContents(
      grid: Self.grid, scale: .small, panels: [:], paper: paper, records: []
    ).markdown()
    #expect(text.contains("| 30.0° |"))
    #expect(text.contains("| 12.0 |"))
    #expect(
      text.contains(
        "° another paper's figure for this method and setting; not seen in this one"))
    #expect(!(try Self.contents().markdown()).contains("°"))
  }

  @Test func aTaskThatNothingStandsForIsSaidAndLeftOut() throws {
    var grid = Self.grid
    grid.scales.small?.texts["two"] = nil
    let named = Self.records.filter { $0.cell.address.task != "two" }
    let contents = try Self.contents(grid: grid, named)
    let score = try #require(contents.entry(row: "zeroqat-w4", column: "a-mean")?.score)
    #expect(score.parts.count == 1)
    #expect(
      contents.markdown().contains(
        "of the column's 2 tasks, only what stands for First task"))
  }

  @Test func aTaskThatNoCellIsOfIsLeftOutForAllRows() throws {
    let one = Self.records.filter { $0.cell.address.task != "two" }
    let contents = try Self.contents(one)
    let score = try #require(contents.entry(row: "zeroqat-w4", column: "a-mean")?.score)
    #expect(score.parts.count == 1)
    #expect(
      contents.markdown().contains("of the column's 2 tasks, only what stands for First task"))
    // As soon as one row has the other task, a row without it has no mean.
    let some = Self.records.filter {
      $0.cell.address.task != "two" || $0.cell.method.name != "zeroqat"
    }
    let entry = try #require(try Self.contents(some).entry(row: "zeroqat-w4", column: "a-mean"))
    guard case .notRun(let reason) = entry.state else {
      Issue.record("\(entry.state)")
      return
    }
    #expect(reason.hasPrefix("3 of 6 cells; two, seed 1: "))
  }

  @Test func rowsOfOtherBitsAreNotRankedAgainst() throws {
    let pairs = try Self.contents().rankedPairs(inColumn: "a-wiki")
    // RTN at 2 bits is printed as better than both at 4 bits, which is nobody's claim.
    #expect(pairs.map(\.better.key) == ["zeroqat-w4"])
    #expect(pairs.map(\.worse.key) == ["rtn-w4"])
  }

  @Test func anAccuracyIsTheMeanOfItsTasksAndSeeds() throws {
    let entry = try #require(try Self.contents().entry(row: "zeroqat-w4", column: "a-mean"))
    let score = try #require(entry.score)
    // 6, 5 and 6 of 8 right, on each of two tasks.
    #expect((score.value - 100 * (6.0 + 5 + 6) / 24).magnitude < 1e-12)
    #expect(score.parts.count == 2 && score.seeds == 3 && score.records.count == 6)
    // Seeds 75, 62.5, 75: variance 625/12, of the mean over 3 seeds and 2 independent tasks.
    let seedError = (625.0 / 12 / 3 / 2).squareRoot()
    #expect((try #require(score.seedError) - seedError).magnitude < 1e-12)
  }

  @Test func twoPanelsMayHaveTwoTextsButOnePanelMayNot() throws {
    var records = Self.records
    records[4].digests = [NamedText("tokens.test", Fixtures.hex("a third"))]
    let error = #expect(throws: ReportingError.self) { try Self.contents(records) }
    #expect(
      error?.description.hasPrefix("one table can't mix two values of 'test token stream'") == true)
  }

  @Test func onePanelsMissedAnchorLeavesTheOthersAlone() throws {
    var model = Fixtures.model
    model.anchors.append(
      Anchor(
        protocolID: "c4-512", testWindows: 10, perplexity: 12, relativeTolerance: 0.01,
        source: "elsewhere"))
    let contents = try Self.contents(model: model)
    guard case .withheld = try #require(contents.entry(row: "rtn-w4", column: "a-c4")).state else {
      Issue.record("a quantized score beside a full precision that misses its anchor")
      return
    }
    #expect(contents.entry(row: "rtn-w4", column: "a-wiki")?.score != nil)
  }

  @Test func aTaskThatContradictsItsOutcomesIsRefused() throws {
    var records = Self.records
    records[8].scores[0].value = 0.5
    let error = #expect(throws: ReportingError.self) { try Self.contents(records) }
    #expect(
      error?.description.contains(
        "row 'full-precision', column 'a-mean', seed 1 contradicts itself: one value: "
          + "expected 0.875 by its examples, found 0.5; it was edited or damaged") == true)
  }

  @Test func aTaskWhoseExamplesWereMissingIsNotRun() throws {
    var records = Self.records
    records[8].scores = []
    let entry = try #require(
      try Self.contents(records).entry(row: "full-precision", column: "a-mean"))
    guard case .notRun(let reason) = entry.state else {
      Issue.record("expected not run, found \(entry.state)")
      return
    }
    #expect(reason.hasPrefix("the examples of one weren't there when record "))
  }

  @Test func aCellThatServesTwoPlacesNeedsOneRecord() throws {
    var grid = Self.grid
    grid.scales.small?.models["b"] = "toy"
    // Llama-B is stood in for by the same model: its cells are those of Llama-A.
    let contents = try Self.contents(grid: grid)
    let a = try #require(contents.entry(row: "rtn-w4", column: "a-wiki")?.score)
    let b = try #require(contents.entry(row: "rtn-w4", column: "b-wiki")?.score)
    #expect(a.value == b.value)
    #expect(b.records[0].cell.address.column == "b-wiki")
  }

  @Test func memoryIsAClosedForm() throws {
    let column = GridColumn(
      key: "memory", label: "Memory", metric: .memory, model: "a", text: "wiki")
    var grid = Self.grid
    grid.columns = [grid.columns[0], column]
    // Of equal panels, one cell serves both columns.
    #expect(grid.points(at: .small).allSatisfy { $0.columns == ["a-wiki", "memory"] })
    var records = Array(Self.records.prefix(4)).filter { $0.cell.address.column == "a-wiki" }
    // OPT's Q and V are a sixth of the block's weights: 1/6 + 5/6 · 4/16 = 0.375, the paper's 38 %.
    records[1].facts = [
      NamedNumber("linear parameters", 600, unit: ""),
      NamedNumber("unpacked parameters", 100, unit: ""),
    ]
    let paper = PaperTable(
      table: "table2", paper: Self.paper.paper, captionNote: "", footnotes: [], cells: [])
    let contents = try TableContents(
      grid: grid, scale: .small, panels: [:], paper: paper, records: records)
    #expect(contents.entry(row: "rtn-w4", column: "memory")?.score?.value == 37.5)
    #expect(contents.entry(row: "full-precision", column: "memory")?.score?.value == 100)
    // Trained in eight bits: 1/12 + 5/6 · 4/16.
    records[1].cell.method.options = .object([.init("weightType", .string("int8"))])
    let eight = try TableContents(
      grid: grid, scale: .small, panels: [:], paper: paper, records: records)
    let share = try #require(eight.entry(row: "rtn-w4", column: "memory")?.score?.value)
    #expect((share - 100 * (1.0 / 12 + 5.0 / 24)).magnitude < 1e-12)
    // No figure rather than one of another type's width.
    records[1].cell.method.options = .object([.init("weightType", .string("float8"))])
    let unknown = try TableContents(
      grid: grid, scale: .small, panels: [:], paper: paper, records: records)
    #expect(unknown.entry(row: "rtn-w4", column: "memory")?.score == nil)
  }
}
