package import Records
package import Vocabulary

/// Fresh records held against committed ones, cell by cell.
package struct CheckReport: Sendable, Equatable {
  /// The table's name.
  package let table: String
  /// The scale.
  package let scale: Scale
  /// One case per cell that has a record, in the grid's order; then committed records that the grid has no
  /// cell for.
  package let cases: [CheckCase]

  /// What the whole says.
  package var outcome: CheckOutcome {
    if cases.contains(where: { $0.result == .failure }) { return .regression }
    let compared = cases.contains { $0.result == .pass }
    return compared && !cases.contains { $0.result == .error } ? .allGood : .nothingMeasured
  }

  /// The cases with a result.
  package func count(_ result: CheckResult) -> Int {
    cases.count { $0.result == result }
  }

  /// Whether nothing is committed, so that there is nothing to hold fresh records against.
  package var hasNothingCommitted: Bool { cases.allSatisfy { !$0.isCommitted } }
}

/// What a check says as a whole.
package enum CheckOutcome: String, Sendable {
  /// Something was compared, and nothing is worse, missing or stale: exit code 0.
  case allGood
  /// A cell is worse than its tolerance allows: exit code 1, whatever else is missing.
  case regression
  /// Nothing was compared, or a cell is missing, stale or broken: exit code 4, never a pass.
  case nothingMeasured
}

/// One cell of a check.
package struct CheckCase: Sendable, Equatable {
  /// Where the cell stands.
  package let address: CellAddress
  /// What was compared; at least one figure.
  package let figures: [CheckFigure]
  /// Whether there is a committed record.
  package let isCommitted: Bool

  /// The worst of its figures: one failure makes a failure; nothing is a pass that has an error, and one
  /// comparison that passed makes a pass of those that couldn't be made.
  package var result: CheckResult {
    for worse in [CheckResult.failure, .error, .pass] {
      if figures.contains(where: { $0.result == worse }) { return worse }
    }
    return .skipped
  }

  /// Why, figure by figure.
  package var detail: String {
    guard figures.count > 1 else { return figures.first?.detail ?? "" }
    return figures.map { "\($0.name): \($0.detail)" }.joined(separator: "; ")
  }

  /// The case's name in reports.
  package var name: String {
    "\(address.row)/\(address.column)" + (address.task.map { "/\($0)" } ?? "")
      + "/seed \(address.seed)"
  }
}

/// What became of one cell, in JUnit's words.
package enum CheckResult: String, Sendable {
  /// Compared, not worse.
  case pass
  /// Compared, worse than allowed.
  case failure
  /// Not comparable although it should be: missing, stale, or the cell failed.
  case error
  /// Nothing to compare with, by the committed side's own word.
  case skipped
}

/// A cell that is to be checked.
package struct CheckedCell: Sendable {
  /// Where it stands.
  package let address: CellAddress
  /// What the grid's columns that it serves measure.
  package let metrics: [Metric]
  /// The id that it has by today's grid, files and code: a fresh record with another one is stale.
  ///
  /// Nil when that isn't known, or when the caller has left stale records out.
  package let currentID: String?
  /// Why there may be no fresh record; nil when it just hasn't run.
  package let obstacle: String?
  /// Whether it takes a program that isn't part of this project and isn't on this machine: then nothing is amiss here.
  package let lacksProgram: Bool

  /// A cell from its parts.
  package init(
    _ address: CellAddress, metrics: [Metric], currentID: String? = nil, obstacle: String? = nil,
    lacksProgram: Bool = false
  ) {
    self.address = address
    self.metrics = metrics
    self.currentID = currentID
    self.obstacle = obstacle
    self.lacksProgram = lacksProgram
  }
}

/// Compares fresh records with committed ones of the same row, column, task and seed.
///
/// `cells` are those to look at, in the order of the report; `strangers` says whether committed records
/// of no such cell are errors, as they are when `cells` are all that the grid has. `beginnings` says whether fresh
/// cells may be beginnings of committed ones, as a quick run's are.
package func checkRecords(
  table: String, scale: Scale, cells: [CheckedCell], fresh: [RunRecord], committed: [RunRecord],
  strangers: Bool = true, beginnings: Bool = false
) -> CheckReport {
  let freshByAddress = Dictionary(grouping: fresh, by: \.cell.address)
  let committedByAddress = Dictionary(grouping: committed, by: \.cell.address)
  // One cell may serve several places of a grid, and be committed at one of them.
  let committedIDs = Set(
    cells.filter { committedByAddress[$0.address] != nil }.compactMap(\.currentID))
  var cases: [CheckCase] = []
  for cell in cells {
    let ours = committedByAddress[cell.address] ?? []
    let candidates = freshByAddress[cell.address] ?? []
    // Of several fresh ones the current one counts; otherwise any shows what is stale.
    let current = candidates.first { $0.cell.id == cell.currentID } ?? candidates.first
    guard let record = ours.first else {
      if let id = cell.currentID, committedIDs.contains(id) { continue }
      guard let current else { continue }
      cases.append(
        CheckCase(
          address: cell.address,
          figures: [
            .uncompared(
              .skipped, "no committed record to compare with", committed: nil, fresh: current)
          ], isCommitted: false))
      continue
    }
    cases.append(
      CheckCase(
        address: cell.address,
        figures: compare(current, with: record, cell, beginnings: beginnings), isCommitted: true))
    for _ in ours.dropFirst() {
      cases.append(
        CheckCase(
          address: cell.address,
          figures: [
            .uncompared(
              .error, "two committed records claim this cell", committed: record, fresh: nil)
          ], isCommitted: true))
    }
  }
  let known = Set(cells.map(\.address))
  for record in committed where strangers && !known.contains(record.cell.address) {
    cases.append(
      CheckCase(
        address: record.cell.address,
        figures: [
          .uncompared(
            .error, "committed, but the grid has no such cell", committed: record, fresh: nil)
        ], isCommitted: true))
  }
  return CheckReport(table: table, scale: scale, cases: cases)
}

private func compare(
  _ fresh: RunRecord?, with committed: RunRecord, _ cell: CheckedCell, beginnings: Bool
) -> [CheckFigure] {
  func unequal(_ result: CheckResult, _ detail: String) -> [CheckFigure] {
    [.uncompared(result, detail, committed: committed, fresh: fresh)]
  }
  guard let fresh else {
    if cell.lacksProgram {
      return unequal(.skipped, "not run: \(cell.obstacle ?? "its program isn't here")")
    }
    return unequal(
      .error, "missing: there is no fresh record" + (cell.obstacle.map { "; \($0)" } ?? ""))
  }
  if let currentID = cell.currentID, fresh.cell.id != currentID {
    return unequal(
      .error,
      "stale: the record is \(NumberText.digest(fresh.cell.id)), today's cell is "
        + NumberText.digest(currentID) + (cell.obstacle.map { "; \($0)" } ?? ""))
  }
  let isBeginning = beginnings && fresh.begins(committed)
  if let change = changedCondition(fresh, committed, isBeginning: isBeginning) {
    return unequal(.error, "stale: \(change)")
  }
  switch (committed.status, fresh.status) {
  case (.failed, .failed): return unequal(.skipped, "failed, as the committed one did")
  case (_, .failed):
    return unequal(
      .error, "the fresh cell failed: \(fresh.reason?.withoutFolders ?? "no reason given")")
  case (.tooLarge, .tooLarge):
    // Where a table prints the prediction, that is the cell's figure.
    return cell.metrics.contains { $0.aggregation == .peak }
      ? [.predictedMemory(fresh, committed)]
      : unequal(.skipped, "too large, as the committed one was")
  case (_, .tooLarge):
    return unequal(
      .error, "the fresh cell is too large: \(fresh.reason?.withoutFolders ?? "no reason given")")
  case (.diverged, .diverged): return unequal(.pass, "diverged, as the committed one did")
  case (.finished, .diverged):
    return unequal(
      .failure, "the fresh cell diverged: \(fresh.reason?.withoutFolders ?? "place unknown")")
  case (.failed, _), (.tooLarge, _), (.diverged, .finished):
    return unequal(
      .pass,
      "\(fresh.status.inWords), the committed one "
        + (committed.status == .tooLarge ? "was too large" : "had \(committed.status.rawValue)"))
  case (.finished, .finished):
    return isBeginning
      ? CheckFigure.ofBeginning(fresh, committed)
      : CheckFigure.all(fresh, committed, metrics: cell.metrics)
  }
}

/// The first condition in which two records of one address differ, in words.
///
/// Science code and kernel path may differ: noticing what they do to a score is the purpose. So may the model's bytes
/// where `modelMayChange`.
func changedCondition(
  _ fresh: RunRecord, _ committed: RunRecord, isBeginning: Bool, modelMayChange: Bool = false
) -> String? {
  let (a, b) = (fresh.cell, committed.cell)
  if a.protocolSettings.id != b.protocolSettings.id {
    return "protocol \(b.protocolSettings.id) became \(a.protocolSettings.id)"
  }
  if a.bits != b.bits { return "bits \(b.bits) became \(a.bits)" }
  if a.method.name != b.method.name { return "method \(b.method.name) became \(a.method.name)" }
  // Where a program lies is no option of it: committed records and baselines don't say.
  if !isBeginning,
    a.method.withoutProgramFolders.options != b.method.withoutProgramFolders.options
  {
    return "the method's options changed"
  }
  if !modelMayChange, a.model.digest != b.model.digest { return "another model digest" }
  if a.model.tokenizerDigest != b.model.tokenizerDigest { return "another tokenizer digest" }
  if a.protocolSettings.windowTokens != b.protocolSettings.windowTokens {
    return "windows of \(b.protocolSettings.windowTokens) tokens became "
      + "\(a.protocolSettings.windowTokens)"
  }
  let (tokensA, tokensB) = (fresh.digest("tokens.test"), committed.digest("tokens.test"))
  if fresh.status == .finished, committed.status == .finished, tokensA != tokensB || tokensA == nil
  {
    return "another test token stream"
  }
  // Of tasks, records from before their examples were digested say nothing.
  for examples in committed.digests where examples.name.hasPrefix("examples.") {
    // Of a beginning's test there are fewer.
    if isBeginning, examples.name.hasSuffix(".test") { continue }
    if fresh.status == .finished, examples.text != fresh.digest(examples.name) {
      return "other examples: \(examples.name.dropFirst(9))"
    }
  }
  return nil
}
