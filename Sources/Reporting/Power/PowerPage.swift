internal import Records
internal import Statistics
internal import Vocabulary

extension TableContents {
  /// How small a difference the table's tests can show, column by column, as Markdown; nil where nothing
  /// is tested.
  package var powerPage: String? {
    let columns = power
    guard !columns.isEmpty else { return nil }
    var paragraphs = [
      "# How small a difference can be seen: \(grid.table) at scale \(scale.rawValue)",
      "From the committed records. Differences are taken window by window (nats per token) or example by "
        + "example (percentage points); se is their standard error, over seeds as well where there are "
        + "several, and ν its degrees of freedom. *Visible* is the smallest true difference that the test "
        + "shows with a chance of 80 % at the two-sided 5 % level, (t(0.975, ν) + t(0.80, ν))·se, and never "
        + "less than the rounding floor (Bloom 1995). *After Holm* is the same at the level that the order has "
        + "to meet among all orders of the table, by which verdicts go.",
    ]
    let orders = grid.columns.flatMap { rankedPairs(inColumn: $0.key) }
    if !orders.isEmpty {
      paragraphs.append(
        "Of \(NumberText.count(orders.count, "order")) of two methods, "
          + "\(orders.count(where: \.isSupported)) are decided. *To decide it*: how many times the windows, "
          + "examples or seeds it takes, if the difference is what it seems.")
    }
    paragraphs += columns.map(section)
    if columns.contains(where: \.hasUnrepeatedTraining) {
      paragraphs.append(
        "Trainings with one seed: what another draw of directions and batches would change isn't in these "
          + "errors, whatever the number of windows.")
    }
    return paragraphs.joined(separator: "\n\n") + "\n"
  }

  private func section(_ column: ColumnPower) -> String {
    let decimals = column.metric.decimalsOfDifferences
    func number(_ value: Double?) -> String {
      value.map { NumberText.fixed($0, decimals) } ?? "–"
    }
    var table = MarkdownTable([
      ("Difference", .left), ("found ± se", .right), ("p", .right), ("ν", .right),
      ("visible", .right), ("after Holm", .right), ("to decide it", .right),
    ])
    for comparison in column.comparisons {
      let test = comparison.test
      table.add([
        comparison.name.inMarkdown,
        NumberText.difference(
          test.meanDifference, standardError: test.standardError, decimals: decimals),
        NumberText.probability(test.probability).inMarkdown,
        NumberText.significant(test.degreesOfFreedom, 3), number(test.smallestVisible()),
        number(comparison.step.flatMap { test.smallestVisible(atLevel: $0.level) }),
        comparison.wanted.inMarkdown,
      ])
    }
    return ["## \(column.title)", column.line, table.text, column.halvingText].compactMap(\.self)
      .joined(separator: "\n\n")
  }
}

extension PowerComparison {
  /// What would decide an order: `17.5 × 32`, `> 100 × 32`, `–` for one that is decided and for what is no order.
  fileprivate var wanted: String {
    let distance = test.meanDifference.magnitude
    guard let step, let visible = test.smallestVisible(atLevel: step.level),
      step.probability >= PairedComparison.level || distance <= test.roundingFloor
    else { return "–" }
    guard distance > test.roundingFloor else { return "within the rounding floor" }
    let present = test.isLimitedBySeeds ? NumberText.count(test.seeds, "seed") : "\(test.windows)"
    return test.timesToShow(distance, visible: visible).map {
      "\(NumberText.fixed($0, 1)) × \(present)"
    } ?? "> \(NumberText.fixed(PairedComparison.mostTimes, 0)) × \(present)"
  }
}

extension ColumnPower {
  /// `smallest visible difference: 0.0123 nats (median over 6 orders), largest 0.0456`.
  package var line: String {
    let kind = judged.contains { $0.kind == .order } ? "order" : "comparison"
    guard let middle = median(of: visible), let largest = visible.max() else {
      return "smallest visible difference: unknown, as no error can be estimated"
    }
    let decimals = metric.decimalsOfDifferences
    return "smallest visible difference: \(NumberText.fixed(middle, decimals)) "
      + "\(metric.unitOfDifferences) (median over \(NumberText.count(visible.count, kind))), largest "
      + NumberText.fixed(largest, decimals)
  }

  /// What halves it: half the error takes four times as many.
  var halvingText: String? {
    let lines = [MeasuringCost.Limit.windows, .seeds].compactMap { limit -> String? in
      let limited = judged.filter {
        $0.test.standardError > 0 && MeasuringCost(times: 4, of: $0.test, records).limit == limit
      }
      guard let first = limited.first else { return nil }
      let cost = MeasuringCost(times: 4, of: first.test, records)
      let share =
        limited.count == judged.count ? "" : " of \(limited.count) of \(judged.count) of these"
      return "Half of that\(share.isEmpty ? "" : ",\(share),") takes \(cost.text("four", metric))."
    }
    return lines.isEmpty ? nil : lines.joined(separator: " ")
  }

  /// Whether something was trained with one seed alone.
  var hasUnrepeatedTraining: Bool {
    comparisons.contains { $0.test.seeds == 1 } && records.contains { $0.zerothOrder != nil }
  }
}
