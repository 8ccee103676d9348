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

  /// `+0.31 % perplexity, between +0.12 and +0.50 (99.73 %), 177 windows in blocks of 9`.
  var change: String {
    let interval = test.interval
    let blocks = interval.blockLength > 1 ? " in blocks of \(interval.blockLength)" : ""
    let units = "\(NumberText.count(interval.count, isText ? "window" : "example"))\(blocks)"
    guard interval.low.isFinite, interval.high.isFinite else {
      return "\(mean): \(units) are too few to tell"
    }
    // A task's rise is a fall of its mean.
    let (low, high) = isText ? (interval.low, interval.high) : (-interval.high, -interval.low)
    return
      "\(mean), between \(number(low)) and \(number(high)) (\(NumberText.coverage(level: test.level))), \(units)"
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

  /// `can't tell; it takes 5.5 times the windows (980 in place of 177): 2.1 min more …`, or why no number does.
  func wanted(_ paired: PairedComparison?, _ records: [RunRecord]) -> String {
    let unit = isText ? "windows" : "examples"
    let count = test.interval.count
    guard test.interval.blocks >= BlockBootstrap.fewestBlocks else {
      let least = BlockBootstrap.fewest(blockLength: isText ? nil : 1)
      return
        "can't tell, nor how many \(unit) would: their spread shows from \(least) on; score \(least) or more"
    }
    guard let needed = test.needed else {
      let most = NumberText.grouped(Int(MarginTest.mostTimes) * count)
      return
        "can't tell, and no number of \(unit) up to \(most) would: they differ too unevenly for this margin"
    }
    let times = Double(needed) / Double(count)
    guard let paired else {
      return
        "can't tell; it takes \(NumberText.fixed(times, 1)) times the \(unit) (\(NumberText.grouped(needed)) in place of "
        + "\(NumberText.grouped(count)))"
    }
    let cost = MeasuringCost(times: times, of: paired, records)
    return "can't tell; it takes " + cost.text(NumberText.fixed(times, 1), metric)
  }
}

extension NumberText {
  /// How often an interval holds the true value that is missed with probability `level` on each side: `99.73 %`.
  ///
  /// With as many digits as it takes not to say 100.
  static func coverage(level: Double) -> String {
    let missed = 200 * level
    guard missed < 1 else { return fixed(100 - missed, missed == missed.rounded() ? 0 : 1) + " %" }
    let decimals = min(12, Int((-log10(missed)).rounded(.up)) + 1)
    return fixed(100 - missed, decimals) + " %"
  }
}
