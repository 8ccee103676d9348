import JSONText
import Records
import Reporting
import TestSupport
import Testing

/// What two sets of records differ in.
@Suite struct ComparisonReportTests {
  private static func side(_ name: String, _ records: [String: RunRecord])
    -> ComparisonReport.Side
  { ComparisonReport.Side(name: name, records: records) }

  private static let trained = Fixtures.trained(
    "ppl-w6a6", bits: "W6A6", start: Fixtures.shifted(0.1), chosen: Fixtures.shifted(0.05))

  @Test func equalSidesAreEqual() throws {
    let record = Fixtures.record("rtn", "ppl-w4a4", bits: "W4A4", windows: Fixtures.windows)
    let report = try ComparisonReport(
      Self.side("A", ["x": record, "y": record]), Self.side("B", ["x": record, "y": record]))
    #expect(report.isAllIdentical && report.identical == 2 && report.differing.isEmpty)
    #expect(report.counts == "2 cells are equal to the last bit, 0 differ.")
    #expect(report.markdown() == "# Comparison\n\nA is A, B is B. \(report.counts)\n")
  }

  @Test("An interval's level is said, in words and in JSON")
  func level() throws {
    let a = Fixtures.record("rtn", "ppl-w4a4", bits: "W4A4", windows: GateReportTests.windows)
    let b = Fixtures.record(
      "rtn", "ppl-w4a4", bits: "W4A4", windows: GateReportTests.moved(0.01, noise: 0.02))
    let report = try ComparisonReport(Self.side("A", ["x": a]), Self.side("B", ["x": b]))
    let page = report.markdown()
    #expect(
      page.contains(
        "Intervals in brackets hold the true change 95 % of the time, by blocks of neighbouring windows; a gate's hold it "
          + "99.73 %, where its policy names no other level."), "\(page)")
    #expect(page.contains("change \\[95 %\\]") || page.contains("change [95 %]"), "\(page)")
    let root = try JSONDocument(text: Array(report.json.utf8), file: "json").root
    #expect(root["level"] == .number(0.025, text: "0.025"))
  }

  @Test func conditionsAloneAreNamedOnce() throws {
    let record = Fixtures.record("rtn", "ppl-w4a4", bits: "W4A4", windows: Fixtures.windows)
    var other = record
    other.cell.science.shared = Fixtures.hex("newer")
    other.measurement?.threads = 4
    let report = try ComparisonReport(
      Self.side("A", ["x": record, "y": record, "z": record]),
      Self.side("B", ["x": other, "y": other, "w": other]))
    #expect(!report.isAllIdentical && report.onlyInA == ["z"] && report.onlyInB == ["w"])
    #expect(report.harmless.map(\.cells) == [2, 2])
    #expect(report.harmless.map(\.condition.member) == ["/science/shared", "threads"])
    #expect(report.differing.isEmpty)
  }

  @Test("Where curves part, to the step")
  func curves() throws {
    var (a, b) = (Self.trained, Self.trained)
    a.zerothOrder?.probeLosses = [3, 2.9, 2.8, 2.7]
    b.zerothOrder?.probeLosses = [3, 2.9, 2.75, 2.6]
    b.trajectory[2].developmentWindowNLL[4] = 9
    a.series = [RunSeries("block error", per: "block", unit: "", x: [0, 1], y: [0.1, 0.2])]
    b.series = [
      RunSeries("block error", per: "block", unit: "", x: [0, 1, 2], y: [0.1, 0.2, 0.3])
    ]
    let difference = try RecordDifference("x", a, b)
    #expect(!difference.isIdentical)
    #expect(
      difference.curves.map(\.name) == [
        "mean loss of the probes", "development loss", "block error",
      ])
    #expect(difference.curves.map(\.parts) == [2, 100, 2])
    #expect(difference.curves[0].a == 2.8 && difference.curves[0].b == 2.75)
    #expect(difference.curves[2].a == nil && difference.curves[2].b == 0.3)
    #expect(try RecordDifference("x", a, a).curves.isEmpty)
  }

  @Test("Scores that can't be compared say why")
  func scores() throws {
    let a = Fixtures.record("rtn", "ppl-w4a4", bits: "W4A4", windows: Fixtures.windows)
    var b = a
    b.scores = [Fixtures.score(Array(Fixtures.windows.prefix(4)))]
    #expect(try RecordDifference("x", a, b).scores[0].obstacle == "10 windows in A, 4 in B")
    b.scores[0].windowNLL[0] = nil
    b.scores[0].windowNLL += Array(repeating: 3, count: 6)
    #expect(try RecordDifference("x", a, b).scores[0].obstacle == "not every window is finite")
    b.scores = []
    #expect(try RecordDifference("x", a, b).scores[0].obstacle == "B hasn't this score")
    #expect(try RecordDifference("x", b, a).scores[0].obstacle == "A hasn't this score")
  }

  @Test func everyPartOfAPage() throws {
    var (a, b) = (Self.trained, Self.trained)
    a.zerothOrder?.probeLosses = [3, 2.9]
    b.zerothOrder?.probeLosses = [3, 2.8]
    b.scores = [Fixtures.score(Fixtures.shifted(0.07, wobble: -1))]
    b.trajectory = []
    b.selection = nil
    b.cell.method.options = .object([JSON.Member("directions", .integer(2))])
    b.facts = [NamedNumber("alpha", 0.75, unit: "")]
    b.events = ["a window was <dropped>"]
    b.measurement?.processor = "Another & better CPU"
    let one = Fixtures.record("rtn", "ppl-w6a6", bits: "W6A6", windows: Fixtures.shifted(0.2))
    let two = Fixtures.record("rtn", "ppl-w6a6", bits: "W6A6", windows: Fixtures.shifted(0.3))
    let report = try ComparisonReport(
      Self.side("v1", ["zeroqat/ppl": a, "rtn/ppl": one, "gone": one]),
      Self.side("v2", ["zeroqat/ppl": b, "rtn/ppl": two]), unread: 3)
    func text(_ cell: String, _ window: Int) -> String? {
      window == 1 ? nil : "Once upon a <time> | in \(cell)"
    }
    try expectSnapshot(report.markdown(text: text), "compare.md")
    try expectSnapshot(report.html(text: text), "compare.html")
    try expectSnapshot(report.json, "compare.json")
    let html = report.html(text: text)
    for word in ["<script", "src=", "href=", "url(", "@import", "http"] {
      #expect(!html.contains(word), "\(word)")
    }
    #expect(html.contains("Once upon a &lt;time&gt; | in rtn/ppl"))
  }
}
