internal import Records
internal import Vocabulary

extension TableContents {
  /// Every number with all its digits, and the record that it is from; nil without records.
  var detailSection: String? {
    guard !shownRecords.isEmpty else { return nil }
    var parts = ["## Every number", folded("Scores", scoreDetails)]
    if let facts = factDetails { parts.append(folded("Facts", facts)) }
    for record in shownRecords {
      guard let trajectory = trajectoryDetails(record) else { continue }
      parts.append(folded("Trajectory: \(name(of: record))", trajectory))
    }
    return parts.joined(separator: "\n\n")
  }

  private var scoreDetails: String {
    var table = MarkdownTable([
      ("Cell", .left), ("Split", .left), ("Value", .right), ("Mean NLL", .right),
      ("se", .right), ("Other order of summation", .right), ("Windows", .right),
      ("Tokens", .right), ("Record", .left),
    ])
    for record in shownRecords {
      let id = "`\(NumberText.digest(record.cell.id))`"
      if record.scores.isEmpty {
        table.add(
          [name(of: record), "–", record.status.inWords] + Array(repeating: "–", count: 5) + [id])
      }
      for score in record.scores {
        func number(_ value: Double?) -> String {
          value.map { NumberText.significant($0, 8) } ?? "not finite"
        }
        let what = score.task.map { " of \($0), \(score.metric)" } ?? ""
        table.add([
          name(of: record), (score.split + what).inMarkdown, number(score.value),
          score.task == nil ? number(score.meanNLL) : "–",
          score.unitError.map { NumberText.significant($0, 4) } ?? "–",
          score.alternativeMeanNLL.map { NumberText.significant($0, 8) } ?? "–",
          String(score.outcomes?.count ?? score.windowNLL.count),
          NumberText.grouped(score.scoredTokens), id,
        ])
      }
    }
    return table.text
  }

  private var factDetails: String? {
    var table = MarkdownTable([
      ("Cell", .left), ("Fact", .left), ("Value", .right), ("Unit", .left),
    ])
    for record in shownRecords {
      for fact in record.facts {
        table.add([
          name(of: record), fact.name.inMarkdown, NumberText.significant(fact.value, 6),
          fact.unit.isEmpty ? "–" : fact.unit.inMarkdown,
        ])
      }
    }
    return table.isEmpty ? nil : table.text
  }

  private func trajectoryDetails(_ record: RunRecord) -> String? {
    guard let summary = TrajectorySummary(record) else { return nil }
    let what = summary.taskMetric?.inMarkdown ?? "PPL"
    var table = MarkdownTable([
      ("Step", .right), ("Dev \(what)", .right), ("Test \(what)", .right),
    ])
    for point in summary.points {
      table.add([String(point.step), point.developmentText, point.testText])
    }
    return table.text
  }
}

extension Score {
  /// Standard error over windows of the mean NLL, or over examples of the value; nil below two, where
  /// it is undefined.
  fileprivate var unitError: Double? {
    guard (outcomes?.count ?? windowNLL.count) > 1 else { return nil }
    return task == nil ? standardErrorNLL : standardError
  }
}
