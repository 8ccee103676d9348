package import Optimizers
package import Records
internal import Vocabulary

/// What came of one cell's audit: its training replayed, some of its steps and its final scores taken again.
package struct CellAudit: Sendable, Equatable {
  /// What it came to.
  package enum Verdict: Sendable, Equatable {
    /// Everything equal to the last bit.
    case proved
    /// Other kernels than the record's: losses of probes agree as well as two orders of summation do.
    case withinRounding
    /// Something isn't what it was: what, and where.
    case differs(String)
  }

  /// What it came to.
  package var verdict: Verdict
  /// Updates that were replayed.
  package var steps: Int
  /// Steps that were evaluated again.
  package var again: Int
  /// The largest difference of a loss among those, nats.
  package var largestDifference: Double

  /// An audit from its parts.
  package init(verdict: Verdict, steps: Int, again: Int, largestDifference: Double) {
    self.verdict = verdict
    self.steps = steps
    self.again = again
    self.largestDifference = largestDifference
  }

  /// Compares a run that replayed `file` with the committed record.
  ///
  /// - Parameters:
  ///   - file: The committed probes.
  ///   - committed: The committed record.
  ///   - evaluated: Probes that the replaying run evaluated itself.
  ///   - replayed: Its record.
  ///   - expected: The steps that it should have evaluated.
  package init(
    of file: ReplayFile, _ committed: RunRecord, evaluated: [Probe], replayed: RunRecord,
    expected: Set<Int>
  ) {
    steps = file.header.steps
    again = expected.count
    largestDifference = 0
    var words: String?
    let (own, here) = (committed.cell.blasCore, replayed.cell.blasCore)
    for probe in evaluated {
      let index = probe.step * file.header.directions + probe.direction
      guard file.probes.indices.contains(index) else { continue }
      let logged = file.probes[index]
      for (name, new, old) in [("L+", probe.plus, logged.plus), ("L-", probe.minus, logged.minus)] {
        let difference = abs(new - old)
        largestDifference = max(largestDifference, difference)
        if own == here ? new.bitPattern != old.bitPattern : !(difference <= Self.tolerance) {
          words = words ?? "step \(probe.step): \(name) is \(old) in the log, and \(new) here"
        }
      }
    }
    let found = Set(evaluated.map(\.step))
    guard found == expected, evaluated.count == expected.count * file.header.directions else {
      verdict = .differs("of \(expected.count) steps \(found.count) were evaluated again")
      return
    }
    if own != here, replayed.status == committed.status, words == nil {
      words = Self.scoreBeyondRounding(replayed, committed)
      guard words != nil else {
        verdict = .withinRounding
        return
      }
    }
    words = words ?? replayed.firstDifference(from: committed)
    if let found = words, own != here {
      words = "\(found) (kernels \(own) there, \(here) here)"
    }
    verdict = words.map { .differs($0) } ?? .proved
  }

  /// The first mean loss of the scores that differs by more than ``tolerance``, or is missing; nil where none does.
  private static func scoreBeyondRounding(_ new: RunRecord, _ old: RunRecord) -> String? {
    guard new.scores.count == old.scores.count else {
      return "\(old.scores.count) scores became \(new.scores.count)"
    }
    for (a, b) in zip(new.scores, old.scores) {
      guard let was = b.meanNLL ?? b.meanLoss else { continue }
      if let found = a.meanNLL ?? a.meanLoss, abs(found - was) <= tolerance { continue }
      let found = (a.meanNLL ?? a.meanLoss).map { "\($0)" } ?? "none"
      return "mean loss of \(b.split): \(was) became \(found)"
    }
    return nil
  }

  /// The most by which a probe's loss, or a score's mean loss, may differ between two kernel sets, nats.
  ///
  /// Rounding moved losses of two committed trainings at W4A4 by 0.004 and 0.009 (activations that are rounded to few bits
  /// fall to the other side); batches differ by tenths, see `Documentation/guides/Audit.md`.
  package static let tolerance = 3e-2
}
