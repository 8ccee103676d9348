import Foundation
import Records
import Reporting
import Testing

@Suite struct TrajectoryPlotTests {
  static var plot: TrajectoryPlot {
    get throws { try #require(CSVExportTests.contents().trajectoryPlot) }
  }

  /// Whether gnuplot can be run here.
  static let hasGnuplot = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .contains { FileManager.default.isExecutableFile(atPath: "\($0)/gnuplot") }

  @Test func everyTrainedCellHasAPanelOfTheOnePicture() throws {
    let plot = try Self.plot
    #expect(plot.fileName == "trajectory-small.svg")
    #expect(
      plot.panels.map(\.title) == ["ZeroQAT W6A6", "ZeroQAT W2A16", "ZeroQAT W4A4"])
    #expect(plot.title.hasSuffix("(scale small), Toy-135M (dequantized Q4_1)"))
  }

  @Test func aTableThatTrainsNothingHasNoPicture() throws {
    let records = Fixtures.records.filter { $0.trajectory.isEmpty }
    #expect(try CSVExportTests.contents(records).trajectoryPlot == nil)
  }

  @Test func theScriptHoldsTheNumbers() throws {
    try expectSnapshot(Self.plot.script(output: "plot.svg"), "trajectory.gp")
  }

  @Test func aTitleCannotBreakOutOfItsQuotes() throws {
    var model = Fixtures.model
    model.label = "it's'; system 'touch x'\n"
    let contents = try TableContents(
      grid: Fixtures.grid, scale: .small, model: model, records: Fixtures.records)
    let script = try #require(contents.trajectoryPlot).script(output: "o.svg")
    #expect(
      script.contains("(scale small), it''s''; system ''touch x'' '.\"\\n\"."))
    #expect(!script.contains("touch x'\n"))
  }

  @Test func pointsThatAreNotFiniteAreLeftOut() throws {
    var records = Fixtures.records
    records[9].trajectory[3].testWindowNLL[2] = nil
    records[9].trajectory[3].developmentWindowNLL[2] = nil
    let plot = try #require(CSVExportTests.contents(records).trajectoryPlot)
    #expect(plot.panels.last?.summary.last.test == nil)
    let panel = plot.script(output: "o.svg").split(separator: "$development2 << EOD")[1]
    #expect(panel.contains("\n100 ") && !panel.contains("\n150 "))
  }

  @Test(.disabled(if: !hasGnuplot, "skipped: gnuplot isn't installed"))
  func gnuplotDrawsTheSameBytesTwice() throws {
    let plot = try Self.plot
    let svg = try Gnuplot.svg(of: plot)
    #expect(try Gnuplot.svg(of: plot) == svg)
    #expect(svg.hasPrefix("<?xml"))
    #expect(svg.hasSuffix("</svg>\n\n") || svg.hasSuffix("</svg>\n"))
    #expect(!svg.contains("GNUPLOT") && !svg.contains("/tmp"))
    if let path = ProcessInfo.processInfo.environment["KEEP_PLOT"] {
      try svg.write(toFile: path, atomically: true, encoding: .utf8)
    }
  }

  @Test func withoutGnuplotTheMessageSaysHowToGetIt() throws {
    let plot = try Self.plot
    #expect(throws: GnuplotError.missing(program: "gnuplot-that-is-not-there")) {
      try Gnuplot.svg(of: plot, program: "gnuplot-that-is-not-there")
    }
    #expect(
      GnuplotError.missing(program: "gnuplot").description
        == "no plot: 'gnuplot' is not installed; on Debian: apt-get install gnuplot-nox")
  }

  @Test func aProgramThatFailsIsReportedWithItsStatus() throws {
    let plot = try Self.plot
    #expect(throws: GnuplotError.failed(status: 1, messages: "")) {
      try Gnuplot.svg(of: plot, program: "/bin/false")
    }
  }
}
