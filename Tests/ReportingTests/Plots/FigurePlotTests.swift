import JSONText
import Records
import Reporting
import Testing

@Suite struct FigurePlotTests {
  static func contents(_ change: (inout [RunRecord]) -> Void = { _ in }) throws -> TableContents {
    var grid = Fixtures.grid
    grid.figure = GridFigure(
      xLabel: "block",
      left: FigureAxis(series: "block error", label: "relative error", logarithmic: true),
      right: FigureAxis(series: "perplexity", label: "perplexity"))
    var records = Fixtures.records
    records[1].series = [
      RunSeries("block error", per: "block", unit: "", x: [0, 1, 2], y: [1e-3, .infinity, 4e-3]),
      RunSeries("perplexity", per: "block", unit: "", x: [0, 2], y: [30, 31]),
      RunSeries("another", per: "block", unit: "", x: [0], y: [7777]),
    ]
    records[7].series = [
      RunSeries("block error", per: "block", unit: "", x: [0, 1], y: [0, 2e-3])
    ]
    change(&records)
    return try TableContents(
      grid: grid, scale: .small, model: Fixtures.model, paper: Fixtures.paper, records: records)
  }

  @Test func oneCurvePerRecordAndAxis() throws {
    let script = try #require(Self.contents().figurePlot).script(output: "figure.svg")
    try expectSnapshot(script, "figure.gp")
    // What isn't finite, and zero on a logarithmic axis, have no place.
    #expect(!script.contains("inf") && !script.contains("nan") && !script.contains("7777"))
    #expect(!script.contains("\n0.0 0.0\n"))
  }

  @Test func rowsThatDifferInAnOptionAreOneCurve() throws {
    var grid = Fixtures.grid
    grid.figure = GridFigure(
      xLabel: "epochs",
      left: FigureAxis(series: "loss", label: "loss", logarithmic: true),
      right: FigureAxis(series: "perplexity", label: "perplexity"), across: "epochs")
    var records = Fixtures.records
    // The grid's order isn't the axis': 8 before 2.
    for (row, epochs, loss) in [("rtn", 8, 0.25), ("smoothquant", 2, 0.5)]
      as [(String, Int64, Double)]
    {
      for index in records.indices
      where records[index].cell.address.row == row
        && records[index].cell.address.column == "ppl-w6a6"
      {
        records[index].cell.method.options = .object([.init("epochs", .integer(epochs))])
        records[index].facts = [NamedNumber("loss", loss, unit: "")]
      }
    }
    let plot = try #require(
      TableContents(grid: grid, scale: .small, model: Fixtures.model, records: records).figurePlot)
    let script = plot.script(output: "figure.svg")
    #expect(script.contains("$curve0 << EOD\n2.0 0.5\n8.0 0.25\nEOD"))
    #expect(script.contains("axes x1y2") && !script.contains("$curve2"))
  }

  @Test func withoutSeriesThereIsNoPicture() throws {
    let contents = try Self.contents { records in
      for index in records.indices { records[index].series = [] }
    }
    #expect(contents.figurePlot == nil)
    #expect(try CSVExportTests.contents().figurePlot == nil)
  }

  @Test(.disabled(if: !TrajectoryPlotTests.hasGnuplot, "skipped: gnuplot isn't installed"))
  func gnuplotDrawsIt() throws {
    let figure = try #require(Self.contents().figurePlot)
    let svg = try Gnuplot.svg(of: figure)
    #expect(svg.hasPrefix("<?xml"))
    #expect(try Gnuplot.svg(of: figure) == svg)
  }

  @Test func recordsFromBeforeThereWereSeriesAreReadable() throws {
    let contents = try Self.contents()
    #expect(
      contents.markdown(plots: ["figure-small.svg"])
        .contains("![figure](figure-small.svg)"))
  }
}
