internal import JSONText
package import Records
internal import System

extension GateBaselines {
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

    fileprivate var place: Place { Place(gate: gate, file: file) }
  }

  /// What an acceptance may do beyond the usual.
  package struct Permission: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// The last baseline may get fewer windows or examples than it had.
    package static let fewerWindows = Permission(rawValue: 1)
    /// The records become the first baselines as well.
    package static let newFirst = Permission(rawValue: 2)
  }

  /// Makes records the last baselines, and the first where there was none; says why in the ledger.
  ///
  /// Whoever does the same meanwhile waits, and is waited for: what counts as before is what is there then. The first
  /// baseline stays the record that was there before, or this one, unless ``Permission/newFirst`` says otherwise. Records
  /// that are the last baseline already are left out.
  ///
  /// - Parameters:
  ///   - candidates: The records.
  ///   - reason: Why; not blank.
  ///   - at: Now, UTC, ISO 8601.
  ///   - permission: What may be done beyond the usual.
  /// - Returns: The ledger's new entry; nil where every record is the last baseline already.
  /// - Throws: ``GateBaselineError``, what reading baselines throws, or `FileError` for what can't be written.
  package mutating func accept(
    _ candidates: [Candidate], reason: String, at: String, permission: Permission = []
  ) throws -> Acceptance? {
    guard !reason.isBlank else { throw GateBaselineError.noReason }
    try makeFolder(folder)
    let lock = try BaselineLock(folder: folder)
    defer { _ = lock.isHeld }
    self = try GateBaselines(reading: folder)
    let isNewFirst = permission.contains(.newFirst)
    let new = candidates.filter { candidate in
      guard let pair = pairs[candidate.place] else { return true }
      return candidate.record.firstDifference(from: pair.last) != nil
        || isNewFirst && candidate.record.firstDifference(from: pair.first) != nil
    }
    guard !new.isEmpty else { return nil }
    let losses = new.flatMap { candidate in
      (pairs[candidate.place]?.last ?? candidate.earlier).map {
        candidate.record.lacks(of: $0).map { "\(candidate.gate)/\(candidate.file): \($0)" }
      } ?? []
    }
    guard losses.isEmpty || permission.contains(.fewerWindows) else {
      throw GateBaselineError.fewer(losses)
    }
    let cells = try new.map { try keep($0, isNewFirst: isNewFirst) }
    let commits = new.compactMap { $0.record.measurement?.commit }.reduce(into: [String]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    return try append(
      Acceptance(
        at: at, reason: reason, commit: commits.isEmpty ? nil : commits.joined(separator: " "),
        cells: cells, fewerWindows: losses.isEmpty ? nil : true, newFirst: isNewFirst ? true : nil))
  }

  /// Takes baselines out that nothing is held to any more; says why in the ledger, which keeps their entries.
  ///
  /// - Parameters:
  ///   - names: Gates, or cells as `gate/file`.
  ///   - reason: Why; not blank.
  ///   - at: Now, UTC, ISO 8601.
  /// - Returns: The ledger's new entry.
  /// - Throws: ``GateBaselineError``, what reading baselines throws, or `FileError`.
  package mutating func retire(_ names: [String], reason: String, at: String) throws -> Acceptance {
    guard !reason.isBlank else { throw GateBaselineError.noReason }
    try makeFolder(folder)
    let lock = try BaselineLock(folder: folder)
    defer { _ = lock.isHeld }
    self = try GateBaselines(reading: folder)
    var places: Set<Place> = []
    for name in names {
      let named = pairs.keys.filter { $0.gate == name || "\($0.gate)/\($0.file)" == name }
      guard !named.isEmpty else {
        throw GateBaselineError.nothingToRetire(
          name,
          suggestion: suggestion(
            for: name,
            among: name.contains("/") ? pairs.keys.map { "\($0.gate)/\($0.file)" }.sorted() : gates)
        )
      }
      places.formUnion(named)
    }
    let sorted = places.sorted { ($0.gate, $0.file) < ($1.gate, $1.file) }
    for place in sorted {
      for kind in ["first", "last"] { try removeTree(Self.path(folder, place, kind)) }
      pairs[place] = nil
    }
    return try append(
      Acceptance(
        at: at, reason: reason, commit: nil, cells: [],
        retired: sorted.map { Acceptance.Place(gate: $0.gate, file: $0.file) }))
  }

  /// Writes a cell's records.
  private mutating func keep(_ candidate: Candidate, isNewFirst: Bool) throws -> Acceptance.Cell {
    let known = pairs[candidate.place]
    let before = known?.last ?? candidate.earlier
    let first =
      isNewFirst ? candidate.record : known?.first ?? candidate.earlier ?? candidate.record
    var digests: [String] = []
    for (kind, record) in [("first", first), ("last", candidate.record)] {
      let path = Self.path(folder, candidate.place, kind)
      try makeFolder(parent(of: path))
      let bytes = Array(try jsonText(of: record.withoutFolders, style: .pretty).utf8)
      try writeDurably(bytes, to: path)
      digests.append(digest(of: bytes))
    }
    pairs[candidate.place] = Pair(first: first, last: candidate.record)
    return Acceptance.Cell(
      gate: candidate.gate, file: candidate.file, id: candidate.record.cell.id,
      digest: digests[1], first: digests[0],
      figures: candidate.record.gatedFigures.map { name, value, units in
        Acceptance.Figure(
          name: name, first: before == nil || isNewFirst ? nil : first.figure(named: name),
          before: before?.figure(named: name), after: value, units: units)
      })
  }

  /// Adds an entry; it goes last: until then the folder isn't what the ledger says, and is refused.
  private mutating func append(_ entry: Acceptance) throws -> Acceptance {
    ledger.accepted.append(entry)
    try ledger.seal()
    try writeDurably(
      Array(try jsonText(of: ledger, style: .pretty).utf8), to: Self.ledgerPath(folder))
    return ledger.accepted.last ?? entry
  }
}

extension RunRecord {
  /// What the other record has tested and this one hasn't: scores, windows, examples, tokens, a line each.
  fileprivate func lacks(of other: RunRecord) -> [String] {
    other.scores.filter { $0.split == "test" }.compactMap { old in
      let name = old.metric + (old.task.map { " of \($0)" } ?? "")
      let new = scores.first {
        $0.split == "test" && $0.metric == old.metric && $0.task == old.task
      }
      guard let new else { return "no \(name) any more" }
      let unit = old.task == nil ? "windows" : "examples"
      func count(_ score: Score) -> Int { score.outcomes?.count ?? score.windowNLL.count }
      if count(new) < count(old) {
        return "\(name) of \(count(new)) \(unit) in place of \(count(old))"
      }
      guard old.task == nil, new.scoredTokens < old.scoredTokens else { return nil }
      return "\(name) of \(new.scoredTokens) tokens in place of \(old.scoredTokens)"
    }
  }
}
