import JSONText
import Records
import Reporting
import TestSupport
import Testing
import Vocabulary

@Suite struct TableRendererTests {
  static func render(
    _ records: [RunRecord] = Fixtures.records, scale: Scale = .small,
    model: ModelManifest? = Fixtures.model, plots: [String] = []
  ) throws -> String {
    try renderTable(
      grid: Fixtures.grid, scale: scale, model: model, text: Fixtures.text, paper: Fixtures.paper,
      records: records, notRun: Fixtures.notRun, plots: plots)
  }

  @Test func aTableWithEveryKindOfEntry() throws {
    try expectSnapshot(
      Self.render(plots: ["trajectory-zeroqat-ppl-w4a4.svg"]), "every-kind.md")
  }

  @Test func anExcerptForAFrontPage() throws {
    let text = try CSVExportTests.contents().excerpt(link: "tables/table2/table.md")
    try expectSnapshot(text, "excerpt.md")
    #expect(!text.contains("(#"))
  }

  @Test func aTableWithoutAnyRecord() throws {
    try expectSnapshot(Self.render([], model: nil), "nothing-ran.md")
  }

  @Test func quantizedCellsAreWithheldWhenTheAnchorIsMissed() throws {
    var model = Fixtures.model
    model.anchors[0].perplexity = 28
    let text = try Self.render(model: model)
    #expect(text.contains("27.61 against 28.00 ± 0.1 %: **missed**, quantized cells are withheld"))
    #expect(text.contains("| RTN | – | withheld<sup>1</sup> |"))
    #expect(!text.contains("91.65") && !text.contains("30.51"))
  }

  @Test func aCellThatNeedsMoreMemoryThanThereIsSaysSo() throws {
    var records = Fixtures.records
    records[1] = Fixtures.ended(
      "rtn", "ppl-w6a6", bits: "W6A6", status: .tooLarge,
      reason: "needs 48.1 GiB by the memory model (44.9 weights, …); this machine has 23.4 GiB")
    let text = try Self.render(records)
    #expect(text.contains("| too large<sup>"))
    #expect(
      text.contains(
        "too large: needs 48.1 GiB by the memory model (44.9 weights, …); this machine has 23.4 GiB"
      ))
    #expect(text.contains("1 too large for the machine"))
    #expect(text.contains("| RTN W6A6 | – | too large | – |"))
    records[0] = Fixtures.ended(
      "full-precision", "ppl-w6a6", bits: "FP", status: .tooLarge, reason: "needs 50.0 GiB")
    #expect(
      try Self.render(records).contains("the full-precision cell was too large for the machine"))
  }

  @Test func quantizedCellsAreWithheldWithoutFullPrecision() throws {
    let text = try Self.render(Array(Fixtures.records.dropFirst()))
    #expect(
      text.contains(
        "| Full-precision anchor | the full-precision cell was not run; quantized cells are "
          + "withheld |"))
    #expect(text.contains("not run (withheld: the full-precision cell was not run)"))
  }

  @Test func renderingIsAPureFunctionOfTheRecords() throws {
    let once = try Self.render()
    #expect(try Self.render(Fixtures.records.reversed()) == once)
    #expect(!once.contains("/home/someone"))
    #expect(!once.contains("2026-11-21"))
  }

  @Test func aValueUnderAnothersKeyChangesTheTable() throws {
    let honest = try Self.render()
    var swapped = Fixtures.records
    let (a, b) = (swapped[1].scores, swapped[4].scores)
    (swapped[1].scores, swapped[4].scores) = (b, a)
    #expect(try Self.render(swapped) != honest)
    for index in swapped.indices where swapped[index].status == .finished {
      var records = Fixtures.records
      records[index].scores[0] = Fixtures.score(
        records[index].scores[0].windowNLL.map { $0! + 0.02 })
      // A trained record keeps its windows twice.
      for point in records[index].trajectory.indices {
        records[index].trajectory[point].testWindowNLL =
          records[index].trajectory[point].testWindowNLL.map { $0! + 0.02 }
      }
      #expect(try Self.render(records) != honest, "record \(index)")
    }
  }

  /// One window says nothing about another text: its error is undefined, not zero.
  @Test func oneWindowHasNoError() throws {
    var record = Fixtures.record("full-precision", "ppl-w6a6", bits: "FP", windows: [3])
    for stored in [nil, 0.0] {
      record.scores[0].standardErrorNLL = stored
      let text = try Self.render([record], model: nil)
      #expect(text.contains("| Full precision | 5.47 | 20.09 ± – |"))
      #expect(text.contains("| Full precision | test | 20.085537 | 3 | – | – | 1 |"))
      #expect(!text.contains("± 0.00"))
      let csv = try CSVExportTests.contents([record]).csv
      #expect(csv.contains(",20.085536923187668,,3.0,"))
    }
  }

  @Test func aRoundingFloorThatPrintsAsZeroIsLeftOut() throws {
    func text(_ floor: Double) throws -> String {
      try Self.render(
        [
          Fixtures.record("full-precision", "ppl-w6a6", bits: "FP", windows: Fixtures.windows),
          Fixtures.record(
            "rtn", "ppl-w6a6", bits: "W6A6", windows: Fixtures.shifted(0.2), alternative: floor),
        ])
    }
    #expect(!(try text(0.0004)).contains("rounding floor 0"))
    #expect(
      try text(0.0006).contains("rounding floor 0.0006 nats per token (±0.1 % of perplexity)"))
  }

  /// The fixtures' records in a grid without the row that isn't built.
  static func complete(
    _ records: [RunRecord] = Fixtures.records, committed: [RunRecord] = []
  ) throws -> String {
    var grid = Fixtures.grid
    grid.rows.removeAll { $0.planned }
    return try TableContents(
      grid: grid, scale: .small,
      panels: [GridPanel(): PanelManifests(model: Fixtures.model, text: Fixtures.text)],
      records: records, committed: committed, notRun: Fixtures.notRun
    ).markdown()
  }

  @Test func boldNeedsTheRunnerUpToBeBeaten() throws {
    let honest = try Self.complete()
    // W4A4: ZeroQAT far ahead of SmoothQuant. W6A6: level with it.
    #expect(honest.contains("**91.65 ±"))
    #expect(!honest.contains("**30."))
  }

  /// The best of the rows that somebody ran isn't the best of the table.
  @Test func nothingIsBoldWhileARowIsMissing() throws {
    // OmniQuant isn't built.
    #expect(!(try Self.render()).contains("**91.65"))
    let withoutSmoothQuant = Fixtures.records.filter {
      $0.cell.address.row != "smoothquant" || $0.cell.address.column != "ppl-w4a4"
    }
    let text = try Self.complete(withoutSmoothQuant)
    #expect(text.contains("| 91.65 ±") && !text.contains("**91.65"))
    // The other columns have all their rows.
    #expect(text.contains("**9.1e3 ±"))
  }

  @Test func committedRecordsStandMarkedWhereNothingWasRun() throws {
    let own = Fixtures.records.filter {
      ["full-precision", "zeroqat"].contains($0.cell.address.row)
    }
    let alone = try Self.complete(own)
    #expect(alone.contains("| SmoothQuant | – | not run") && !alone.contains("**91.65"))
    let text = try Self.complete(own, committed: Fixtures.records)
    let row = try #require(
      text.split(separator: "\n").first { $0.hasPrefix("| SmoothQuant | – | 30.51") })
    #expect(row.contains("1.4e3 ± 9.8e1<sup>"))
    #expect(text.contains("</sup> the committed record; not measured again here"))
    #expect(text.contains("**91.65 ±"))
    // What was run here isn't marked, whatever is committed.
    #expect(try Self.complete(Fixtures.records, committed: Fixtures.records) == Self.complete())
  }

  @Test func seedsAreAveragedAndOneDivergenceDecides() throws {
    var grid = Fixtures.grid
    grid.rows[4].seeds = [1, 2]
    func render(_ second: RunRecord) throws -> String {
      try renderTable(
        grid: grid, scale: .small, paper: Fixtures.paper,
        records: [
          Fixtures.records[0],
          Fixtures.trained(
            "ppl-w4a4", bits: "W4A4", start: Fixtures.shifted(1.5), chosen: Fixtures.shifted(1.0)),
          second,
        ])
    }
    let both = try render(
      Fixtures.trained(
        "ppl-w4a4", bits: "W4A4", start: Fixtures.shifted(1.5), chosen: Fixtures.shifted(1.2),
        seed: 2))
    let mean = exponential(3.318 + 1.1)
    #expect(both.contains("| ZeroQAT | 5.76 | not run"))
    #expect(both.contains("12.95 | \((mean * 100).rounded() / 100) ±"))
    #expect(both.contains("mean NLL over 2 seeds"))
    #expect(both.contains("ZeroQAT W4A4, seed 2"))
    var broken = Fixtures.ended(
      "zeroqat", "ppl-w4a4", bits: "W4A4", status: .diverged, reason: "NaN at step 3, layer 0")
    broken.cell.address.seed = 2
    #expect(try render(broken).contains("diverged: seed 2: NaN at step 3, layer 0"))
  }

  @Test func aPaperScaleMatchNeedsThePapersProtocol() throws {
    func record(_ row: String, _ column: String, _ bits: BitsLabel, _ perplexity: Double)
      -> RunRecord
    {
      let mean = logarithm(perplexity)
      var record = Fixtures.record(
        row, column, bits: bits, windows: Fixtures.wobble.map { mean + $0 })
      record.cell.address.scale = "paper"
      record.cell.protocolSettings.id = "wikitext2-2048"
      record.cell.protocolSettings.testWindows = nil
      return record
    }
    let records = [
      record("full-precision", "ppl-w6a6", "FP", 5.48), record("zeroqat", "ppl-w4a4", "W4A4", 13.4),
      record("smoothquant", "ppl-w4a4", "W4A4", 60),
    ]
    let text = try Self.render(records, scale: .paper, model: nil)
    #expect(text.contains("> **Paper scale: toy.**"))
    #expect(text.contains("| match: +0.2 % |"))
    #expect(text.contains("| same ranking 1/1 pairs |"))
    var shortened = records
    for index in shortened.indices { shortened[index].cell.protocolSettings.testWindows = 10 }
    let other = try Self.render(shortened, scale: .paper, model: nil)
    #expect(
      other.contains("> **Substituted protocol: toy, but not the paper's text and windows.**"))
    #expect(!other.contains("match:"))
  }
}
