internal import Glibc
internal import Records

/// One test score of two records, window by window or example by example.
package struct ScoreDifference: Encodable, Sendable, Equatable {
  /// `perplexity`, or a metric with its task.
  package let name: String
  /// Whether it is of text: then windows are compared, in nats per token, and less is better.
  package let isText: Bool
  /// A's value: a perplexity, or percent; null where A hasn't it.
  package let a: Double?
  /// B's value.
  package let b: Double?
  /// B against A: of a perplexity in percent, of a task in percentage points; null where they can't be compared.
  package let change: Double?
  /// Lower end of the change's interval at ``level``, by blocks of neighbours; null where it can't be told.
  package let low: Double?
  /// Its upper end.
  package let high: Double?
  /// Windows or examples in which B is better.
  package let better: Int
  /// Those in which it is worse.
  package let worse: Int
  /// Those that are equal to the last bit.
  package let equal: Int
  /// Why nothing could be compared; null where it could.
  package let obstacle: String?
  /// The windows or examples that are worst in B against A.
  package let worst: [UnitLoss]

  /// How improbable it is, on each side, that the true change lies beyond the interval: it holds 95 %.
  package static let level = 0.025

  /// Compares two scores of one name.
  init(_ a: Score?, _ b: Score?, _ name: Score.Name) {
    let isText = name.task == nil
    self.isText = isText
    self.name = name.metric + (name.task.map { " of \($0)" } ?? "")
    (self.a, self.b) = (a?.figure, b?.figure)
    let unit = isText ? "window" : "example"
    func units(_ score: Score) -> [Double?] {
      isText ? score.windowNLL : (score.outcomes ?? []).map { 100 * $0 }
    }
    var obstacle: String?
    var (old, new): ([Double], [Double]) = ([], [])
    if let a, let b {
      let (x, y) = (units(a), units(b))
      old = x.compactMap(\.self).filter(\.isFinite)
      new = y.compactMap(\.self).filter(\.isFinite)
      if x.count != y.count {
        obstacle = "\(NumberText.count(x.count, unit)) in A, \(y.count) in B"
      } else if old.count != x.count || new.count != y.count {
        obstacle = "not every \(unit) is finite"
      } else if x.isEmpty {
        obstacle = "there is no \(unit)"
      }
    } else {
      obstacle = "\(a == nil ? "A" : "B") hasn't this score"
    }
    self.obstacle = obstacle
    guard obstacle == nil else {
      (change, low, high, better, worse, equal, worst) = (nil, nil, nil, 0, 0, 0, [])
      return
    }
    let sign: Double = isText ? 1 : -1
    let rises = zip(new, old).map { $0 - $1 }
    better = rises.count { sign * $0 < 0 }
    worse = rises.count { sign * $0 > 0 }
    equal = rises.count { $0 == 0 }
    worst = UnitLoss.most(new, old, sign: sign)
    let interval = BlockBootstrap(rises, blockLength: isText ? nil : 1, level: Self.level)
    func scaled(_ value: Double?) -> Double? {
      guard let value, value.isFinite else { return nil }
      return isText ? 100 * expm1(value) : value
    }
    change = scaled(interval?.mean)
    low = scaled(interval?.low)
    high = scaled(interval?.high)
  }
}
