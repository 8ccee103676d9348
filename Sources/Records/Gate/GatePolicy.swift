package import JSONText

/// What a gate holds fresh results to: `gate.json`, committed beside what it guards.
///
/// Folders are seen from the policy's own folder.
package struct GatePolicy: Codable, Sendable, Equatable {
  /// The version of this layout.
  package static let currentSchema = 1
  /// A rise of perplexity by this share fails where nobody names another: 0.5 %.
  package static let usualMargin = 0.005
  /// A fall of a task's mean by so many percentage points fails where nobody names another.
  package static let usualPoints = 1.0
  /// How improbable a false word may be, on each side, where nobody names another: 1 − Φ(3).
  package static let usualLevel = 0.00135
  /// The folder of accepted baselines where nobody names another.
  package static let usualBaseline = "baseline"

  /// Version of this layout.
  package var schema: Int
  /// Share by which the perplexity may not rise, such as 0.005; null for ``usualMargin``.
  package var margin: Double?
  /// Percentage points by which a task's mean may not fall; null for ``usualPoints``.
  package var points: Double?
  /// Probability of a false word on each side, as ``usualLevel``.
  package var level: Double?
  /// Which ways of comparing count; null for all of ``GateTier``.
  package var tiers: [Int]?
  /// The folder of accepted baselines; null for ``usualBaseline``.
  package var baseline: String?
  /// What is gated; at least one.
  package var gates: [GateRequest]

  /// A policy from its parts.
  package init(
    schema: Int = GatePolicy.currentSchema, margin: Double? = nil, points: Double? = nil,
    level: Double? = nil, tiers: [Int]? = nil, baseline: String? = nil, gates: [GateRequest]
  ) {
    self.schema = schema
    self.margin = margin
    self.points = points
    self.level = level
    self.tiers = tiers
    self.baseline = baseline
    self.gates = gates
  }

  /// Reads a policy and holds it to its rules.
  ///
  /// - Throws: ``JSONError`` at the first value that breaks one.
  package init(document: JSONDocument) throws(JSONError) {
    self = try document.decode(GatePolicy.self)
    try check(in: document)
  }

  /// What a gate compares by, its own words before those of the policy.
  package func limits(of gate: GateRequest) -> GateLimits {
    GateLimits(
      margin: gate.margin ?? margin ?? Self.usualMargin,
      points: gate.points ?? points ?? Self.usualPoints, level: level ?? Self.usualLevel,
      tiers: Set((gate.tiers ?? tiers)?.compactMap(GateTier.init(rawValue:)) ?? GateTier.allCases),
      modelMayChange: gate.table == nil)
  }
}

/// One thing that a policy gates: cells of a table, or a folder of records.
package struct GateRequest: Codable, Sendable, Equatable {
  /// What reports and the folder of its baseline are called.
  package var name: String
  /// A table of `tables/`, by name; null for a folder of records.
  package var table: String?
  /// The table's scale; null for the smallest that it has.
  package var scale: String?
  /// Only cells whose name contains this text; null for all.
  package var filter: String?
  /// A folder of records, such as `results/eval/own`; null for a table.
  package var records: String?
  /// Of a folder of records, whether their models and texts may be on another machine; null for no: each must be here,
  /// with the bytes that its record names, so that no record of an earlier model passes.
  package var elsewhere: Bool?
  /// The policy's margin, for this gate.
  package var margin: Double?
  /// The policy's points, for this gate.
  package var points: Double?
  /// The policy's tiers, for this gate.
  package var tiers: [Int]?

  /// A gate from its parts.
  package init(
    name: String, table: String? = nil, scale: String? = nil, filter: String? = nil,
    records: String? = nil, elsewhere: Bool? = nil, margin: Double? = nil, points: Double? = nil,
    tiers: [Int]? = nil
  ) {
    self.name = name
    self.table = table
    self.scale = scale
    self.filter = filter
    self.records = records
    self.elsewhere = elsewhere
    self.margin = margin
    self.points = points
    self.tiers = tiers
  }
}

/// How two records are compared.
package enum GateTier: Int, Sendable, CaseIterable {
  /// Equal kernels, equal digests of the final weights, equal losses of every window: nothing else is computed.
  case identical = 0
  /// Equal kernels: differences window by window, or example by example, against the margin.
  case sameKernels = 1
  /// Other kernels: the same, and the limit is wider by what rounding alone was seen to do.
  case otherKernels = 2
}

/// What one gate compares by.
package struct GateLimits: Sendable, Equatable {
  /// Share by which the perplexity may not rise.
  package var margin: Double
  /// Percentage points by which a task's mean may not fall.
  package var points: Double
  /// Probability of a false word on each side.
  package var level: Double
  /// Which ways of comparing count.
  package var tiers: Set<GateTier>
  /// Whether fresh records may be of a model with other bytes: of a folder of records, that is what is looked at.
  package var modelMayChange: Bool

  /// Limits from their parts.
  package init(
    margin: Double = GatePolicy.usualMargin, points: Double = GatePolicy.usualPoints,
    level: Double = GatePolicy.usualLevel, tiers: Set<GateTier> = Set(GateTier.allCases),
    modelMayChange: Bool = false
  ) {
    self.margin = margin
    self.points = points
    self.level = level
    self.tiers = tiers
    self.modelMayChange = modelMayChange
  }
}
