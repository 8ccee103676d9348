internal import Records
internal import Vocabulary

extension TableContents {
  /// The table's page in a report: what its Markdown page has, with drawings.
  var reportPassages: [Passage] {
    var passages = headerSection + (quickSection ?? []) + [conditionsSection]
    if let figure = figurePlot { passages.append(.charts(figure.charts)) }
    passages += metrics.flatMap(scoreSection)
    let fronts = paretoCharts
    if !fronts.isEmpty {
      passages += [
        .heading(2, "Bits, memory and perplexity"),
        .paragraph(
          """
          Each dot is a method at one width; down and to the left is better. The broken line is the front: no dot has both \
          less of what is counted below and a lower perplexity. Memory is that of the whole process, training included, \
          with weights held as 32-bit numbers: it says what the measurement took, not what a packed model would.
          """), .charts(fronts),
      ]
    }
    passages += (heldSection ?? []) + verdictSection
    passages += [rankingSection, pairedSection, targetSection].compactMap(\.self).flatMap(\.self)
    passages += zerothOrderSection(plots: []) ?? []
    let courses = trainingCharts
    if !courses.isEmpty {
      passages += [
        .heading(2, "Courses of training"),
        .paragraph(
          """
          The score after so many steps, on the text that checkpoints are chosen by (development) and on the one that is \
          reported (test). Of several seeds the line is the mean, and the band reaches from the lowest to the highest. Of one \
          seed the band is ± the standard error of the change since the first step, window by window. A ring is the \
          checkpoint that was chosen.
          """), .charts(courses),
      ]
    }
    return passages + [budgetSection, detailSection].compactMap(\.self).flatMap(\.self)
  }

  /// How many orders of two methods stand as in the paper, are the other way round, or can't be told.
  var orderCounts: (held: Int, reversed: Int, undecided: Int)? {
    let pairs = grid.columns.flatMap { rankedPairs(inColumn: $0.key) }
    guard !pairs.isEmpty else { return nil }
    let held = pairs.count { $0.outcome == .agrees && $0.isSupported }
    let reversed = pairs.count { $0.outcome == .reversed && $0.isSupported }
    return (held, reversed, pairs.count - held - reversed)
  }
}

extension FigurePlot {
  /// The grid's figure as drawings of the page, one for each vertical axis.
  var charts: [Chart] {
    let axes = [(figure.left, false)] + (figure.right.map { [($0, true)] } ?? [])
    return axes.compactMap { axis, isRight in
      let shown = curves.filter { $0.isRight == isRight }
      guard !shown.isEmpty else { return nil }
      let ends = shown.map { curve in
        "\(curve.label) from \(NumberText.significant(curve.points.first?.y ?? 0, 4)) to "
          + NumberText.significant(curve.points.last?.y ?? 0, 4)
      }
      return Chart(
        identifier: isRight ? "figure-right" : "figure", title: axis.label,
        description: "\(title): \(ends.joined(separator: "; ")).",
        x: Chart.Axis(label: figure.xLabel),
        y: Chart.Axis(label: axis.label, isLogarithmic: axis.logarithmic),
        series: shown.enumerated().map { index, curve in
          Chart.Series(
            label: curve.label, colour: index, style: .line,
            points: curve.points.map { Chart.Point(x: $0.x, y: $0.y) })
        })
    }
  }
}
