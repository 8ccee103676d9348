internal import Glibc
internal import Records
internal import Statistics
internal import Vocabulary

/// A margin test in words.
struct GateWords {
  private let test: MarginTest
  private let metric: Metric
  private let isText: Bool
  private let limits: GateLimits
  private let floor: Double
  private let activations: Int

  /// Words for a test of a text's nats, or of a task's percentage points.
  init(
    _ test: MarginTest, metric: Metric, isText: Bool, _ limits: GateLimits, floor: Double,
    activations: Int
  ) {
    self.test = test
    self.metric = metric
    self.isText = isText
    self.limits = limits
    self.floor = floor
    self.activations = activations
  }

  /// `+0.31 % perplexity, between +0.12 and +0.50, 177 windows in blocks of 9`.
  var change: String {
    let interval = test.interval
    let blocks = interval.blockLength > 1 ? " in blocks of \(interval.blockLength)" : ""
    let units = "\(NumberText.count(interval.count, isText ? "window" : "example"))\(blocks)"
    guard interval.low.isFinite, interval.high.isFinite else {
      return "\(mean): \(units) are too few to tell"
    }
    // A task's rise is a fall of its mean.
    let (low, high) = isText ? (interval.low, interval.high) : (-interval.high, -interval.low)
    return "\(mean), between \(number(low)) and \(number(high)), \(units)"
  }

  private var mean: String {
    isText
      ? "\(number(test.interval.mean)) % perplexity"
      : "\(number(-test.interval.mean)) points"
  }

  private func number(_ value: Double) -> String {
    NumberText.signed(isText ? 100 * expm1(value) : value, 2)
  }

  /// `, 12 of 2 000 answers changed: 5 better and 7 worse`.
  func flips(_ fresh: [Double], _ baseline: [Double]) -> String {
    let better = zip(fresh, baseline).count { $0 > $1 }
    let worse = zip(fresh, baseline).count { $0 < $1 }
    return
      ", \(better + worse) of \(NumberText.count(fresh.count, "answer")) changed: \(better) better "
      + "and \(worse) worse"
  }

  /// `< +0.50 % perplexity`, and what widens it.
  var limit: String {
    guard isText else { return "< \(NumberText.fixed(limits.points, 2)) points lost" }
    let share = "< +\(NumberText.fixed(100 * limits.margin, 2)) % perplexity"
    guard floor > 0 else { return share }
    return
      "\(share), widened to \(NumberText.signed(100 * expm1(test.margin), 2)) % by three rounding floors of "
      + "\(NumberText.fixed(floor, 5)) nats (\(activations)-bit activations, other kernels)"
  }

  /// `it takes 5.5 times the windows (980 in place of 177): 2.1 min more …`.
  func wanted(_ paired: PairedComparison?, _ records: [RunRecord]) -> String {
    let unit = isText ? "windows" : "examples"
    guard let needed = test.needed, let paired else {
      guard test.interval.blocks >= BlockBootstrap.fewestBlocks else {
        return "can't tell; it takes more \(unit)"
      }
      return
        "can't tell; it takes more than \(NumberText.fixed(MarginTest.mostTimes, 0)) times the \(unit)"
    }
    let times = Double(needed) / Double(test.interval.count)
    let cost = MeasuringCost(times: times, of: paired, records)
    return "can't tell; it takes " + cost.text(NumberText.fixed(times, 1), metric)
  }
}
