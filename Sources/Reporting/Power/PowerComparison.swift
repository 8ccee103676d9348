package import Records
package import Statistics
package import Vocabulary

/// One test of a column, and what it could have shown.
package struct PowerComparison: Sendable, Equatable {
  /// Why the two are compared.
  package enum Kind: Sendable, Equatable {
    /// The paper orders the two rows.
    case order
    /// A trained row and the model that it started from.
    case ownStart
    /// A row and the one that all are compared with.
    case reference
  }

  /// Why the two are compared.
  package let kind: Kind
  /// The two, such as `ZeroQAT − OmniQuant`.
  package let name: String
  /// The paired test.
  package let test: PairedComparison
  /// The test among the orders of the table; nil where it isn't an order.
  package let step: HolmCorrection.Step?
}

/// The tests of one column at equal bits.
package struct ColumnPower: Sendable, Equatable {
  /// The column's name.
  package let title: String
  /// What it measures.
  package let metric: Metric
  /// Orders first, then trained rows against their starts, then all against the reference.
  package let comparisons: [PowerComparison]
  /// The records behind them.
  package let records: [RunRecord]

  /// The tests that the column's one line is about: those of orders, or all where the paper orders none.
  package var judged: [PowerComparison] {
    let orders = comparisons.filter { $0.kind == .order }
    return orders.isEmpty ? comparisons : orders
  }

  /// The smallest visible differences of ``judged``, at the uncorrected level.
  package var visible: [Double] { judged.compactMap { $0.test.smallestVisible() } }
}

extension TableContents {
  /// What the tests of each column of scores could have shown; columns without a test are left out.
  package var power: [ColumnPower] {
    grid.columns.filter { !$0.metric.isOfProcess }.flatMap { column in
      bitsGroups(inColumn: column.key).compactMap { columnPower($0, column) }
    }
  }

  private func columnPower(_ group: [TableEntry], _ column: GridColumn) -> ColumnPower? {
    guard let first = group.first else { return nil }
    let pairs = rankedPairs(among: group)
    var comparisons = pairs.compactMap { pair in
      pair.test.map {
        PowerComparison(
          kind: .order, name: "\(pair.better.label) − \(pair.worse.label)", test: $0,
          step: pair.step)
      }
    }
    for entry in group {
      guard let test = entry.score?.comparedWithInitialisation, !entry.isAtItsStart else {
        continue
      }
      comparisons.append(
        PowerComparison(
          kind: .ownStart, name: "\(entry.row.label) − its own start", test: test, step: nil))
    }
    let reference = referenceEntry(beside: first) ?? fullPrecision(column)
    for entry in group where entry.row.key != reference?.row.key {
      guard let reference, let other = reference.score,
        let test = entry.score?.compared(with: other)
      else { continue }
      comparisons.append(
        PowerComparison(
          kind: .reference, name: "\(entry.row.label) − \(reference.row.label)", test: test,
          step: nil))
    }
    guard !comparisons.isEmpty else { return nil }
    return ColumnPower(
      title: columnTitle(first).inMarkdown, metric: column.metric, comparisons: comparisons,
      records: group.compactMap(\.score).flatMap(\.records))
  }

  /// The entry that others are compared with, by the grid's word or else RTN; nil where it has no score.
  private func referenceEntry(beside entry: TableEntry) -> TableEntry? {
    guard let row = referenceRow(beside: entry),
      let found = self.entry(row: row.key, column: entry.column.key), found.score != nil
    else { return nil }
    return found
  }
}

extension TableEntry {
  /// Whether development text chose the start in every seed, so that the scores are those of the start.
  var isAtItsStart: Bool {
    let trained = records.filter { $0.zerothOrder != nil }
    return !trained.isEmpty && trained.allSatisfy { $0.selection?.step == 0 }
  }
}
