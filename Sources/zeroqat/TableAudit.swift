internal import ArgumentParser
internal import Audit
internal import Harness
internal import Records
internal import System

/// The audit of a table's committed trainings, one after the other.
struct TableAudit {
  private let command: AuditCommand
  private let tables: CommittedTables
  private let seed: UInt64
  private var generator: StepSample.Generator
  private var audits: [CellAudit] = []
  private var without = 0
  private var failed = 0

  /// An audit whose choice of steps follows from `seed`.
  init(_ command: AuditCommand, seed: UInt64) throws {
    self.command = command
    self.seed = seed
    generator = StepSample.Generator(seed: seed)
    tables = try CommittedTables(
      of: command.table, scale: command.scale, command.work, worker: command.worker)
  }

  /// Audits every committed training that the command names.
  mutating func run() throws {
    let chosen = tables.witnesses.filter {
      $0.record.isReplayable && (command.filter.map($0.place.contains) ?? true)
    }
    let store = ResultStore(
      results: tables.results + "/audit", table: command.table, scale: .tiny)
    try makeFolder(store.folder)
    let lock = try StoreLock(folder: store.results)
    defer { _ = lock.isHeld }
    for (index, witness) in chosen.enumerated() {
      say("[\(index + 1)/\(chosen.count)] \(witness.place)")
      try audit(witness, in: store)
    }
    try removeTree(store.folder)
    try removeTree(store.stages)
  }

  private mutating func audit(_ witness: Witness, in store: ResultStore) throws {
    let address = witness.record.cell.address
    let folder = ReplayFolder(
      root: tables.root, table: address.table, scale: try Scale(named: address.scale))
    let file: ReplayFile
    do throws(ReplayFileError) {
      guard let found = try folder.file(of: witness.record) else {
        without += 1
        return print("no log is committed", of: witness)
      }
      file = found
    } catch {
      audits.append(
        CellAudit(verdict: .differs(error.reason), steps: 0, again: 0, largestDifference: 0))
      return print("DIFFERS: \(error)", of: witness)
    }
    let cell: Cell
    switch tables.standing(of: witness, withAnyKernels: true) {
    case .cannotRun(let why):
      failed += 1
      return print("can't run: \(why)", of: witness)
    case .runs(let found): cell = found
    }
    let again = StepSample.steps(command.steps, of: file.header.steps, using: &generator)
    let journal = ReplayJournal(of: cell, workFolder: store.workFolder(of: cell.id))
    // The chosen checkpoint is scored again, the others' scores aren't what the table shows.
    let chosen = witness.record.selection?.step ?? file.header.steps
    try journal.write(
      file, without: again, evaluations: witness.record.evaluations(but: [chosen]))
    let began = monotonicSeconds()
    switch try tables.process.run(
      cell, in: store, output: { writeToStandardError(Array($0)) })
    {
    case .interrupted(let signal): throw ExitCode(Interruption.exitStatus(of: signal))
    case .record(let record):
      if record.status == .failed {
        failed += 1
        return print("failed: \(record.reason ?? "no reason given")", of: witness)
      }
      let audit = CellAudit(
        of: file, witness.record, evaluated: try journal.evaluated(behind: file), replayed: record,
        expected: again)
      audits.append(audit)
      try removeTree(store.workFolder(of: cell.id))
      print(
        "\(audit.words), \(durationInWords(monotonicSeconds() - began))", of: witness)
    }
  }

  /// The sentence on all of them, and the status that it comes to.
  func report() throws {
    let differing = audits.count {
      if case .differs = $0.verdict { true } else { false }
    }
    let sound = audits.count - differing
    if sound > 0 {
      let steps = audits.reduce(0) { $0 + $1.steps }
      let again = audits.reduce(0) { $0 + $1.again }
      let rounded = audits.count { $0.verdict == .withinRounding }
      let share = StepSample.greatestShare(sampled: again) * 100
      try writeToStandardOutput(
        "\(audits.count) trainings, \(steps) updates: \(sound - rounded) proved, \(rounded) within rounding of other "
          + "kernels, \(differing) differing. \(again) random steps (seed \(seed)) evaluated again: if "
          + "more than \(rounded2(share)) % of the steps, averaged over the trainings, were wrong, this would have "
          + "shown it with a chance of 95 %.\n")
    }
    if without > 0 { try writeToStandardOutput("\(without) trainings have no committed log\n") }
    if differing > 0 { throw ExitCode(1) }
    if failed > 0 { throw ExitCode(3) }
    if audits.isEmpty { throw ExitCode(4) }
  }

  private func print(_ words: String, of witness: Witness) {
    do { try writeToStandardOutput("\(witness.place): \(words)\n") } catch { say("\(error)") }
  }

  private func say(_ line: String) { writeToStandardError(Array((line + "\n").utf8)) }
}

extension CellAudit {
  /// What came of it, in words.
  fileprivate var words: String {
    let most = StepSample.mostWrong(among: steps, sampled: again)
    return switch verdict {
    case .proved:
      "proved: \(steps) updates replayed, weights and scores equal to the last bit; so are \(again) random "
        + "steps evaluated again (more than \(most) wrong \(most == 1 ? "one" : "ones") would have been seen, 95 %)"
    case .withinRounding:
      "within rounding: \(steps) updates replayed with other kernels; the losses of \(again) steps evaluated again "
        + "differ by at most \(largestDifference) nats"
    case .differs(let what): "DIFFERS: \(what)"
    }
  }
}

/// A share in percent with two digits behind the point, rounded up.
private func rounded2(_ value: Double) -> String {
  let hundredths = Int((value * 100).rounded(.up))
  return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
}
