/// What became of one scenario.
package struct ConformanceFinding: Sendable, Equatable {
  /// Whose doing it is.
  package enum Verdict: String, Sendable, CaseIterable {
    /// It did what it must.
    case passed
    /// The program said itself that it can't do this.
    case refused
    /// It failed as its manifest says that it does.
    case expected
    /// The program is at fault.
    case fault
    /// This program, or the machine, is.
    case ours
  }

  /// The scenario's name.
  package let scenario: String
  /// Whose doing it is.
  package let verdict: Verdict
  /// Figures, or the reason.
  package let words: String

  /// A finding from its parts.
  package init(_ scenario: String, _ verdict: Verdict, _ words: String) {
    self.scenario = scenario
    self.verdict = verdict
    self.words = words
  }

  /// The finding with what the manifest expects of the scenario taken into account.
  ///
  /// A failure that is expected is one; one that is expected and doesn't come is the program's fault: its manifest
  /// says something that isn't so.
  package func expecting(_ failure: String?) -> ConformanceFinding {
    guard let failure else { return self }
    switch verdict {
    case .fault, .refused:
      return ConformanceFinding(scenario, .expected, "\(failure): \(words)")
    case .passed:
      return ConformanceFinding(
        scenario, .fault, "its manifest expects a failure ('\(failure)'), and there was none")
    case .expected, .ours: return self
    }
  }

  /// The exit status for findings: 3 where something of this program's failed, 1 where the program is at fault or
  /// did nothing at all, else 0.
  package static func exitStatus(of findings: [ConformanceFinding]) -> Int32 {
    if findings.contains(where: { $0.verdict == .ours }) { return 3 }
    let isAtFault = findings.contains { $0.verdict == .fault }
    return isAtFault || !findings.contains { $0.verdict == .passed } ? 1 : 0
  }
}
