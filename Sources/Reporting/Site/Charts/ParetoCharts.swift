internal import Records
internal import Vocabulary

extension TableContents {
  /// Perplexity against bits and against memory, a pair of drawings for each model and text with methods to compare.
  var paretoCharts: [Chart] {
    guard judgesModels else { return [] }
    return gridPanels.enumerated().flatMap { index, panel -> [Chart] in
      let shown = entries.filter { entry in
        entry.score?.metric == .perplexity && grid.panels(of: entry.column).contains(panel)
      }
      guard shown.count(where: { !$0.row.isFullPrecision }) > 2 else { return [] }
      let name = isOnePanel ? "" : ", \(title(of: panel))"
      return [
        pareto(
          shown, identifier: "pareto-bits-\(index)", title: "Perplexity against bits\(name)",
          x: Chart.Axis(label: "bits of a weight (16: left as they are)", isLogarithmic: true),
          unit: "bits"
        ) { Double($0.bits.weights) },
        pareto(
          shown, identifier: "pareto-memory-\(index)", title: "Perplexity against memory\(name)",
          x: Chart.Axis(label: "peak memory of the process, MiB", isLogarithmic: true), unit: "MiB"
        ) { entry in
          entry.records.compactMap { $0.measurement?.peakResidentBytes }.max()
            .map { Double($0) / 1_048_576 }
        },
      ].compactMap(\.self)
    }
  }

  /// Points of entries, coloured by the bits of activations, and the front that none of them is better than in both.
  private func pareto(
    _ entries: [TableEntry], identifier: String, title: String, x: Chart.Axis, unit: String,
    _ place: (TableEntry) -> Double?
  ) -> Chart? {
    let points = entries.compactMap { entry -> (bits: Int, point: Chart.Point)? in
      guard let score = entry.score, let x = place(entry), let record = score.records.first
      else { return nil }
      let words =
        "\(entry.row.label) \(entry.bits): \(NumberText.score(score.value)), "
        + "\(NumberText.fixed(x, 0)) \(unit)"
      return (
        entry.bits.activations,
        Chart.Point(x: x, y: score.value, title: words, record: RecordName(record))
      )
    }
    guard points.count > 2 else { return nil }
    var front: [Chart.Point] = []
    for point in points.map({ $0.point }).sorted(by: { ($0.x, $0.y) < ($1.x, $1.y) })
    where point.y < (front.last?.y ?? .infinity) {
      front.append(point)
    }
    var series = [
      Chart.Series(
        label: "best so far", colour: 6, style: .steps,
        points: front.map { Chart.Point(x: $0.x, y: $0.y) })
    ]
    let kinds = points.map({ $0.bits }).reduce(into: [Int]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    for (index, bits) in kinds.sorted(by: >).enumerated() {
      series.append(
        Chart.Series(
          label: bits == 16 ? "activations as they are" : "activations in \(bits) bits",
          colour: index, style: .dots, points: points.filter { $0.bits == bits }.map { $0.point }))
    }
    let values = points.map { $0.point.y }
    return Chart(
      identifier: identifier, title: title,
      description: "\(points.count) methods and widths. On the front, from left to right: "
        + front.map(\.title).joined(separator: "; ") + ".",
      x: x,
      y: Chart.Axis(
        label: "perplexity", isLogarithmic: (values.max() ?? 1) > 2 * (values.min() ?? 1)),
      series: series,
      caption: "\(emphasis: "On the front"): \(front.map(\.title).joined(separator: "; ")).")
  }
}
