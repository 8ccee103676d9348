internal import JSONText
internal import Records
internal import Vocabulary

/// The picture of a grid's figure: one curve per record that carries the series.
package struct FigurePlot: Sendable, Equatable {
  /// The file's name beside the table.
  package let fileName: String

  /// One curve.
  struct Curve: Sendable, Equatable {
    let label: String
    let points: [(x: Double, y: Double)]
    let isRight: Bool

    static func == (a: Curve, b: Curve) -> Bool {
      a.label == b.label && a.isRight == b.isRight && a.points.elementsEqual(b.points, by: ==)
    }
  }

  /// The words over the picture.
  let title: String
  /// What it shows.
  let figure: GridFigure
  /// The curves of both axes, in the grid's order.
  let curves: [Curve]

  /// The gnuplot program that draws the picture into `output`.
  package func script(output: String) -> String {
    let colours = ["#1f5fa8", "#d95f02", "#1b9e77", "#7570b3", "#a6761d", "#e7298a", "#666666"]
    var lines = [
      "set encoding utf8",
      "set terminal svg size 760,440 noenhanced background rgb '#ffffff' font 'sans-serif,13' "
        + "name 'figure'",
      "set output \(output.inGnuplot)", "set title \(title.inGnuplot)",
      "set xlabel \(figure.xLabel.inGnuplot)", "set ylabel \(figure.left.label.inGnuplot)",
      "set grid lc rgb '#dddddd'", "set key outside bottom center horizontal maxcols 3",
      "set offsets 0, 0, graph 0.05, graph 0.05",
    ]
    // Between two blocks or epochs there is nothing to name.
    let places = curves.flatMap { $0.points.map(\.x) }
    if let least = places.min(), let most = places.max(), most - least <= 12,
      places.allSatisfy({ $0 == $0.rounded() })
    {
      lines.append("set xtics 1")
    }
    if figure.left.logarithmic { lines += ["set logscale y", "set format y '%g'"] }
    if let right = figure.right {
      lines += ["set y2label \(right.label.inGnuplot)", "set y2tics", "set ytics nomirror"]
      if right.logarithmic { lines.append("set logscale y2") }
    }
    var plots: [String] = []
    for (index, curve) in curves.enumerated() {
      lines.append("$curve\(index) << EOD")
      lines += curve.points.map { "\($0.x) \($0.y)" } + ["EOD"]
      plots.append(
        "$curve\(index) using 1:2 axes \(curve.isRight ? "x1y2" : "x1y1") with linespoints lw 2 "
          + "dt \(curve.isRight ? 2 : 1) pt \(curve.isRight ? 6 : 7) ps 0.5 "
          + "lc rgb '\(colours[index % colours.count])' title \(curve.label.inGnuplot)")
    }
    lines.append("plot " + plots.joined(separator: ", \\\n  "))
    return lines.joined(separator: "\n") + "\n"
  }
}

extension TableContents {
  /// The grid's figure, or nil when it has none or no record carries its series.
  package var figurePlot: FigurePlot? {
    guard let figure = grid.figure else { return nil }
    let axes = [(figure.left, false)] + (figure.right.map { [($0, true)] } ?? [])
    let curves =
      figure.across.map { curvesOverRows(of: axes, across: $0) } ?? curvesOfSeries(of: axes)
    return curves.isEmpty
      ? nil
      : FigurePlot(
        fileName: "figure-\(scale.rawValue).svg",
        title: "\(grid.title) (scale \(scale.rawValue))", figure: figure, curves: curves)
  }

  /// A curve per column and axis: a point for each row that has the option.
  private func curvesOverRows(of axes: [(FigureAxis, Bool)], across option: String)
    -> [FigurePlot.Curve]
  {
    grid.columns.flatMap { column in
      axes.compactMap { axis, isRight in
        let points = entries(inColumn: column.key).compactMap { entry -> (x: Double, y: Double)? in
          guard let score = entry.score, let record = score.records.first,
            let x = record.cell.method.options[option]?.asDouble,
            let y = axis.series == Metric.perplexity.rawValue
              ? score.value : record.facts.first(where: { $0.name == axis.series })?.value,
            !axis.logarithmic || y > 0
          else { return nil }
          return (x: x, y: y)
        }
        guard !points.isEmpty else { return nil }
        let which = axes.count > 1 ? ": \(axis.label)" : ""
        return FigurePlot.Curve(
          label: column.label + which, points: points.sorted { $0.x < $1.x }, isRight: isRight)
      }
    }
  }

  private func curvesOfSeries(of axes: [(FigureAxis, Bool)]) -> [FigurePlot.Curve] {
    var curves: [FigurePlot.Curve] = []
    for record in shownRecords {
      for (axis, isRight) in axes {
        guard let series = record.series.first(where: { $0.name == axis.series }) else { continue }
        let points = zip(series.x, series.y).compactMap { x, y in
          y.flatMap { !axis.logarithmic || $0 > 0 ? (x: x, y: $0) : nil }
        }
        guard !points.isEmpty else { continue }
        let which = axes.count > 1 ? ": \(axis.label)" : ""
        curves.append(
          FigurePlot.Curve(
            label: name(of: record) + which, points: points, isRight: isRight))
      }
    }
    return curves
  }
}

extension JSON {
  /// The value as a place on an axis.
  fileprivate var asDouble: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value, _): value
    default: nil
    }
  }
}
