internal import Records

/// The course of one training as a picture: perplexity of both splits against the step.
package struct TrajectoryPlot: Sendable, Equatable {
  /// The file's name beside the table, `trajectory-<row>-<column>.svg` (with the seed where a row
  /// has several).
  package let fileName: String
  /// What the picture is of.
  package let title: String
  /// The points.
  package let summary: TrajectorySummary
  /// Whether the perplexity axis is logarithmic: the largest value is over four times the smallest.
  package let isLogarithmic: Bool

  /// The gnuplot program that draws the picture into `output`.
  ///
  /// Bands are ± one standard error of the change since the first point, window by window (that of
  /// the perplexity itself is mostly the text's, and would hide the course). The ring marks the step
  /// that the development split chose. Points that aren't finite are left out.
  package func script(output: String) -> String {
    func rows(
      _ value: KeyPath<TrajectorySummary.Point, Double?>,
      _ error: KeyPath<TrajectorySummary.Point, Double?>
    ) -> [String] {
      summary.points.compactMap { point in
        guard let value = point[keyPath: value] else { return nil }
        return "\(point.step) \(value) \(point[keyPath: error] ?? 0)"
      }
    }
    let test = rows(\.test, \.testChangeError)
    let development = rows(\.development, \.developmentChangeError)
    var curves: [String] = []
    if !development.isEmpty {
      curves += [
        "$development using 1:($2-$3):($2+$3) with filledcurves fc rgb '#d95f02' fs transparent "
          + "solid 0.15 notitle",
        "$development using 1:2 with linespoints lw 2 pt 7 ps 0.4 lc rgb '#d95f02' title "
          + "'development'",
      ]
    }
    if !test.isEmpty {
      curves += [
        "$test using 1:($2-$3):($2+$3) with filledcurves fc rgb '#1f5fa8' fs transparent solid "
          + "0.15 notitle",
        "$test using 1:2 with linespoints lw 2 pt 7 ps 0.4 lc rgb '#1f5fa8' title 'test'",
      ]
    }
    if summary.chosen.test != nil {
      curves.append(
        "$chosen using 1:2 with points pt 6 ps 1.6 lw 2 lc rgb '#1f5fa8' title "
          + "'chosen on development'")
    }
    var lines = [
      "set encoding utf8",
      "set terminal svg size 720,400 noenhanced background rgb '#ffffff' font 'sans-serif,13' "
        + "name 'trajectory'",
      "set output \(output.inGnuplot)", "set title \(title.inGnuplot)",
      "set xlabel 'step (band: ± standard error of the change since step \(summary.initial.step))'",
      "set ylabel 'perplexity'", "set grid lc rgb '#dddddd'",
      "set key outside top center horizontal maxrows 1",
      "set xrange [\(summary.initial.step):\(max(summary.last.step, summary.initial.step + 1))]",
      "set offsets 0, 0, graph 0.05, graph 0.05",
    ]
    if isLogarithmic { lines.append("set logscale y") }
    for (name, rows) in [("development", development), ("test", test)] where !rows.isEmpty {
      lines += ["$\(name) << EOD"] + rows + ["EOD"]
    }
    if let chosen = summary.chosen.test {
      lines += ["$chosen << EOD", "\(summary.chosen.step) \(chosen)", "EOD"]
    }
    lines.append("plot " + curves.joined(separator: ", \\\n  "))
    return lines.joined(separator: "\n") + "\n"
  }
}

extension TableContents {
  /// One plot per record whose trajectory has two finite perplexities or more.
  package var trajectoryPlots: [TrajectoryPlot] {
    guard judgesModels else { return [] }
    return shownRecords.compactMap { record in
      guard let summary = TrajectorySummary(record), summary.taskMetric == nil else { return nil }
      let values = summary.points.flatMap { [$0.test, $0.development] }.compactMap(\.self)
      guard summary.points.filter({ $0.test != nil || $0.development != nil }).count >= 2,
        let smallest = values.min(), let largest = values.max()
      else { return nil }
      let address = record.cell.address
      let seed = hasSeveralSeeds(record) ? "-seed\(address.seed)" : ""
      let task = address.task.map { "-\($0)" } ?? ""
      let panel = panelOfAddress[address] ?? GridPanel()
      let row = grid.row(address.row)
      let bits = row?.bits == nil ? " \(record.cell.bits)" : ""
      return TrajectoryPlot(
        fileName: "trajectory-\(scale.rawValue)-\(address.row)-\(address.column)\(task)\(seed).svg",
        title: "\(row?.label ?? address.row)\(bits), seed \(address.seed), "
          + "\(panels[panel]?.model?.label ?? record.cell.model.name)",
        summary: summary, isLogarithmic: largest > 4 * smallest)
    }
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
