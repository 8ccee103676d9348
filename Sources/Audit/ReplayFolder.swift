internal import Harness
internal import JSONText
internal import Optimizers
package import Records
internal import System

/// Replay files that are committed with a table: `tables/<table>/replay/<scale>/<row>.<column>.seed<N>.replay`.
package struct ReplayFolder: Sendable {
  /// The folder of one table at one scale.
  package let folder: String

  /// The replay files of a table at a scale; nothing is touched yet.
  package init(root: String, table: String, scale: Scale) {
    folder = "\(root)/tables/\(table)/replay/\(scale.rawValue)"
  }

  /// Where the file of a cell at that place is.
  package func path(of address: CellAddress) -> String {
    let name = CommittedFile.name(of: address)
    return "\(folder)/\(name.dropLast(".json".count)).replay"
  }

  /// The committed training of a record's cell, held to the record; nil where none is committed.
  ///
  /// - Throws: ``ReplayFileError`` for a file that is damaged or of another run.
  package func file(of record: RunRecord) throws(ReplayFileError) -> ReplayFile? {
    let path = path(of: record.cell.address)
    guard FileStatus(of: path) != nil else { return nil }
    let file = try ReplayFile(contentsOf: path)
    try file.check(against: record, path: path)
    return file
  }

  /// Makes the committed files those of `records`: from the logs that their runs left, else those that are here and agree.
  ///
  /// - Parameters:
  ///   - records: What is published with the table.
  ///   - log: Where the log of a cell's run is, by the cell's id.
  /// - Returns: How many trained cells have no log.
  /// - Throws: What writing throws, and ``ReplayFileError`` for a log that isn't of its record's run.
  package func replace(by records: [RunRecord], logs log: (String) -> String) throws -> Int {
    var kept: Set<String> = []
    var missing = 0
    for record in records where record.isReplayable {
      let path = path(of: record.cell.address)
      let own = log(record.cell.id)
      if FileStatus(of: own) != nil {
        let file = try ReplayFile(log: own, of: record)
        try file.check(against: record, path: own)
        try makeFolder(folder)
        try writeDurably(file.bytes(), to: path)
      } else if (try? self.file(of: record)) == nil {
        missing += 1
        continue
      }
      kept.insert(path)
    }
    guard FileStatus(of: folder)?.isFolder == true else { return missing }
    for name in try listFolder(folder) where !kept.contains("\(folder)/\(name)") {
      try removeTree("\(folder)/\(name)")
    }
    return missing
  }
}

/// The number that an option is; nil where it is none.
private func number(_ option: JSON) -> Double? {
  switch option {
  case .integer(let value): Double(value)
  case .number(let value, text: _): value
  default: nil
  }
}

extension RunRecord {
  /// Whether it is of a training whose probes lead to its weights.
  package var isReplayable: Bool { (zerothOrder?.steps ?? 0) > 0 && status == .finished }
}

extension ReplayFile {
  /// The probes that a run's log has of a record's cell.
  ///
  /// - Throws: ``ReplayFileError`` for a log of other steps, and `ReplayLogError` for one that can't be read.
  package init(log path: String, of record: RunRecord) throws {
    guard let summary = record.zerothOrder else {
      throw ReplayFileError(path: path, reason: "its cell trained nothing by zeroth order")
    }
    let directions = summary.forwards / 2 / max(summary.steps, 1)
    let log = try ReplayLog(path: path, binding: ReplayJournal.binding(of: record.cell))
    let header = Header(
      cell: record.cell.address, model: record.cell.model.digest, seed: record.cell.seed,
      steps: summary.steps, directions: directions, epsilon: summary.epsilon,
      differenceBound: record.cell.method.options["clipDifference"].flatMap(number))
    try self.init(header, log.keepWholeSteps(of: directions), path: path)
  }

  /// Holds the file to the record of its cell.
  ///
  /// - Throws: ``ReplayFileError`` at the first thing that belongs to another run.
  package func check(against record: RunRecord, path: String) throws(ReplayFileError) {
    let cell = record.cell
    func other(_ what: String, _ own: String, _ records: String) -> ReplayFileError {
      ReplayFileError(path: path, reason: "its \(what) is \(own), the record's \(records)")
    }
    if header.cell != cell.address {
      throw other("place", "\(header.cell.place)", "\(cell.address.place)")
    }
    if header.model != cell.model.digest {
      throw other(
        "digest of the base weights", String(header.model.prefix(12)),
        String(cell.model.digest.prefix(12)))
    }
    if header.seed != cell.seed { throw other("seed", "\(header.seed)", "\(cell.seed)") }
    guard let summary = record.zerothOrder, summary.steps == header.steps else {
      throw other("number of steps", "\(header.steps)", "\(record.zerothOrder?.steps ?? 0)")
    }
    if header.epsilon != summary.epsilon {
      throw other("epsilon", "\(header.epsilon)", "\(summary.epsilon)")
    }
    guard summary.probeLosses.count == probes.count else {
      throw other("number of probes", "\(probes.count)", "\(summary.probeLosses.count)")
    }
    for (probe, expected) in zip(probes, summary.probeLosses) {
      let found = (probe.plus + probe.minus) / 2
      guard found == expected else {
        throw other("mean loss of step \(probe.step)", "\(found)", "\(expected)")
      }
    }
  }
}
