internal import Records
internal import Vocabulary

/// The courses of a table's trainings as one picture of small multiples: perplexity of both splits against
/// the step, a panel per training.
package struct TrajectoryPlot: Sendable, Equatable {
  /// The course of one training.
  package struct Panel: Sendable, Equatable {
    /// What the panel is of.
    package let title: String
    /// The points.
    package let summary: TrajectorySummary
    /// Whether the perplexity axis is logarithmic: the largest value is over four times the smallest.
    package let isLogarithmic: Bool
  }

  /// The file's name beside the table, `trajectory-<scale>.svg`.
  package let fileName: String
  /// What the picture is of.
  package let title: String
  /// The trainings, in the grid's order.
  package let panels: [Panel]

  /// Panels beside each other, at most.
  private static let mostColumns = 3
  private static let legend =
    "perplexity against the step: blue test, orange development, ring chosen on development"
  private static let band = "band: ± standard error of the change since the first step"
  /// Colours of the two splits.
  fileprivate static let colours = (development: "#d95f02", test: "#1f5fa8")

  /// The gnuplot program that draws the picture into `output`.
  ///
  /// Bands are ± one standard error of the change since the first point, window by window (that of
  /// the perplexity itself is mostly the text's, and would hide the course). The ring marks the step
  /// that the development split chose. Points that aren't finite are left out.
  package func script(output: String) -> String {
    let columns = max(1, min(panels.count, Self.mostColumns))
    let rows = (panels.count + columns - 1) / columns
    var lines = [
      "set encoding utf8",
      "set terminal svg size \(max(720, 340 * columns)),\(70 + 230 * rows) noenhanced "
        + "background rgb '#ffffff' font 'sans-serif,11' name 'trajectory'",
      "set output \(output.inGnuplot)",
    ]
    for (index, panel) in panels.enumerated() { lines += panel.data(index) }
    let title = [title, Self.legend, Self.band].map(\.inGnuplot)
    lines += [
      "set multiplot layout \(rows),\(columns) rowsfirst title "
        + title.joined(separator: ".\"\\n\".") + " font ',12'",
      "set grid lc rgb '#dddddd'", "unset key", "set offsets 0, 0, graph 0.05, graph 0.05",
    ]
    for (index, panel) in panels.enumerated() { lines += panel.drawing(index) }
    lines.append("unset multiplot")
    return lines.joined(separator: "\n") + "\n"
  }
}

extension TrajectoryPlot.Panel {
  private func rows(
    _ value: KeyPath<TrajectorySummary.Point, Double?>,
    _ error: KeyPath<TrajectorySummary.Point, Double?>
  ) -> [String] {
    summary.points.compactMap { point in
      guard let value = point[keyPath: value] else { return nil }
      return "\(point.step) \(value) \(point[keyPath: error] ?? 0)"
    }
  }

  private var development: [String] { rows(\.development, \.developmentChangeError) }
  private var test: [String] { rows(\.test, \.testChangeError) }

  /// The data of the panel, as blocks with its number.
  fileprivate func data(_ index: Int) -> [String] {
    var lines: [String] = []
    for (name, rows) in [("development", development), ("test", test)] where !rows.isEmpty {
      lines += ["$\(name)\(index) << EOD"] + rows + ["EOD"]
    }
    if let chosen = summary.chosen.test {
      lines += ["$chosen\(index) << EOD", "\(summary.chosen.step) \(chosen)", "EOD"]
    }
    return lines
  }

  /// What draws the panel of that number.
  fileprivate func drawing(_ index: Int) -> [String] {
    var curves: [String] = []
    for (name, colour, rows) in [
      ("development", TrajectoryPlot.colours.development, development),
      ("test", TrajectoryPlot.colours.test, test),
    ] where !rows.isEmpty {
      curves += [
        "$\(name)\(index) using 1:($2-$3):($2+$3) with filledcurves fc rgb '\(colour)' fs "
          + "transparent solid 0.15",
        "$\(name)\(index) using 1:2 with linespoints lw 1.5 pt 7 ps 0.3 lc rgb '\(colour)'",
      ]
    }
    if summary.chosen.test != nil {
      curves.append(
        "$chosen\(index) using 1:2 with points pt 6 ps 1.2 lw 1.5 lc rgb "
          + "'\(TrajectoryPlot.colours.test)'")
    }
    let start = summary.initial.step
    return [
      "set title \(title.inGnuplot)",
      "set xrange [\(start):\(max(summary.last.step, start + 1))]",
      isLogarithmic ? "set logscale y" : "unset logscale y",
      "plot " + curves.joined(separator: ", \\\n  "),
    ]
  }
}

extension TableContents {
  /// The trainings whose trajectories have two finite perplexities or more; nil where there is none.
  package var trajectoryPlot: TrajectoryPlot? {
    guard judgesModels else { return nil }
    let shown = shownRecords.compactMap { record -> (RunRecord, TrajectorySummary, Bool)? in
      guard let summary = TrajectorySummary(record), summary.taskMetric == nil else { return nil }
      let values = summary.points.flatMap { [$0.test, $0.development] }.compactMap(\.self)
      guard summary.points.filter({ $0.test != nil || $0.development != nil }).count >= 2,
        let smallest = values.min(), let largest = values.max()
      else { return nil }
      return (record, summary, largest > 4 * smallest)
    }
    let models = Set(shown.map { modelLabel(of: $0.0) })
    let panels = shown.map { record, summary, isLogarithmic in
      let row = grid.row(record.cell.address.row)
      let bits = row?.bits == nil ? " \(record.cell.bits)" : ""
      let seed = hasSeveralSeeds(record) ? ", seed \(record.cell.address.seed)" : ""
      let model = models.count > 1 ? ", \(modelLabel(of: record))" : ""
      return TrajectoryPlot.Panel(
        title: "\(row?.label ?? record.cell.address.row)\(bits)\(model)\(seed)", summary: summary,
        isLogarithmic: isLogarithmic)
    }
    guard !panels.isEmpty else { return nil }
    let model = models.count == 1 ? models.map { ", \($0)" }.joined() : ""
    return TrajectoryPlot(
      fileName: "trajectory-\(scale.rawValue).svg",
      title: "\(grid.title) (scale \(scale.rawValue))\(model)", panels: panels)
  }

  /// How the table names the record's model.
  private func modelLabel(of record: RunRecord) -> String {
    let panel = panelOfAddress[record.cell.address] ?? GridPanel()
    return panels[panel]?.model?.label ?? record.cell.model.name
  }
}

extension String {
  /// The text as a gnuplot string that nothing is substituted in.
  var inGnuplot: String {
    let flat = map { $0.isNewline ? " " : String($0) }.joined()
    return "'"
      + flat.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "''") + "'"
  }
}
