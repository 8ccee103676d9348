package import Records

/// One cell of a gate, and what came of it.
package struct GateCase: Sendable, Equatable {
  /// The gate.
  package let gate: String
  /// The cell.
  package let name: String
  /// The fresh record; nil where there is none.
  package let fresh: RunRecord?
  /// Held against the last baseline, then against the first where that is another; at least one.
  package let figures: [GateFigure]

  /// The worst of its figures.
  package var result: GateResult { GateResult.worst(of: figures.map(\.result)) }
}

/// What a gate says of all its cells.
package struct GateReport: Sendable, Equatable {
  /// The policy's file, as it was named.
  package let policy: String
  /// Its cells, in the policy's order.
  package let cases: [GateCase]
  /// What became of the rises that were planted.
  package let selfTest: GateSelfTest

  /// Compares every cell, and plants a rise into a copy of each that was compared.
  package init(policy: String, _ inputs: [GateInput]) {
    self.policy = policy
    cases = inputs.map(Self.compare)
    selfTest = GateSelfTest(inputs)
  }

  /// The worst of its cells; of none, an error: an empty result is never a pass.
  package var result: GateResult { GateResult.worst(of: cases.map(\.result)) }

  /// The exit status: 0 pass, 1 regression, 3 a planted rise wasn't caught, 4 nothing compared or something missing or stale,
  /// 5 inconclusive.
  package var exitCode: Int32 {
    if !selfTest.isSound { return 3 }
    return switch result {
    case .pass: 0
    case .regression: 1
    case .error: 4
    case .inconclusive: 5
    }
  }

  /// The cases with a result.
  package func count(_ result: GateResult) -> Int { cases.count { $0.result == result } }

  private static func compare(_ input: GateInput) -> GateCase {
    func unequal(_ detail: String) -> GateCase {
      GateCase(
        gate: input.gate, name: input.name, fresh: input.fresh,
        figures: [GateFigure("", .last, .error, detail)])
    }
    if let obstacle = input.obstacle { return unequal(obstacle) }
    guard let fresh = input.fresh else { return unequal("missing: there is no fresh record") }
    guard let last = input.last else {
      return unequal("no baseline yet; 'zeroqat accept' keeps this record as the first")
    }
    guard let first = input.first else {
      return GateCase(
        gate: input.gate, name: input.name, fresh: fresh,
        figures: GateFigure.all(fresh, last, .only, input.limits))
    }
    return GateCase(
      gate: input.gate, name: input.name, fresh: fresh,
      figures: GateFigure.all(fresh, last, .last, input.limits)
        + GateFigure.all(fresh, first, .first, input.limits))
  }
}

extension GateResult {
  /// The worst of some; of none, an error.
  static func worst(of results: [GateResult]) -> GateResult {
    allCases.first { results.contains($0) } ?? .error
  }
}
