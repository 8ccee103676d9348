internal import Glibc
package import Records

/// Fresh records held against committed ones, cell by cell.
package struct CheckReport: Sendable, Equatable {
  /// The table's name.
  package let table: String
  /// The scale.
  package let scale: Scale
  /// One case per cell, in the order of the committed records, then fresh ones that have no
  /// counterpart.
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
  /// The result.
  package let result: CheckResult
  /// Committed perplexity, where there is one.
  package let committed: Double?
  /// Fresh perplexity, where there is one.
  package let fresh: Double?
  /// The limit that applied, where two scores were compared.
  package let tolerance: CheckTolerance?
  /// Why.
  package let detail: String

  /// The case's name in reports.
  package var name: String { "\(address.row)/\(address.column)/seed \(address.seed)" }
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

/// Compares fresh records with committed ones of the same row, column and seed.
///
/// `currentIDs` is the id that each cell has by today's grid, files and code: a fresh record with
/// another id is stale. Nil when the caller has already left stale records out.
package func checkRecords(
  table: String, scale: Scale, fresh: [RunRecord], committed: [RunRecord],
  currentIDs: [CellAddress: String]? = nil
) -> CheckReport {
  var byAddress: [CellAddress: [RunRecord]] = [:]
  for record in fresh { byAddress[record.cell.address, default: []].append(record) }
  var seen: Set<CellAddress> = []
  var cases: [CheckCase] = []
  for record in committed {
    let address = record.cell.address
    guard seen.insert(address).inserted else {
      cases.append(unequal(record, .error, "two committed records claim this cell"))
      continue
    }
    let candidates = byAddress[address] ?? []
    // Of several fresh ones the current one counts; otherwise any shows what is stale.
    let current = candidates.first { $0.cell.id == currentIDs?[address] } ?? candidates.first
    cases.append(compare(current, with: record, currentID: currentIDs?[address]))
  }
  for record in fresh where seen.insert(record.cell.address).inserted {
    cases.append(
      CheckCase(
        address: record.cell.address, result: .skipped, committed: nil,
        fresh: record.testScore(.perplexity)?.value, tolerance: nil,
        detail: "no committed record to compare with"))
  }
  return CheckReport(table: table, scale: scale, cases: cases)
}

/// A case in which no two scores were compared.
private func unequal(
  _ committed: RunRecord, _ result: CheckResult, _ detail: String, fresh: RunRecord? = nil
) -> CheckCase {
  CheckCase(
    address: committed.cell.address, result: result,
    committed: committed.testScore(.perplexity)?.value,
    fresh: fresh?.testScore(.perplexity)?.value, tolerance: nil, detail: detail)
}

private func compare(
  _ fresh: RunRecord?, with committed: RunRecord, currentID: String?
) -> CheckCase {
  guard let fresh else { return unequal(committed, .error, "missing: there is no fresh record") }
  if let currentID, fresh.cell.id != currentID {
    return unequal(
      committed, .error,
      "stale: the record is \(NumberText.digest(fresh.cell.id)), today's cell is "
        + NumberText.digest(currentID), fresh: fresh)
  }
  if let change = changedCondition(fresh, committed) {
    return unequal(committed, .error, "stale: \(change)", fresh: fresh)
  }
  switch (committed.status, fresh.status) {
  case (.failed, .failed):
    return unequal(committed, .skipped, "failed, as the committed one did", fresh: fresh)
  case (_, .failed):
    return unequal(
      committed, .error,
      "the fresh cell failed: \(fresh.reason?.withoutFolders ?? "no reason given")", fresh: fresh)
  case (.tooLarge, .tooLarge):
    return unequal(committed, .skipped, "too large, as the committed one was", fresh: fresh)
  case (_, .tooLarge):
    return unequal(
      committed, .error,
      "the fresh cell is too large: \(fresh.reason?.withoutFolders ?? "no reason given")",
      fresh: fresh)
  case (.diverged, .diverged):
    return unequal(committed, .pass, "diverged, as the committed one did", fresh: fresh)
  case (.finished, .diverged):
    return unequal(
      committed, .failure,
      "the fresh cell diverged: \(fresh.reason?.withoutFolders ?? "place unknown")", fresh: fresh)
  case (.failed, _), (.tooLarge, _), (.diverged, .finished):
    return unequal(
      committed, .pass,
      "\(fresh.status.inWords), the committed one "
        + (committed.status == .tooLarge ? "was too large" : "had \(committed.status.rawValue)"),
      fresh: fresh)
  case (.finished, .finished):
    return compareScores(fresh, committed)
  }
}

/// The first condition in which two records of one address differ, in words.
///
/// Science code and kernel path may differ: noticing what they do to a score is the purpose.
private func changedCondition(_ fresh: RunRecord, _ committed: RunRecord) -> String? {
  let (a, b) = (fresh.cell, committed.cell)
  if a.protocolSettings.id != b.protocolSettings.id {
    return "protocol \(b.protocolSettings.id) became \(a.protocolSettings.id)"
  }
  if a.bits != b.bits { return "bits \(b.bits) became \(a.bits)" }
  if a.method.name != b.method.name { return "method \(b.method.name) became \(a.method.name)" }
  if a.method.options != b.method.options { return "the method's options changed" }
  if a.model.digest != b.model.digest { return "another model digest" }
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
  return nil
}

private func compareScores(_ fresh: RunRecord, _ committed: RunRecord) -> CheckCase {
  guard let a = fresh.testScore(.perplexity), let b = committed.testScore(.perplexity) else {
    return unequal(committed, .error, "one of the two has no test perplexity", fresh: fresh)
  }
  do {
    try fresh.refuseContradiction(in: a)
    try committed.refuseContradiction(in: b)
  } catch { return unequal(committed, .error, error.description, fresh: fresh) }
  let (windowsA, windowsB) = (a.windowNLL.compactMap(\.self), b.windowNLL.compactMap(\.self))
  guard windowsB.count == b.windowNLL.count, !windowsB.isEmpty else {
    return unequal(committed, .error, "the committed windows aren't all finite", fresh: fresh)
  }
  guard a.windowNLL.count == b.windowNLL.count else {
    return unequal(
      committed, .error,
      "stale: \(b.windowNLL.count) windows became \(a.windowNLL.count); a shortened run isn't "
        + "comparable", fresh: fresh)
  }
  guard windowsA.count == windowsB.count else {
    return unequal(committed, .failure, "a fresh window isn't finite", fresh: fresh)
  }
  let differences = WindowStatistics(zip(windowsA, windowsB).map { $0 - $1 })
  let relative = exp(differences.mean) - 1
  let tolerance = CheckTolerance.limit(
    bits: committed.cell.bits, fresh: a, committed: b,
    pairedError: differences.standardError ?? 0)
  let isWorse = tolerance.isExceeded(relativeRise: relative, rise: differences.mean)
  let isBetter = tolerance.isExceeded(
    relativeRise: exp(-differences.mean) - 1, rise: -differences.mean)
  let change =
    "\(NumberText.signed(relative * 100, 3)) % perplexity, "
    + "\(NumberText.signed(differences.mean, 5)) nats"
  let detail: String
  if isWorse {
    detail = "\(change): worse than allowed"
  } else if isBetter {
    detail = "\(change): better by more than the tolerance; commit the new record if that is meant"
  } else {
    detail = differences.mean == 0 && (differences.standardError ?? 0) == 0 ? "identical" : change
  }
  return CheckCase(
    address: committed.cell.address, result: isWorse ? .failure : .pass,
    committed: exp(WindowStatistics(windowsB).mean), fresh: exp(WindowStatistics(windowsA).mean),
    tolerance: tolerance, detail: detail)
}
