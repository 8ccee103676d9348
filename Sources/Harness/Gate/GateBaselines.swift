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
  package internal(set) var ledger: AcceptanceLedger
  /// By ``Acceptance/Place``.
  var pairs: [Place: Pair] = [:]

  /// Where a baseline is.
  struct Place: Hashable {
    let gate: String
    let file: String
  }

  /// Reads the baselines in a folder, while nobody changes them; one that isn't there has none.
  ///
  /// - Throws: `JSONError` for a ledger that doesn't read or was edited, ``GateBaselineError``, or what reading records
  ///   throws.
  package init(folder: String) throws {
    guard FileStatus(of: folder) != nil else {
      self.init(without: folder)
      return
    }
    let lock = try BaselineLock(folder: folder)
    try self.init(reading: folder)
    _ = lock.isHeld
  }

  /// The baselines of a folder that isn't there.
  private init(without folder: String) {
    self.folder = folder
    ledger = AcceptanceLedger()
  }

  /// Reads the baselines in a folder; the caller sees to it that nobody changes them.
  init(reading folder: String) throws {
    self.folder = folder
    ledger = AcceptanceLedger()
    let path = Self.ledgerPath(folder)
    guard FileStatus(of: path) != nil else {
      try refuseStrangers([:])
      return
    }
    let document = try JSONDocument(contentsOf: path)
    ledger = try AcceptanceLedger(document: document)
    let broken = try ledger.brokenSeal(in: document)
    let latest = ledger.latest
    do { try read(latest) } catch {
      // What an edited ledger says of a record is no word on the record.
      if let broken { throw broken }
      throw error
    }
    // A figure by name tells more than the entry that it is in.
    try checkFigures(latest, in: document)
    if let broken { throw broken }
    try refuseStrangers(latest)
  }

  private mutating func read(_ latest: [Place: Acceptance.Cell]) throws {
    for (place, cell) in latest {
      let records = try [("first", cell.first), ("last", cell.digest)].map { kind, expected in
        let path = Self.path(folder, place, kind)
        guard FileStatus(of: path) != nil else { throw GateBaselineError.missing(path) }
        guard try digest(ofFile: path) == expected else { throw GateBaselineError.changed(path) }
        return try RecordFile.read(path)
      }
      pairs[place] = Pair(first: records[0], last: records[1])
    }
  }

  /// Refuses records that no acceptance names.
  private func refuseStrangers(_ known: [Place: Acceptance.Cell]) throws {
    for gate in try listFolder(folder)
    where FileStatus(of: "\(folder)/\(gate)")?.isFolder == true {
      for kind in ["first", "last"] {
        for file in try listFolder("\(folder)/\(gate)/\(kind)") {
          let place = Place(gate: gate, file: file)
          guard known[place] == nil else { continue }
          throw GateBaselineError.unknown(Self.path(folder, place, kind))
        }
      }
    }
  }

  /// The baselines of a gate's cell; nil where none was accepted.
  package func pair(gate: String, file: String) -> Pair? { pairs[Place(gate: gate, file: file)] }

  /// The file that a record's baseline has, or would have, among those of a gate.
  ///
  /// Baselines from before names were escaped keep theirs, where they are of that cell.
  package func file(of record: RunRecord, gate: String) -> String {
    let name = record.cell.baselineFile
    let earlier = record.cell.unescapedBaselineFile
    guard pair(gate: gate, file: name) == nil, let old = pair(gate: gate, file: earlier),
      old.last.cell.hasBaseline(of: record.cell)
    else { return name }
    return earlier
  }

  /// The files that a gate has baselines of.
  package func files(of gate: String) -> [String] {
    pairs.keys.filter { $0.gate == gate }.map(\.file).sorted()
  }

  /// The gates that have baselines.
  package var gates: [String] { Set(pairs.keys.map(\.gate)).sorted() }

  static func ledgerPath(_ folder: String) -> String { folder + "/accepted.json" }

  static func path(_ folder: String, _ place: Place, _ kind: String) -> String {
    "\(folder)/\(place.gate)/\(kind)/\(place.file)"
  }
}

extension AcceptanceLedger {
  /// The last word on each baseline that wasn't taken out.
  fileprivate var latest: [GateBaselines.Place: Acceptance.Cell] {
    var latest: [GateBaselines.Place: Acceptance.Cell] = [:]
    for acceptance in accepted {
      for cell in acceptance.cells { latest[cell.place] = cell }
      for place in acceptance.retired ?? [] {
        latest[GateBaselines.Place(gate: place.gate, file: place.file)] = nil
      }
    }
    return latest
  }
}

extension Acceptance.Cell {
  /// Where its baseline is.
  var place: GateBaselines.Place { GateBaselines.Place(gate: gate, file: file) }
}
