internal import Records
internal import Statistics

extension RunRecord {
  /// What the record holds as curves: its training, the losses of its probes, and every series that its method kept.
  var charts: [Chart] {
    var charts: [Chart] = []
    if let chart = Chart.training([self], title: "Course of the training", identifier: "course") {
      charts.append(chart)
    }
    if let chart = probeChart { charts.append(chart) }
    for (index, series) in series.enumerated() {
      let points = zip(series.x, series.y).compactMap { x, y in
        y.map { Chart.Point(x: x, y: $0) }
      }
      guard points.count > 1 else { continue }
      let unit = series.unit.isEmpty ? "" : ", \(series.unit)"
      charts.append(
        Chart(
          identifier: "series-\(index)", title: series.name,
          description:
            "\(series.name) per \(series.index), from \(NumberText.significant(points[0].y, 3)) to "
            + "\(NumberText.significant(points[points.count - 1].y, 3)).",
          x: Chart.Axis(label: series.index), y: Chart.Axis(label: series.name + unit),
          series: [Chart.Series(label: "", colour: 0, style: .line, points: points)]))
    }
    return charts
  }

  /// The mean losses of the probes, drawn as means of equal stretches of steps.
  private var probeChart: Chart? {
    guard let summary = zerothOrder, summary.steps > 1, !summary.probeLosses.isEmpty else {
      return nil
    }
    let losses = summary.probeLosses
    let stretch = max(1, losses.count / 80)
    let probesOfAStep = Double(losses.count) / Double(summary.steps)
    let points = stride(from: 0, to: losses.count, by: stretch).map { start -> Chart.Point in
      let part = Array(losses[start..<min(start + stretch, losses.count)])
      let middle = (Double(start) + Double(part.count) / 2) / probesOfAStep
      return Chart.Point(x: middle, y: SampleMean(part).mean)
    }.filter { $0.y.isFinite }
    guard points.count > 1 else { return nil }
    return Chart(
      identifier: "probes", title: "Training loss of the probes",
      description: "Mean of both losses of a step, from \(NumberText.fixed(points[0].y, 3)) to "
        + "\(NumberText.fixed(points[points.count - 1].y, 3)) nats per token.",
      x: Chart.Axis(label: "step"), y: Chart.Axis(label: "loss, nats"),
      series: [Chart.Series(label: "", colour: 2, style: .line, points: points)],
      caption: stretch > 1 ? "Each place is the mean of \(stretch) probes." : Phrase())
  }
}
