internal import ArgumentParser
internal import Audit
internal import Harness
internal import Records
internal import Reporting
internal import System

/// A random share of committed trainings, replayed, and of the other cells, run again.
struct Repetition {
  let share: AuditShare
  let scale: Scale
  let seed: UInt64
  let work: WorkOptions
  let worker: String

  /// What came of both.
  mutating func items() throws -> [ArtifactChecklist.Item] {
    var tables = try CommittedTables(of: nil, scale: scale.rawValue, work, worker: worker)
    var generator = StepSample.Generator(seed: seed)
    let finished = tables.witnesses.filter { $0.record.status == .finished }
      .sorted { $0.place < $1.place }
    let trainings = finished.filter { hasLog($0, root: tables.root) }
    let others = finished.filter { !$0.record.isReplayable }
    return [
      try replayed(chosen(of: trainings, using: &generator), of: trainings.count),
      try repeated(chosen(of: others, using: &generator), of: others.count, &tables),
    ]
  }

  private func hasLog(_ witness: Witness, root: String) -> Bool {
    guard witness.record.isReplayable else { return false }
    let address = witness.record.cell.address
    let folder = ReplayFolder(root: root, table: address.table, scale: scale)
    return FileStatus(of: folder.path(of: address)) != nil
  }

  private func chosen(
    of witnesses: [Witness], using generator: inout StepSample.Generator
  ) -> [Witness] {
    StepSample.steps(share.of(witnesses.count), of: witnesses.count, using: &generator)
      .sorted().map { witnesses[$0] }
  }

  private func replayed(_ chosen: [Witness], of count: Int) throws -> ArtifactChecklist.Item {
    guard !chosen.isEmpty else {
      return .init(
        .reproduced, "trainings", notDone: "no training of scale \(scale.rawValue) has a log")
    }
    var faults: [String] = []
    var proven = 0
    for witness in chosen {
      let arguments =
        [
          witness.record.cell.address.table, "--scale", scale.rawValue, "--filter", witness.place,
          "--jobs", "1", "--blas-core", work.blasCore.rawValue, "--worker", worker,
        ] + (work.root.map { ["--root", $0] } ?? [])
        + (work.results.map { ["--results", $0] } ?? [])
        + (work.threads.map { ["--threads", "\($0)"] } ?? [])
      var audit = try TableAudit(AuditCommand.parse(arguments), seed: seed)
      try audit.run()
      faults += audit.faults.map { "\(witness.place): \($0)" }
      if audit.faults.isEmpty { proven += 1 }
    }
    return .init(
      .reproduced, "trainings",
      "\(proven) of \(chosen.count) replayed from their logs as they were, of \(count) (seed \(seed))",
      faults: faults)
  }

  private func repeated(
    _ chosen: [Witness], of count: Int, _ tables: inout CommittedTables
  ) throws -> ArtifactChecklist.Item {
    var faults: [String] = []
    var (equal, absent) = (0, 0)
    for (index, witness) in chosen.enumerated() {
      say("[\(index + 1)/\(chosen.count)] \(witness.place)")
      switch try tables.runAgain(witness) {
      case .equal: equal += 1
      case .differs(let words): faults.append("\(witness.place): \(words)")
      case .cannotRun(let why):
        absent += 1
        say("not run: \(witness.place): \(why)")
      }
    }
    guard equal > 0 || !faults.isEmpty else {
      return .init(
        .reproduced, "cells",
        notDone: "none of the \(chosen.count) that were chosen can run on this machine")
    }
    return .init(
      .reproduced, "cells",
      "\(equal) of \(chosen.count) equal to the last bit, of \(count) (seed \(seed))"
        + (absent > 0 ? "; \(absent) can't run on this machine" : ""),
      faults: faults)
  }
}
