internal import Records
internal import Statistics
internal import Vocabulary

extension TableContents {
  /// The course of every training that the table shows, seeds together; a cell that stands at several places is
  /// drawn once.
  var trainingCharts: [Chart] {
    guard judgesModels else { return [] }
    var seen: Set<[String]> = []
    var charts: [Chart] = []
    for entry in entries {
      guard let score = entry.score else { continue }
      for part in score.parts {
        let records = part.records.filter { $0.trajectory.count > 1 }
        guard !records.isEmpty, seen.insert(records.map(\.cell.id)).inserted else { continue }
        let task = score.parts.count > 1 ? records.first?.cell.address.task.map { ", \($0)" } : nil
        let title = "\(entry.row.label), \(columnTitle(entry))\(task ?? "")"
        if let chart = Chart.training(records, title: title, identifier: "course-\(charts.count)") {
          charts.append(chart)
        }
      }
    }
    return charts
  }
}

extension Chart {
  /// The course of trainings that differ in their seed alone; nil where no two steps were scored.
  static func training(_ records: [RunRecord], title: String, identifier: String) -> Chart? {
    let courses = records.compactMap { record in
      TrajectorySummary(record).map { TrainingCourse(record: record, summary: $0) }
    }
    guard courses.count == records.count, let first = courses.first else { return nil }
    let isTask = first.summary.taskMetric != nil
    let splits = [
      (label: "development", colour: 1, style: Style.dashed, of: \TrainingCourse.development),
      (label: "test", colour: 0, style: Style.line, of: \TrainingCourse.test),
    ]
    var series = splits.compactMap { split -> Series? in
      let drawn = TrainingCourse.mean(courses.map { $0[keyPath: split.of] })
      guard drawn.points.count > 1 else { return nil }
      return Series(
        label: split.label, colour: split.colour, style: split.style, points: drawn.points,
        band: drawn.band)
    }
    guard !series.isEmpty else { return nil }
    let chosen = courses.compactMap(\.chosen)
    if !chosen.isEmpty {
      series.append(Series(label: "chosen", colour: 0, style: .rings, points: chosen))
    }
    let values = series.flatMap { $0.points.map(\.y) }.filter { $0 > 0 }
    let isWide = (values.max() ?? 1) > 4 * (values.min() ?? 1)
    let what =
      isTask
      ? (first.isOfValues ? "\(first.summary.taskMetric ?? "") in %" : "loss, nats")
      : "perplexity"
    let band =
      records.count > 1
      ? "lines are means of \(records.count) seeds, bands reach from the lowest to the highest"
      : isTask
        ? "one seed"
        : "one seed; bands are ± the standard error of the change since the first step"
    return Chart(
      identifier: identifier, title: title,
      description: "Course of \(what) over the steps of training: "
        + series.filter { $0.style != .rings }.compactMap { $0.ends(what) }.joined(separator: "; ")
        + ". \(band).",
      x: Axis(label: "step"), y: Axis(label: what, isLogarithmic: !isTask && isWide),
      series: series)
  }
}

extension Chart.Series {
  /// `test from 66.80 to 66.40`: what the ends of a curve are.
  fileprivate func ends(_ what: String) -> String? {
    guard let first = points.first, let last = points.last else { return nil }
    return
      "\(label) from \(NumberText.score(first.y)) at step \(NumberText.significant(first.x, 6)) to "
      + "\(NumberText.score(last.y)) at step \(NumberText.significant(last.x, 6))"
  }
}

/// One training's curves.
private struct TrainingCourse {
  let record: RunRecord
  let summary: TrajectorySummary

  /// A value at a step, and how far it might be off.
  struct Value {
    var step: Int
    var value: Double
    var error: Double?
  }

  /// Whether a task's curves are of its metric, and not of its loss.
  var isOfValues: Bool { summary.points.allSatisfy { $0.development != nil } }

  var development: [Value] {
    summary.points.compactMap {
      value($0.step, $0.development, $0.developmentLoss, $0.developmentChangeError)
    }
  }

  var test: [Value] {
    summary.points.filter(\.isTestScored).compactMap {
      value($0.step, $0.test, $0.testLoss, $0.testChangeError)
    }
  }

  /// The checkpoint that development chose, on the test curve or else on its own.
  var chosen: Chart.Point? {
    guard let step = record.selection?.step else { return nil }
    guard
      let place = test.first(where: { $0.step == step })
        ?? development.first(where: { $0.step == step })
    else { return nil }
    return Chart.Point(
      x: Double(step), y: place.value,
      title:
        "chosen: step \(step), \(NumberText.score(place.value)), seed \(record.cell.address.seed)",
      record: RecordName(record))
  }

  private func value(_ step: Int, _ value: Double?, _ loss: Double?, _ error: Double?) -> Value? {
    guard summary.taskMetric != nil else {
      return value.map { Value(step: step, value: $0, error: error) }
    }
    if isOfValues { return value.map { Value(step: step, value: 100 * $0, error: nil) } }
    guard let loss, loss.isFinite else { return nil }
    return Value(step: step, value: loss, error: nil)
  }

  /// The mean over seeds at the steps that all have, and from where to where they reach.
  static func mean(_ courses: [[Value]]) -> (points: [Chart.Point], band: [Chart.Band]) {
    guard let first = courses.first else { return ([], []) }
    var (points, band): ([Chart.Point], [Chart.Band]) = ([], [])
    for place in first {
      let values = courses.compactMap { course in course.first { $0.step == place.step } }
      guard values.count == courses.count else { continue }
      let (x, all) = (Double(place.step), values.map(\.value))
      let mean = SampleMean(all).mean
      points.append(Chart.Point(x: x, y: mean))
      if courses.count > 1 {
        band.append(Chart.Band(x: x, low: all.min() ?? mean, high: all.max() ?? mean))
      } else if let error = place.error, mean > error {
        band.append(Chart.Band(x: x, low: mean - error, high: mean + error))
      }
    }
    return (points, band)
  }
}
