internal import Records
internal import Statistics
internal import Vocabulary

/// The best entry of a column, where the paired test supports it.
struct ColumnWin {
  /// The best entry.
  var winner: TableEntry
  /// The next one.
  var runnerUp: TableEntry
  /// A warning when the two had very different training budgets.
  var budgetRemark: Phrase?
}

extension TableContents {
  /// The best of these quantized entries, or nil when the runner-up may be as good, or when one of them is
  /// still missing: a best of some rows isn't the best of the table.
  func columnWin(among entries: [TableEntry]) -> ColumnWin? {
    guard !entries.contains(where: isMissing) else { return nil }
    let measured = entries.compactMap { entry -> (TableEntry, MeasuredScore)? in
      guard !entry.row.isFullPrecision, let score = entry.score, !score.parts[0].units.isEmpty
      else { return nil }
      return (entry, score)
    }.sorted {
      let sign = $0.1.metric.isLowerBetter ? 1.0 : -1.0
      return sign * $0.1.parts.reduce(0) { $0 + $1.mean }
        < sign * $1.1.parts.reduce(0) { $0 + $1.mean }
    }
    guard measured.count >= 2,
      let test = measured[0].1.compared(with: measured[1].1), test.isSupported
    else { return nil }
    let (winner, runnerUp) = (measured[0].0, measured[1].0)
    return ColumnWin(
      winner: winner, runnerUp: runnerUp, budgetRemark: budgetRemark(of: winner, against: runnerUp))
  }

  /// A warning when one of two trained on more than twice the tokens of the other, or alone.
  ///
  /// What isn't on record is never taken for nothing.
  private func budgetRemark(of winner: TableEntry, against runnerUp: TableEntry) -> Phrase? {
    let (ours, theirs) = (winner.trainingTokens, runnerUp.trainingTokens)
    let name = runnerUp.row.label
    switch (ours, theirs) {
    case (nil, nil): return nil
    case (let ours?, nil):
      return """
        unequal budgets: \(NumberText.grouped(ours)) training tokens; \(name) has none on record
        """
    case (nil, let theirs?):
      return """
        unequal budgets: no training tokens on record; \(name) has \(NumberText.grouped(theirs))
        """
    case (let ours?, let theirs?):
      guard max(ours, theirs) > 2 * min(ours, theirs) else { return nil }
      return """
        unequal budgets: \(NumberText.grouped(ours)) training tokens against \(NumberText.grouped(theirs)) of \(name)
        """
    }
  }
}

extension TableEntry {
  /// Training tokens of all the entry's records; nil when none has any on record.
  fileprivate var trainingTokens: Int? {
    let tokens = records.compactMap(\.trainingTokens).reduce(0, +)
    return tokens > 0 ? tokens : nil
  }
}
