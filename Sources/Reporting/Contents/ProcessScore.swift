internal import Records
internal import Statistics
internal import Vocabulary

// Scores that aren't of a model but of the process that made it: memory and time.

extension MeasuredScore {
  /// From which relative difference on two peaks of memory are different.
  ///
  /// The same cell repeats its peak within 1 %, whatever ran before it (a test of this repository).
  package static let peakRepeatability = 0.02

  /// What an order of this score and another rests on.
  func ground(against other: MeasuredScore, _ test: PairedComparison?) -> RankedPair.Ground {
    switch metric.aggregation {
    case .formula: return .formula
    case .peak:
      let (least, most) = (min(value, other.value), max(value, other.value))
      return .repeatability(isSupported: most > least * (1 + Self.peakRepeatability))
    case .times:
      guard let a = updateRange, let b = other.updateRange else { return .nothing }
      // The range of a single time is a point, which says nothing of how far times vary.
      guard isTimedTwice, other.isTimedTwice else { return .repeatability(isSupported: false) }
      return .repeatability(
        isSupported: a.upperBound < b.lowerBound || b.upperBound < a.lowerBound)
    case .windows, .examples: return test != nil ? .test : .nothing
    }
  }

  /// What stands in brackets behind the value: the predicted peak, or the range of times; nil for
  /// other metrics.
  var bracket: String? {
    switch metric.aggregation {
    case .peak:
      records.first?.measurement?.analyticBytes.map(NumberText.gibibytes) ?? "–"
    case .times:
      updateRange.map { "\(NumberText.score($0.lowerBound))–\(NumberText.score($0.upperBound))" }
    case .windows, .examples, .formula: nil
    }
  }

  /// Between which values the ratio of this quantity to another (or to 1) is: a formula's alone, a peak's by
  /// ``peakRepeatability``, the shortest to the longest update; nil for times that were taken once, and for
  /// scores.
  func processRange(over other: MeasuredScore?) -> ClosedRange<Double>? {
    let ratio = value / (other?.value ?? 1)
    switch metric.aggregation {
    case .formula: return ratio...ratio
    case .peak: return ratio / (1 + Self.peakRepeatability)...ratio * (1 + Self.peakRepeatability)
    case .times:
      guard isTimedTwice, other?.isTimedTwice ?? true, let mine = updateRange else { return nil }
      let theirs = other.map(\.updateRange) ?? 1...1
      return theirs.map { mine.lowerBound / $0.upperBound...mine.upperBound / $0.lowerBound }
    case .windows, .examples: return nil
    }
  }

  /// Whether every record timed two updates or more.
  private var isTimedTwice: Bool {
    records.allSatisfy { ($0.measurement?.updates?.count ?? 0) > 1 }
  }

  /// Shortest and longest update over all records, seconds.
  private var updateRange: ClosedRange<Double>? {
    let updates = records.compactMap { $0.measurement?.updates }
    guard let least = updates.map(\.leastSeconds).min(), let most = updates.map(\.mostSeconds).max()
    else { return nil }
    return least...most
  }
}

extension TableContents {
  /// Whether any column is about a model; of memory and time, nobody asks how well training did.
  var judgesModels: Bool { metrics.contains { !$0.isOfProcess } }
}
