import Foundation
import Records
import Reporting
import Testing

@Suite struct TrajectoryPlotTests {
  static var plots: [TrajectoryPlot] {
    get throws { try CSVExportTests.contents().trajectoryPlots }
  }

  /// Whether gnuplot can be run here.
  static let hasGnuplot = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .contains { FileManager.default.isExecutableFile(atPath: "\($0)/gnuplot") }

  @Test func everyTrainedCellHasAPlot() throws {
    #expect(
      try Self.plots.map(\.fileName) == [
        "trajectory-small-zeroqat-ppl-w6a6.svg", "trajectory-small-zeroqat-ppl-w2a16.svg",
        "trajectory-small-zeroqat-ppl-w4a4.svg",
      ])
  }

  @Test func theScriptHoldsTheNumbers() throws {
    try expectSnapshot(#require(Self.plots.last).script(output: "plot.svg"), "trajectory.gp")
  }

  @Test func aTitleCannotBreakOutOfItsQuotes() throws {
    var model = Fixtures.model
    model.label = "it's'; system 'touch x'\n"
    let contents = try TableContents(
      grid: Fixtures.grid, scale: .small, model: model, records: Fixtures.records)
    let script = try #require(contents.trajectoryPlots.first).script(output: "o.svg")
    #expect(
      script.contains("set title 'ZeroQAT W6A6, seed 1, it''s''; system ''touch x'' '\n"))
  }

  @Test func pointsThatAreNotFiniteAreLeftOut() throws {
    var records = Fixtures.records
    records[9].trajectory[3].testWindowNLL[2] = nil
    records[9].trajectory[3].developmentWindowNLL[2] = nil
    let plot = try #require(CSVExportTests.contents(records).trajectoryPlots.last)
    #expect(plot.summary.last.test == nil)
    #expect(!plot.script(output: "o.svg").contains("\n150 "))
  }

  @Test(.disabled(if: !hasGnuplot, "skipped: gnuplot isn't installed"))
  func gnuplotDrawsTheSameBytesTwice() throws {
    let plot = try #require(Self.plots.last)
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
    let plot = try #require(Self.plots.last)
    #expect(throws: GnuplotError.missing(program: "gnuplot-that-is-not-there")) {
      try Gnuplot.svg(of: plot, program: "gnuplot-that-is-not-there")
    }
    #expect(
      GnuplotError.missing(program: "gnuplot").description
        == "no plot: 'gnuplot' is not installed; on Debian: apt-get install gnuplot-nox")
  }

  @Test func aProgramThatFailsIsReportedWithItsStatus() throws {
    let plot = try #require(Self.plots.last)
    #expect(throws: GnuplotError.failed(status: 1, messages: "")) {
      try Gnuplot.svg(of: plot, program: "/bin/false")
    }
  }
}
