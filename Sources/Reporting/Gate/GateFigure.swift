internal import Glibc
package import Records
internal import Statistics
internal import Vocabulary

/// One score of a fresh record, held against one baseline.
package struct GateFigure: Sendable, Equatable {
  /// What is compared: `perplexity`, `accuracy of sst2`; empty where a cell has nothing to compare.
  package let name: String
  /// Which baseline.
  package let against: GateBaseline
  /// How it was compared; nil where it wasn't.
  package let tier: GateTier?
  /// The baseline's figure: a perplexity, or percent.
  package let baseline: Double?
  /// The fresh one.
  package let fresh: Double?
  /// The test; nil where nothing had to be computed, or could be.
  package let test: MarginTest?
  /// The limit in words; empty where none applied.
  package let limit: String
  /// What came of it.
  package let result: GateResult
  /// Why.
  package let detail: String
  /// The windows or examples that lost most, the worst first; none where nothing lost.
  package let losses: [UnitLoss]

  init(
    _ name: String, _ against: GateBaseline, tier: GateTier? = nil, baseline: Double? = nil,
    fresh: Double? = nil, test: MarginTest? = nil, limit: String = "", _ result: GateResult,
    _ detail: String, losses: [UnitLoss] = []
  ) {
    self.name = name
    self.against = against
    self.tier = tier
    self.baseline = baseline
    self.fresh = fresh
    self.test = test
    self.limit = limit
    self.result = result
    self.detail = detail
    self.losses = losses
  }
}

/// A window of text, or an example of a task, that is worse than it was.
package struct UnitLoss: Encodable, Sendable, Equatable {
  /// Which one, from 0, among those that were scored.
  package let index: Int
  /// What it scored: mean NLL in nats per token, or percent.
  package let baseline: Double
  /// What it scores now.
  package let fresh: Double

  /// A loss from its parts.
  package init(index: Int, baseline: Double, fresh: Double) {
    self.index = index
    self.baseline = baseline
    self.fresh = fresh
  }

  /// How many are named.
  package static let named = 3

  /// Those of two lists that lost most, the worst first; `sign` is 1 where more is worse, −1 where less is.
  package static func most(_ fresh: [Double], _ baseline: [Double], sign: Double) -> [UnitLoss] {
    let losses = zip(fresh, baseline).enumerated().filter { sign * ($1.0 - $1.1) > 0 }
    return losses.sorted {
      let (a, b) = (sign * ($0.element.0 - $0.element.1), sign * ($1.element.0 - $1.element.1))
      return a != b ? a > b : $0.offset < $1.offset
    }.prefix(named).map { UnitLoss(index: $0.offset, baseline: $0.element.1, fresh: $0.element.0) }
  }
}
