package import Records

/// One cell that a gate looks at: what is fresh, and what it is held against.
package struct GateInput: Sendable {
  /// The gate that it belongs to.
  package let gate: String
  /// The cell's name in reports.
  package let name: String
  /// What the gate compares by.
  package let limits: GateLimits
  /// The fresh record; nil where there is none that counts.
  package let fresh: RunRecord?
  /// Why there is none, or why it doesn't count; nil where it does.
  package let obstacle: String?
  /// The baseline that was accepted last; nil where there is none.
  package let last: RunRecord?
  /// The one that was accepted first; nil where that is the last one too.
  package let first: RunRecord?

  /// A cell from its parts.
  package init(
    gate: String, name: String, limits: GateLimits, fresh: RunRecord?, obstacle: String?,
    last: RunRecord?, first: RunRecord?
  ) {
    self.gate = gate
    self.name = name
    self.limits = limits
    self.fresh = fresh
    self.obstacle = obstacle
    self.last = last
    self.first = first
  }
}

/// Which baseline a figure is held against.
package enum GateBaseline: String, Sendable {
  /// The one that was accepted last: what changed since.
  case last
  /// The one that was accepted first: what many small changes came to.
  case first
  /// The last one, which is the first.
  case only
}

/// What came of a figure, a cell or a gate; the worst counts, and the first is the worst.
package enum GateResult: String, Sendable, CaseIterable {
  /// Worse by the margin, as far as can be told: exit code 1.
  case regression
  /// Missing, stale, shortened or broken, so that nothing was compared: exit code 4.
  case error
  /// Compared, and nobody can tell yet: exit code 5.
  case inconclusive
  /// Worse by the margin is ruled out: exit code 0.
  case pass
}
