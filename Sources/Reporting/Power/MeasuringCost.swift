internal import Glibc
internal import Records
internal import Statistics
internal import Vocabulary

/// What it takes to make a test's error smaller, by the times that its own records took.
///
/// The square of the error falls as one over the windows (or examples) as far as those make it, and as one
/// over the seeds as far as those do; whichever makes the larger part limits. Weights aren't kept, so that
/// cells run again before more of the text is scored. Scoring takes the records' `evaluate` phases, of
/// which the test split has its share by windows; seeds take the whole of their cells.
struct MeasuringCost: Equatable {
  /// What limits.
  enum Limit {
    case windows, seeds
  }

  /// What limits.
  let limit: Limit
  /// How many there are of that.
  let present: Int
  /// How many it takes.
  let needed: Int
  /// Seconds that the cells of the records take as they are; nil where a record doesn't say.
  let cellSeconds: Double?
  /// Seconds that come on top; nil where a record doesn't say.
  let moreSeconds: Double?
  /// Whether every window of the test split is scored already.
  let isTextUsedUp: Bool

  /// What it takes to have `factor` times as many of what limits `test`, a test of these records.
  init(times factor: Double, of test: PairedComparison, _ records: [RunRecord]) {
    limit = test.isLimitedBySeeds ? .seeds : .windows
    present = limit == .seeds ? test.seeds : test.windows
    needed = Int(min(1e9, (factor * Double(present)).rounded(.up)))
    isTextUsedUp =
      limit == .windows
      && records.contains {
        $0.score(.perplexity) != nil && $0.cell.protocolSettings.testWindows == nil
      }
    let measured = records.compactMap(\.measurement)
    guard measured.count == records.count, !records.isEmpty else {
      (cellSeconds, moreSeconds) = (nil, nil)
      return
    }
    let whole = measured.reduce(0) { $0 + $1.wallSeconds }
    cellSeconds = whole
    switch limit {
    case .seeds:
      let seeded = records.filter { record in
        records.contains { $0.isOtherSeed(of: record) }
      }
      moreSeconds =
        (factor - 1) * seeded.compactMap(\.measurement).reduce(0) { $0 + $1.wallSeconds }
    case .windows: moreSeconds = (factor - 1) * records.reduce(0) { $0 + $1.testSeconds }
    }
  }

  /// `four times the windows (128 in place of 32): 2.1 min of scoring beside the 5.0 min of these cells`.
  func text(_ factor: String, _ metric: Metric) -> String {
    let unit = limit == .seeds ? "seed" : metric.unitOfTests
    let head =
      "\(factor) times the \(unit)s (\(NumberText.grouped(needed)) in place of "
      + "\(NumberText.grouped(present)))"
    guard let moreSeconds, let cellSeconds else { return "\(head); the records have no times" }
    let time =
      limit == .seeds
      ? "\(Self.minutes(moreSeconds)) more"
      : "\(Self.minutes(moreSeconds)) more of scoring beside the \(Self.minutes(cellSeconds)) that "
        + "these cells take, as weights aren't kept"
    return "\(head): \(time)"
      + (isTextUsedUp ? "; every window of this text is scored already, so it takes more text" : "")
  }

  /// `0.4 min`, `12 min`, `2.5 h`.
  static func minutes(_ seconds: Double) -> String {
    let minutes = seconds / 60
    if minutes < 10 { return "\(NumberText.fixed(minutes, 1)) min" }
    return minutes < 120
      ? "\(NumberText.fixed(minutes, 0)) min" : "\(NumberText.fixed(minutes / 60, 1)) h"
  }
}

extension PairedComparison {
  /// How many times the present windows or seeds it takes until a difference of `distance` is visible where
  /// now one of `visible` is, as the error falls with the root of their number: (visible/distance)², rounded
  /// up to tenths; nil beyond ``mostTimes``.
  func timesToShow(_ distance: Double, visible: Double) -> Double? {
    guard distance > 0 else { return nil }
    let factor = (visible / distance) * (visible / distance)
    return factor <= Self.mostTimes ? max(1, (factor * 10).rounded(.up) / 10) : nil
  }

  /// Beyond how many times the present windows or seeds no number is named.
  static let mostTimes = 100.0
}

extension RunRecord {
  /// Whether the other record is the same place with another seed.
  func isOtherSeed(of other: RunRecord) -> Bool {
    var (a, b) = (cell.address, other.cell.address)
    guard a.seed != b.seed else { return false }
    (a.seed, b.seed) = (0, 0)
    return a == b
  }

  /// Seconds of the `evaluate` phases that went into test windows or examples, by their share.
  fileprivate var testSeconds: Double {
    func units(_ split: String) -> Int {
      scores.filter { $0.split == split }.reduce(0) {
        $0 + $1.windowNLL.count + ($1.outcomes?.count ?? 0)
      }
    }
    let (test, all) = (units("test"), units("test") + units("development"))
    guard all > 0, let phases = measurement?.phases else { return 0 }
    let seconds = phases.filter { $0.name == "evaluate" }.reduce(0) { $0 + $1.wallSeconds }
    return seconds * Double(test) / Double(all)
  }
}
