internal import Records
internal import Statistics
internal import Vocabulary

extension TableContents {
  /// How often zeroth-order training beat the model that it started from; nil when nothing was trained so.
  ///
  /// A cell that is shown at several places, such as two rows with the same options, counts once.
  var trainingSentence: Phrase? {
    guard judgesModels else { return nil }
    var seen: Set<[String]> = []
    let trained = entries.filter { entry in
      entry.score != nil
        && entry.records.contains { ($0.zerothOrder?.steps ?? 0) > 0 }
        && seen.insert(entry.records.map(\.cell.id)).inserted
    }
    guard !trained.isEmpty else { return nil }
    let outcomes = trained.compactMap { $0.score?.trainingOutcome }
    func count(_ outcome: TrainingOutcome) -> Int { outcomes.count { $0 == outcome } }
    let unknown = count(.notComparable)
    var sentence: Phrase = """
      Zeroth-order training against its own initialisation: in \(count(.better)) of \(trained.count) \
      \(trained.count == 1 ? "cell" : "cells") it beat it with the paired test's support, in \(count(.worse)) it made it \
      worse, in \(count(.unchanged)) no difference was measurable or development chose step 0
      """
    sentence +=
      unknown == 0
      ? "."
      : """
      ; in \(unknown) the record doesn't hold the initialisation's scores window by window or example by example, so \
      that nothing is tested.
      """
    return sentence
  }

  /// Whether each trained row differs from the grid's reference row; nil without such a row.
  var referenceList: [Passage]? {
    guard let key = grid.reference, let reference = grid.row(key) else { return nil }
    let lines = grid.columns.flatMap { column -> [Phrase] in
      guard let base = entry(row: key, column: column.key)?.score,
        base.records.allSatisfy(\.isTrained)
      else { return [] }
      return entries(inColumn: column.key).compactMap { entry in
        guard entry.row.key != key, let score = entry.score,
          score.records.allSatisfy(\.isTrained), let test = score.compared(with: base)
        else { return nil }
        return "\(columnTitle(entry)): \(entry.row.label) \(test.phrase(of: column.metric))"
      }
    }
    guard !lines.isEmpty else { return nil }
    return [.paragraph("Against \(strong: "\(reference.label)"):"), .list(lines)]
  }
}

/// What a training did to the score that it started from.
enum TrainingOutcome {
  /// Better, and the paired test supports it.
  case better
  /// Worse, and the paired test supports it.
  case worse
  /// No difference that could be told from chance, or the initialisation was chosen.
  case unchanged
  /// The record has nothing to compare with.
  case notComparable
}

extension MeasuredScore {
  /// What training did, all seeds together.
  var trainingOutcome: TrainingOutcome {
    if records.allSatisfy({ $0.zerothOrder?.bestDevelopmentStep == 0 }) { return .unchanged }
    guard let test = comparedWithInitialisation else { return .notComparable }
    guard test.isSupported else { return .unchanged }
    return (test.meanDifference < 0) == metric.isLowerBetter ? .better : .worse
  }
}

extension PairedComparison {
  /// `is better (−0.0120 ± 0.0030 nats per token, p = 0.010)`: what the difference says, and its size.
  fileprivate func phrase(of metric: Metric) -> Phrase {
    let decimals = metric == .perplexity ? 4 : 2
    let size =
      NumberText.difference(meanDifference, standardError: standardError, decimals: decimals)
      + (metric == .perplexity ? " nats per token" : " percentage points")
      + ", \(support(of: metric))"
    guard isSupported else { return "does not measurably differ (\(size))" }
    return (meanDifference < 0) == metric.isLowerBetter
      ? "is \(strong: "better") (\(size))" : "is \(strong: "worse") (\(size))"
  }
}

extension RunRecord {
  /// Whether anything was updated step by step to get the record's model.
  fileprivate var isTrained: Bool {
    (zerothOrder?.steps ?? 0) > 0 || trajectory.count > 1
  }
}
