import JSONText
import Records
import Reporting
import TestSupport
import Testing
import Vocabulary

/// "What held, what didn't": every branch on hand-made tables.
@Suite struct HeldSectionTests {
  /// The section of a table, without its heading's siblings; nil when there is none.
  static func section(of text: String) -> String? {
    guard let start = text.firstRange(of: "## What held, what didn't\n\n")?.upperBound else {
      return nil
    }
    let rest = text[start...]
    return String(rest[..<(rest.firstRange(of: "\n\n## ")?.lowerBound ?? rest.endIndex)])
  }

  static func section(
    _ records: [RunRecord] = Fixtures.records, grid: Grid = Fixtures.grid,
    paper: PaperTable? = Fixtures.paper, notRun: [CellAddress: String] = Fixtures.notRun
  ) throws -> String? {
    section(
      of: try renderTable(
        grid: grid, scale: .small, paper: paper, records: records, notRun: notRun))
  }

  /// W4A4 alone, all methods with a printed value and records of these shifts.
  static func column(
    _ shifts: [(row: String, shift: Double, wobble: Double)], paper values: [String: String]
  ) throws -> String {
    var grid = Fixtures.grid
    grid.columns = [grid.columns[2]]
    var paper = Fixtures.paper
    paper.cells = values.keys.sorted().map {
      Fixtures.paperCell($0, "ppl-w4a4", values[$0] ?? "")
    }
    let records =
      [Fixtures.record("full-precision", "ppl-w4a4", bits: "FP", windows: Fixtures.windows)]
      + shifts.map {
        Fixtures.record(
          $0.row, "ppl-w4a4", bits: "W4A4", windows: Fixtures.shifted($0.shift, wobble: $0.wobble))
      }
    return try #require(try section(records, grid: grid, paper: paper, notRun: [:]))
  }

  static let values = ["rtn": "30", "smoothquant": "20", "omniquant": "15", "zeroqat": "10"]

  @Test func supportedOrdersAreNamedOnOneLine() throws {
    let text = try Self.column(
      [("rtn", 0.9, 1), ("smoothquant", 0.6, 2), ("omniquant", 0.4, 3), ("zeroqat", 0.2, 0.5)],
      paper: Self.values)
    #expect(
      text == """
        Of 6 orders of two methods that the paper prints and both sides have, 6 stand as in the \
        paper and the paired test supports it, 0 stand so without its support, 0 are **reversed \
        with its support**, 0 are reversed without support or tied.

        6 of these orders rest on paired tests and are read together, so that the p which decides is **Holm's**: \
        corrected for their number, below 0.05. The uncorrected p stands before it. "Would have been seen" is the \
        smallest true difference that this test supports with a chance of 80 % (the same correction included).

        **Held**

        - PPL W4A4 ↓: ZeroQAT before OmniQuant, SmoothQuant, RTN; OmniQuant before SmoothQuant, \
        RTN; SmoothQuant before RTN
        """)
  }

  @Test func reversalsTiesAndWeakOrdersAreToldApart() throws {
    let text = try Self.column(
      [("rtn", 0.2, 1), ("smoothquant", 0.9, 2), ("omniquant", 0.9005, 0.5), ("zeroqat", 0.9, 2)],
      paper: Self.values)
    #expect(
      text.hasPrefix(
        "Of 6 orders of two methods that the paper prints and both sides have, 0 stand as in the "
          + "paper and the paired test supports it, 1 stands so without its support, 3 are "
          + "**reversed with its support**, 2 are reversed without support or tied.\n\n6 of these orders rest on"
      ))
    #expect(
      text.contains(
        "**Didn't hold**\n\n- PPL W4A4 ↓: the paper has ZeroQAT before RTN, here it is the "
          + "other way round (p &lt; 0.001, Holm's p &lt; 0.001); the paper has OmniQuant before RTN, here"
      ))
    #expect(!text.contains("**Held**"))
    #expect(
      text.contains(
        "**Undecided**\n\n- PPL W4A4 ↓: ZeroQAT before OmniQuant stands (−0.0005 ± 0.0061 nats; a "
          + "difference of 0.0234 would have been seen; p = 0.94, Holm's p = 1.00); ZeroQAT before "
          + "SmoothQuant is tied (0.0000 ± 0.0000 nats; no error can be estimated, as all differ by the "
          + "same; p = 1.00, Holm's p = 1.00); OmniQuant before SmoothQuant is reversed (+0.0005 ± 0.0061"
      ))
  }

  @Test func aDivergenceNeedsNoTest() throws {
    let text = try #require(
      try Self.section(Self.withPrintedRTN.records, paper: Self.withPrintedRTN.paper))
    #expect(text.contains("ZeroQAT before SmoothQuant, RTN; SmoothQuant before RTN"))
    #expect(text.contains("A method that diverged is worse than any that didn't"))
  }

  static let withPrintedRTN: (records: [RunRecord], paper: PaperTable) = {
    var paper = Fixtures.paper
    paper.cells.append(Fixtures.paperCell("rtn", "ppl-w4a4", "200"))
    return (Fixtures.records, paper)
  }()

  /// One window has no paired test: the order is there, but nothing supports it.
  @Test func oneWindowSupportsNothing() throws {
    var grid = Fixtures.grid
    grid.columns = [grid.columns[2]]
    let records = [
      ("full-precision", "FP", 3.0), ("smoothquant", "W4A4", 3.2), ("zeroqat", "W4A4", 3.5),
    ]
    .map { Fixtures.record($0.0, "ppl-w4a4", bits: $0.1, windows: [$0.2]) }
    let text = try #require(try Self.section(records, grid: grid, paper: Fixtures.w4a4Paper))
    #expect(text.contains("0 are **reversed with its support**, 1 is reversed without"))
    #expect(
      text.contains(
        "ZeroQAT before SmoothQuant is reversed (no paired test: fewer than two windows or "
          + "examples)"))
  }

  @Test func trainingIsHeldAgainstItsOwnStart() throws {
    let text = try #require(try Self.section())
    // W2A16 and W4A4 gain, W6A6 does not.
    #expect(
      text.contains(
        "Zeroth-order training against its own initialisation: in 2 of 3 cells it beat it with the "
          + "paired test's support, in 0 it made it worse, in 1 no difference was measurable or "
          + "development chose step 0."))
    var records = Fixtures.records
    records[9] = Fixtures.trained(
      "ppl-w4a4", bits: "W4A4", start: Fixtures.shifted(1.0, wobble: 3),
      chosen: Fixtures.shifted(1.2, wobble: 2))
    #expect(
      try #require(try Self.section(records)).contains(
        "in 1 of 3 cells it beat it with the paired "
          + "test's support, in 1 it made it worse, in 1 no difference"))
    records[9].trajectory[0].testWindowNLL[3] = nil
    #expect(
      try #require(try Self.section(records)).contains(
        "in 1 of 3 cells it beat it with the paired test's support, in 0 it made it worse, in 1 no "
          + "difference was measurable or development chose step 0; in 1 the record doesn't hold"))
  }

  /// Two rows whose options come to the same are one cell, shown twice.
  @Test func aCellThatIsShownTwiceIsCountedOnce() throws {
    var grid = Fixtures.grid
    grid.rows.append(GridRow(key: "again", label: "Again", method: "zeroqat"))
    var again = Fixtures.records[9]
    again.cell.address.row = "again"
    func text(_ record: RunRecord) throws -> String {
      try #require(try Self.section(Fixtures.records + [record], grid: grid))
    }
    #expect(try text(again).contains("in 2 of 3 cells it beat it"))
    again.cell.id = Fixtures.hex("again")
    #expect(try text(again).contains("in 3 of 4 cells it beat it"))
  }

  @Test func aGainWithinTheRoundingFloorIsNone() throws {
    var records = Fixtures.records
    records[9] = Fixtures.trained(
      "ppl-w4a4", bits: "W4A4", start: Fixtures.shifted(1.22, wobble: 2),
      chosen: Fixtures.shifted(1.2, wobble: 1.9), alternative: -0.031)
    #expect(
      try #require(try Self.section(records)).contains("in 1 of 3 cells it beat it"))
  }

  @Test func rowsAreHeldAgainstTheGridsReference() throws {
    var grid = Fixtures.grid
    grid.columns = [grid.columns[2]]
    grid.reference = "zeroqat"
    grid.rows.append(GridRow(key: "both", label: "Both", method: "zeroqat"))
    func text(_ shift: Double, wobble: Double) throws -> String {
      let weights = Fixtures.trained(
        "ppl-w4a4", bits: "W4A4", start: Fixtures.shifted(1.5), chosen: Fixtures.shifted(1.2))
      var both = Fixtures.trained(
        "ppl-w4a4", bits: "W4A4", start: Fixtures.shifted(1.5),
        chosen: Fixtures.shifted(shift, wobble: wobble))
      both.cell.address.row = "both"
      both.cell.id = Fixtures.hex("both")
      return try #require(
        try Self.section(
          [
            Fixtures.record(
              "full-precision", "ppl-w4a4", bits: "FP", windows: Fixtures.windows),
            Fixtures.record(
              "rtn", "ppl-w4a4", bits: "W4A4", windows: Fixtures.shifted(2)), weights, both,
          ], grid: grid, paper: nil, notRun: [:]))
    }
    // RTN isn't trained and so not in the list.
    #expect(
      try text(1.1, wobble: 2).contains(
        "Against **ZeroQAT**:\n\n- PPL W4A4 ↓: Both is **better** (−0.1000 ± 0.0041 nats per "
          + "token, p &lt; 0.001)\n\nWithout"))
    #expect(try text(1.3, wobble: 2).contains("Both is **worse** (+0.1000 ± 0.0041"))
    #expect(
      try text(1.2005, wobble: 2).contains(
        "Both does not measurably differ (+0.0005 ± 0.0041 nats per token, p = 0.91, not "
          + "significant; a difference of 0.0128 would have been seen)"))
  }

  @Test func missingNumbersAreCountedByReason() throws {
    let text = try #require(try Self.section())
    #expect(
      text.hasSuffix(
        "Without a number are 10 of 20 entries: 5 not run: fine-tuning not built yet; 3 not run: "
          + "method not built yet; 1 diverged; 1 failed: cannot read 'train.txt': no such file."))
    let long = "the dataset rte " + String(repeating: "isn't here ", count: 20)
    let cut = try #require(
      try Self.section(notRun: Fixtures.notRun.mapValues { _ in long }))
    #expect(cut.contains("3 not run: the dataset rte isn't here"))
    #expect(cut.contains("isn't here isn't…; 1 ") && !cut.contains(long))
  }

  @Test func aTableThatRanksNothingSaysWhy() throws {
    #expect(
      try #require(try Self.section(paper: nil)).hasPrefix(
        "This table ranks nothing: the paper prints no value for any of its quantized cells."))
    #expect(
      try #require(try Self.section([])).hasPrefix(
        "This table ranks nothing: in no column do two methods of the same bits have both a number "
          + "in the paper and one here, with a difference between them."))
  }

  @Test func aTableOfOneRowHasNoOrders() throws {
    var grid = Fixtures.grid
    grid.rows = [grid.rows[0], grid.rows[1]]
    grid.columns = [grid.columns[0]]
    var paper = Fixtures.paper
    paper.cells = []
    #expect(
      try Self.section(
        Array(Fixtures.records.prefix(2)), grid: grid, paper: paper, notRun: [:]) == nil)
  }
}
