internal import Records

extension TableContents {
  /// Differences window by window, or nil when there is nothing to compare.
  ///
  /// Each line is an entry; the columns are what it is compared with. Negative is better.
  var pairedSection: String? {
    var table = MarkdownTable([
      ("Method", .left), ("Column", .left), ("− full precision", .right), ("p", .right),
      ("− RTN", .right), ("p", .right), ("− its own initialisation", .right), ("p", .right),
    ])
    for column in grid.columns where column.metric == .perplexity {
      let inColumn = entries(inColumn: column.key)
      let plain = fullPrecision(column)?.score
      let nearest = inColumn.first { $0.row.method == "rtn" }
      for entry in inColumn where !entry.row.isFullPrecision {
        guard let score = entry.score else { continue }
        let isNearest = entry.row.key == nearest?.row.key
        table.add(
          [entry.row.label.inMarkdown, column.label.inMarkdown]
            + cells(score.windowNLL, plain?.windowNLL)
            + cells(score.windowNLL, isNearest ? nil : nearest?.score?.windowNLL)
            + cells(score.windowNLL, score.initialWindowNLL))
      }
    }
    guard !table.isEmpty else { return nil }
    return "## Paired differences\n\n"
      + "Δ mean NLL in nats per token ± its standard error over windows, on the same windows; "
      + "negative is better. p: two-sided paired t test over windows, not corrected for the number "
      + "of comparisons. \"Its own initialisation\" is the model before the first update.\n\n"
      + table.text
  }

  private func cells(_ a: [Double], _ b: [Double]?) -> [String] {
    guard let b, let test = PairedComparison(a, b) else { return ["–", "–"] }
    return [
      NumberText.difference(test.meanDifference, standardError: test.standardError),
      NumberText.probability(test.probability).inMarkdown,
    ]
  }
}

extension MeasuredScore {
  /// Mean NLL of each test window before training, over seeds; nil unless all seeds have it.
  var initialWindowNLL: [Double]? {
    let starts = records.map { $0.trajectory.first }
    guard !starts.isEmpty else { return nil }
    var windows: [[Double]] = []
    for start in starts {
      guard let start, start.step == 0 else { return nil }
      let finite = start.testWindowNLL.compactMap(\.self)
      guard finite.count == start.testWindowNLL.count, finite.count == windowNLL.count else {
        return nil
      }
      windows.append(finite)
    }
    return windowNLL.indices.map { index in
      windows.reduce(0) { $0 + $1[index] } / Double(windows.count)
    }
  }
}
