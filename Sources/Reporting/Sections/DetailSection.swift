internal import Records
internal import Vocabulary

extension TableContents {
  /// Every number with all its digits, and the record that it is from; nil without records.
  var detailSection: [Passage]? {
    guard !shownRecords.isEmpty else { return nil }
    var parts: [Passage] = [
      .heading(2, "Every number"), .folded("Scores", [.table(scoreDetails)]),
    ]
    if let facts = factDetails { parts.append(.folded("Facts", [.table(facts)])) }
    for record in shownRecords {
      guard let trajectory = trajectoryDetails(record) else { continue }
      parts.append(.folded("Trajectory: \(name(of: record))", [.table(trajectory)]))
    }
    return parts
  }

  private var scoreDetails: PassageTable {
    var table = PassageTable(
      "Every score of every record",
      [
        .words("Cell"), .words("Split"), .number("Value"), .number("Mean NLL"), .number("se"),
        .number("Other order of summation"), .number("Windows"), .number("Tokens"),
        .words("Record"),
      ])
    for record in shownRecords {
      let id: Phrase = "\(code: NumberText.digest(record.cell.id))"
      if record.scores.isEmpty {
        table.add(
          ["\(name(of: record))", "–", "\(record.status.inWords)"]
            + Array(repeating: "–", count: 5) + [id], of: [RecordName(record)])
      }
      for score in record.scores {
        func number(_ value: Double?) -> String {
          value.map { NumberText.significant($0, 8) } ?? "not finite"
        }
        let what = score.task.map { " of \($0), \(score.metric)" } ?? ""
        table.add(
          [
            "\(name(of: record))", "\(score.split + what)", "\(number(score.value))",
            score.task == nil ? "\(number(score.meanNLL))" : "–",
            "\(score.unitError.map { NumberText.significant($0, 4) } ?? "–")",
            "\(score.alternativeMeanNLL.map { NumberText.significant($0, 8) } ?? "–")",
            "\(score.outcomes?.count ?? score.windowNLL.count)",
            "\(NumberText.grouped(score.scoredTokens))", id,
          ], of: [RecordName(record)])
      }
    }
    return table
  }

  private var factDetails: PassageTable? {
    var table = PassageTable(
      "Figures that methods keep",
      [.words("Cell"), .words("Fact"), .number("Value"), .words("Unit")])
    for record in shownRecords {
      for fact in record.facts {
        table.add(
          [
            "\(name(of: record))", "\(fact.name)", "\(NumberText.significant(fact.value, 6))",
            fact.unit.isEmpty ? "–" : "\(fact.unit)",
          ], of: [RecordName(record)])
      }
    }
    return table.isEmpty ? nil : table
  }

  /// The course of a record's training; nil where it has none.
  func trajectoryDetails(_ record: RunRecord) -> PassageTable? {
    guard let summary = TrajectorySummary(record) else { return nil }
    let what = summary.taskMetric ?? "PPL"
    var table = PassageTable(
      "Course of the training: \(name(of: record))",
      [.number("Step"), .number("Dev \(what)"), .number("Test \(what)")])
    for point in summary.points {
      table.add(
        ["\(point.step)", "\(point.developmentText)", "\(point.testText)"],
        of: [RecordName(record)])
    }
    return table
  }
}

extension Score {
  /// Standard error over windows of the mean NLL, or over examples of the value; nil below two, where
  /// it is undefined.
  var unitError: Double? {
    guard (outcomes?.count ?? windowNLL.count) > 1 else { return nil }
    return task == nil ? standardErrorNLL : standardError
  }
}
