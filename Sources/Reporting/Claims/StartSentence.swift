internal import Records
internal import Statistics
internal import Vocabulary

/// Whether zeroth-order training adds to the model that it started from, of one row and column.
struct StartSentence: Equatable {
  /// The column and the row.
  let title: String
  /// Found, error, both p, the smallest visible gain, and the cost.
  let text: Phrase
}

extension TableContents {
  /// A sentence for each perplexity that was trained by zeroth order, each test among the others (Holm); a
  /// cell that is shown at several places has one.
  var startSentences: [StartSentence] {
    var seen: Set<[String]> = []
    let trained = entries.filter { entry in
      guard let score = entry.score, score.metric == .perplexity else { return false }
      return entry.records.allSatisfy { ($0.zerothOrder?.steps ?? 0) > 0 }
        && seen.insert(score.records.map(\.cell.id)).inserted
    }
    let ordered = grid.columns.flatMap { column in
      trained.filter { $0.column.key == column.key }
    }
    let tests = ordered.map { entry in
      entry.isAtItsStart ? nil : entry.score?.comparedWithInitialisation
    }
    // One that was chosen away counts with p = 1.
    let steps = HolmCorrection(tests.map { $0?.probability ?? 1 }).steps
    return ordered.indices.map { index in
      StartSentence(
        title: "\(columnTitle(ordered[index])), \(ordered[index].row.label)",
        text:
          "\(found(ordered[index], tests[index], steps[index])) Cost: \(cost(of: ordered[index].records))"
      )
    }
  }

  private func found(
    _ entry: TableEntry, _ test: PairedComparison?, _ step: HolmCorrection.Step
  ) -> Phrase {
    guard let test else {
      guard entry.isAtItsStart else {
        return "not known, as the record doesn't hold the start's windows (no test)."
      }
      let last = entry.records.compactMap { $0.trajectory.last?.step }.max() ?? 0
      let evidence = ClaimEvidence.start(
        lastStep: last, entry.score?.lastComparedWithInitialisation)
      let claim = Claim(
        id: "", says: "", place: "", scales: [], left: ClaimCell(row: "", column: ""),
        relation: .improves)
      return "\(strong: "no"): \(evidence.text(claim, nil, entry))."
    }
    let isSupported =
      step.probability < PairedComparison.level
      && test.meanDifference.magnitude > test.roundingFloor
    let answer =
      isSupported ? (test.meanDifference < 0 ? "yes" : "it does harm") : "not that it could be seen"
    let (before, after) = (entry.score?.startValue, entry.score?.value)
    let course = [before, after].compactMap(\.self).map { NumberText.score($0) }
    let range = course.count == 2 ? ", \(course[0]) → \(course[1])" : ""
    let p = NumberText.probabilityPhrase(test.probability, step)
    return """
      \(strong: Phrase(answer))\(range): \(test.size(of: .perplexity)) (\(p)); \
      \(test.visibility(of: .perplexity, what: "a gain", atLevel: step.level)); \
      \(NumberText.count(test.windows, "window")), \(NumberText.count(test.seeds, "seed")).
      """
  }

  /// What one seed's training took.
  private func cost(of records: [RunRecord]) -> String {
    guard let first = records.first, let summary = first.zerothOrder else {
      return "not on record."
    }
    let seconds = records.compactMap { record in
      record.measurement?.phases.first { $0.name == "train" }?.wallSeconds
    }
    let chosen = records.map { $0.selection.map { String($0.step) } ?? "last" }
      .reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let time =
      seconds.count == records.count && !seconds.isEmpty
      ? ", \(NumberText.fixed(SampleMean(seconds).mean, 0)) s" : ""
    return
      "\(NumberText.grouped(summary.forwards)) forward passes of \(NumberText.grouped(summary.steps)) "
      + "updates over \(NumberText.grouped(summary.tokens)) tokens\(time)"
      + (records.count > 1 ? " a seed" : "")
      + "; development text chose step \(chosen.joined(separator: ", "))."
  }
}
