package import Records
package import Statistics
package import Vocabulary

/// Which order two methods of one column have in the paper, and whether ours is the same.
package struct RankedPair: Sendable, Equatable {
  /// The row that the paper ranks higher.
  package let better: GridRow
  /// The row that the paper ranks lower.
  package let worse: GridRow
  /// The column that ranks them.
  package let column: String
  /// What the column measures.
  package let metric: Metric
  /// What we measured.
  package let outcome: Outcome
  /// The paired test behind the outcome; nil when one of the two diverged, or there are fewer than
  /// two windows or examples.
  package let test: PairedComparison?
  /// The test among those of all orders of the table; nil without a test.
  package internal(set) var step: HolmCorrection.Step?
  /// What the outcome rests on.
  package let ground: Ground

  /// What an order rests on.
  package enum Ground: Sendable, Equatable {
    /// A paired test.
    case test
    /// One of the two diverged, the other didn't.
    case divergence
    /// Values that follow from a formula and have no error.
    case formula
    /// Two measurements of processes, and how far such measurements repeat.
    case repeatability(isSupported: Bool)
    /// Two numbers, and nothing to judge their difference by.
    case nothing
  }

  /// How our order compares with the paper's.
  package enum Outcome: Sendable, Equatable {
    /// The same order.
    case agrees
    /// The other order.
    case reversed
    /// To the last bit the same score.
    case tied
  }

  /// Whether the order that we measured is supported: by the paired test, by a divergence, or by
  /// values that have no error.
  ///
  /// A test supports it when p, corrected for the number of orders in the table, is below
  /// ``Statistics/PairedComparison/level`` and the difference above the rounding floor.
  package var isSupported: Bool {
    guard outcome != .tied else { return false }
    if case .repeatability(let isSupported) = ground { return isSupported }
    guard let test else { return ground != .nothing }
    return (step?.probability ?? test.probability) < PairedComparison.level
      && test.meanDifference.magnitude > test.roundingFloor
  }

  /// Whether the pair holds this row.
  package func involves(_ row: String) -> Bool { better.key == row || worse.key == row }

  /// The other row of the pair.
  package func opponent(of row: String) -> GridRow { better.key == row ? worse : better }
}

extension TableContents {
  /// All pairs of methods in a column that both the paper and we have, in the grid's order.
  ///
  /// Full precision isn't a method: everybody ranks it first, and counting it would flatter.
  /// Methods that the paper prints as equal make no pair, nor do two that diverged.
  ///
  /// Where rows name their bits, only rows of equal bits are ranked against each other.
  package func rankedPairs(inColumn column: String) -> [RankedPair] {
    bitsGroups(inColumn: column).flatMap { rankedPairs(among: $0) }
  }

  /// The pairs that two of these entries make.
  func rankedPairs(among entries: [TableEntry]) -> [RankedPair] {
    let eligible = entries.filter { entry in
      !entry.row.isFullPrecision && entry.paper?.number != nil
        && (entry.score != nil || entry.isDiverged)
    }
    var pairs: [RankedPair] = []
    for (index, a) in eligible.enumerated() {
      for b in eligible[(index + 1)...] {
        if let pair = rankedPair(a, b) { pairs.append(pair) }
      }
    }
    return pairs
  }

  private func rankedPair(_ a: TableEntry, _ b: TableEntry) -> RankedPair? {
    guard let paperA = a.paper?.number, let paperB = b.paper?.number, paperA != paperB else {
      return nil
    }
    let lowerIsBetter = a.column.metric.isLowerBetter
    let aFirst = lowerIsBetter ? paperA < paperB : paperA > paperB
    let (better, worse) = aFirst ? (a, b) : (b, a)
    let outcome: RankedPair.Outcome
    var test: PairedComparison?
    var ground = RankedPair.Ground.divergence
    switch (better.score, worse.score) {
    case (let first?, let second?):
      test = first.compared(with: second)
      ground = first.ground(against: second, test)
      let difference = test?.meanDifference ?? (first.value - second.value)
      if difference == 0 {
        outcome = .tied
      } else {
        outcome = (difference < 0) == lowerIsBetter ? .agrees : .reversed
      }
    case (.some, nil): outcome = .agrees
    case (nil, .some): outcome = .reversed
    case (nil, nil): return nil
    }
    let place = OrderPlace(column: a.column.key, better: better.row.key, worse: worse.row.key)
    return RankedPair(
      better: better.row, worse: worse.row, column: a.column.key, metric: a.column.metric,
      outcome: outcome, test: test, step: orderSteps[place], ground: ground)
  }
}

/// Two rows of a column, as the paper orders them.
struct OrderPlace: Hashable {
  var column: String
  var better: String
  var worse: String
}

extension TableContents {
  /// All orders of the table that a test judges, each among the others.
  func correctedOrders() -> [OrderPlace: HolmCorrection.Step] {
    let tested = grid.columns.flatMap { rankedPairs(inColumn: $0.key) }.filter { $0.test != nil }
    let steps = HolmCorrection(tested.compactMap(\.test?.probability)).steps
    return Dictionary(
      zip(tested, steps).map { pair, step in
        (OrderPlace(column: pair.column, better: pair.better.key, worse: pair.worse.key), step)
      }, uniquingKeysWith: { first, _ in first })
  }
}
