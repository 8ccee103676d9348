internal import JSONText
package import Records
internal import System

/// The baselines of a policy: `<folder>/<gate>/first/` and `last/`, a record a file, and why in `accepted.json`.
///
/// All of it is to be committed. What isn't as the ledger's last word on it says is refused: a baseline changes with a reason
/// or not at all.
package struct GateBaselines: Sendable {
  /// A cell's baselines.
  package struct Pair: Sendable, Equatable {
    /// Accepted first.
    package let first: RunRecord
    /// Accepted last.
    package let last: RunRecord
  }

  /// The folder.
  package let folder: String
  /// What was accepted so far.
  package private(set) var ledger: AcceptanceLedger
  private var pairs: [String: Pair] = [:]

  /// Reads the baselines in a folder; one that isn't there has none.
  ///
  /// - Throws: `JSONError` for a ledger that doesn't read, ``GateBaselineError``, or what reading records throws.
  package init(folder: String) throws {
    self.folder = folder
    let path = folder + "/accepted.json"
    if FileStatus(of: path) != nil {
      ledger = try AcceptanceLedger(document: JSONDocument(contentsOf: path))
    } else {
      ledger = AcceptanceLedger()
    }
    var latest: [String: Acceptance.Cell] = [:]
    for cell in ledger.accepted.flatMap(\.cells) { latest["\(cell.gate)/\(cell.file)"] = cell }
    for (key, cell) in latest {
      let records = try [("first", cell.first), ("last", cell.digest)].map { kind, expected in
        let path = Self.path(folder, cell.gate, kind, cell.file)
        guard FileStatus(of: path) != nil else { throw GateBaselineError.missing(path) }
        guard try digest(ofFile: path) == expected else { throw GateBaselineError.changed(path) }
        return try RecordFile.read(path)
      }
      pairs[key] = Pair(first: records[0], last: records[1])
    }
    try refuseStrangers(latest)
  }

  /// Refuses records that no acceptance names.
  private func refuseStrangers(_ known: [String: Acceptance.Cell]) throws {
    for gate in try listFolder(folder)
    where FileStatus(of: "\(folder)/\(gate)")?.isFolder == true {
      for kind in ["first", "last"] {
        for file in try listFolder("\(folder)/\(gate)/\(kind)")
        where known["\(gate)/\(file)"] == nil {
          throw GateBaselineError.changed(Self.path(folder, gate, kind, file))
        }
      }
    }
  }

  /// The baselines of a gate's cell; nil where none was accepted.
  package func pair(gate: String, file: String) -> Pair? { pairs["\(gate)/\(file)"] }

  /// The files that a gate has baselines of.
  package func files(of gate: String) -> [String] {
    pairs.keys.filter { $0.hasPrefix(gate + "/") }.map { String($0.dropFirst(gate.count + 1)) }
      .sorted()
  }

  /// One cell that is to be accepted.
  package struct Candidate: Sendable {
    /// The gate.
    package let gate: String
    /// The record's file.
    package let file: String
    /// What is accepted.
    package let record: RunRecord
    /// What it was held against so far, where that isn't a baseline of this folder: a table's committed record.
    package let earlier: RunRecord?

    /// A candidate from its parts.
    package init(gate: String, file: String, record: RunRecord, earlier: RunRecord?) {
      self.gate = gate
      self.file = file
      self.record = record
      self.earlier = earlier
    }
  }

  /// Makes records the last baselines, and the first where there was none; says why in the ledger.
  ///
  /// The first baseline never changes: it is the record that was there before, or this one.
  ///
  /// - Parameters:
  ///   - candidates: At least one.
  ///   - reason: Why; not blank.
  ///   - at: Now, UTC, ISO 8601.
  /// - Throws: ``GateBaselineError``, or `FileError` for what can't be written.
  package mutating func accept(_ candidates: [Candidate], reason: String, at: String) throws {
    guard !reason.isBlank else { throw GateBaselineError.noReason }
    var cells: [Acceptance.Cell] = []
    var commits: [String] = []
    for candidate in candidates {
      let known = pair(gate: candidate.gate, file: candidate.file)
      let first = known?.first ?? candidate.earlier ?? candidate.record
      let before = known?.last ?? candidate.earlier
      var digests: [String] = []
      for (kind, record) in [("first", first), ("last", candidate.record)] {
        let path = Self.path(folder, candidate.gate, kind, candidate.file)
        try makeFolder(parent(of: path))
        let bytes = Array(try jsonText(of: record.withoutFolders, style: .pretty).utf8)
        try writeDurably(bytes, to: path)
        digests.append(digest(of: bytes))
      }
      if let commit = candidate.record.measurement?.commit, !commits.contains(commit) {
        commits.append(commit)
      }
      cells.append(
        Acceptance.Cell(
          gate: candidate.gate, file: candidate.file, id: candidate.record.cell.id,
          digest: digests[1], first: digests[0],
          figures: candidate.record.gatedFigures.map { name, value in
            Acceptance.Figure(
              name: name,
              first: known == nil && candidate.earlier == nil
                ? nil : first.figure(named: name),
              before: before?.figure(named: name), after: value)
          }))
      pairs["\(candidate.gate)/\(candidate.file)"] = Pair(first: first, last: candidate.record)
    }
    ledger.accepted.append(
      Acceptance(
        at: at, reason: reason, commit: commits.isEmpty ? nil : commits.joined(separator: " "),
        cells: cells))
    // The ledger goes last: until then the folder isn't what it says, and is refused.
    try writeDurably(
      Array(try jsonText(of: ledger, style: .pretty).utf8), to: folder + "/accepted.json")
  }

  private static func path(_ folder: String, _ gate: String, _ kind: String, _ file: String)
    -> String
  { "\(folder)/\(gate)/\(kind)/\(file)" }
}

extension RunRecord {
  /// The test scores as a ledger names them: perplexities, and percent of tasks.
  fileprivate var gatedFigures: [(name: String, value: Double?)] {
    scores.filter { $0.split == "test" }.map { score in
      (
        score.metric + (score.task.map { " of \($0)" } ?? ""),
        score.task == nil ? score.value : score.value.map { 100 * $0 }
      )
    }
  }

  fileprivate func figure(named name: String) -> Double? {
    gatedFigures.first { $0.name == name }?.value
  }
}

/// Why baselines can't be used.
package enum GateBaselineError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A record isn't what the ledger says of it.
  case changed(String)
  /// A record that the ledger names isn't there.
  case missing(String)
  /// Nothing says why.
  case noReason

  /// What is wrong, and what to do.
  package var description: String {
    switch self {
    case .changed(let path):
      "\(path): error: expected the record that accepted.json names, found another; a baseline changes by "
        + "'zeroqat accept --reason' alone, so restore the folder as it was committed"
    case .missing(let path):
      "\(path): error: expected the record that accepted.json names, found no file; restore the folder as it was "
        + "committed"
    case .noReason: "expected --reason to say why the baseline may change, found nothing in it"
    }
  }
}
