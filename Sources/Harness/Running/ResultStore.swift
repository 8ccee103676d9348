internal import JSONText
package import Records
package import System

/// Finished cells on disk: `results/<table>/<scale>/<id>.json`, one record each.
///
/// A record is there whole or not at all. Only a process that holds the ``StoreLock`` writes.
package struct ResultStore: Sendable {
  /// The folder of all tables' results, which one process at a time writes to.
  package let results: String
  /// The folder of one table at one scale.
  package let folder: String

  /// The store of one table at one scale; nothing is touched yet.
  package init(results: String, table: String, scale: Scale) {
    self.results = results
    folder = "\(results)/\(table)/\(scale.rawValue)"
  }

  /// The store of evaluations that no grid asks for.
  package init(evaluationsIn results: String) {
    self.results = results
    folder = "\(results)/\(SingleEvaluation.table)/\(SingleEvaluation.scale)"
  }

  /// The folder of trainings that cells of all tables share.
  package var stages: String { results + "/stages" }

  /// What stands under an id.
  package enum Entry: Sendable, Equatable {
    /// Nothing.
    case none
    /// A sound record of that cell.
    case record(RunRecord)
    /// A file that isn't one, and why.
    case corrupt(reason: String)
  }

  /// The record's file.
  package func path(of id: String) -> String { "\(folder)/\(id).json" }

  /// The folder in which the cell's worker keeps what it needs to go on after an interruption.
  package func workFolder(of id: String) -> String { "\(folder)/\(id).work" }

  /// The log of the cell's training, once it is finished; nothing where it trained nothing.
  package func replayLog(of id: String) -> String { "\(folder)/\(id).replay.log" }

  /// Keeps the log that a finished cell's worker left, for ``replayLog(of:)``.
  ///
  /// - Throws: ``HarnessError/results(_:)`` when it can't be moved.
  package func keepReplayLog(of record: RunRecord) throws(HarnessError) {
    let log = workFolder(of: record.cell.id) + "/replay.log"
    guard record.status == .finished, record.zerothOrder != nil, FileStatus(of: log) != nil else {
      return
    }
    do { try moveFile(log, to: replayLog(of: record.cell.id)) } catch { throw .results(error) }
  }

  /// What stands under `id`; changes nothing.
  package func entry(_ id: String) -> Entry {
    let path = path(of: id)
    guard FileStatus(of: path) != nil else { return .none }
    return Self.read(path, expecting: id)
  }

  /// What stands under the cell's id, if it is that cell's; changes nothing.
  ///
  /// The id is a digest of everything that can change a number, so a record that has the id but other
  /// contents was edited or put in another's place. The address isn't part of the id: the record gets
  /// the one that the grid gives the cell today.
  ///
  /// A cell that another table has measured needn't be measured again: where this store has nothing,
  /// the sound records of the others count.
  package func entry(of cell: Cell) throws -> Entry {
    let own = entry(cell.id)
    if own == .none {
      for path in try elsewhere(cell.id) {
        guard case .record(var record) = Self.read(path, expecting: cell.id),
          record.status != .failed, try cell.differences(from: record.cell).isEmpty
        else { continue }
        record.cell.address = cell.address
        return .record(record)
      }
    }
    guard case .record(var record) = own else { return own }
    let changes = try cell.differences(from: record.cell)
    guard changes.isEmpty else {
      return .corrupt(
        reason: "\(path(of: cell.id)): it isn't the record of cell \(cell.id): "
          + "\(changes.prefix(3).joined(separator: ", ")) differ; it was edited or moved")
    }
    record.cell.address = cell.address
    return .record(record)
  }

  /// Where other tables and scales have a record of that id.
  private func elsewhere(_ id: String) throws(HarnessError) -> [String] {
    do {
      var paths: [String] = []
      for table in try listFolder(results) {
        for scale in Scale.allCases.map(\.rawValue) + [SingleEvaluation.scale] {
          let path = "\(results)/\(table)/\(scale)/\(id).json"
          if FileStatus(of: path) != nil { paths.append(path) }
        }
      }
      return paths
    } catch { throw .results(error) }
  }

  /// Reads a record's file; one whose scores contradict themselves isn't sound.
  ///
  /// Of an older program's results, which have numbers but are nobody's current record, schema 1 is read too.
  package static func read(
    _ path: String, expecting id: String, ofOlderPrograms: Bool = false
  ) -> Entry {
    do {
      let document = try JSONDocument(contentsOf: path)
      let record = try document.decode(RunRecord.self)
      if record.schema != RunRecord.currentSchema, !(ofOlderPrograms && record.schema == 1) {
        return .corrupt(
          reason: "\(path): schema \(record.schema) isn't supported; this build reads schema "
            + "\(RunRecord.currentSchema)")
      }
      if record.cell.id != id {
        return .corrupt(
          reason: "\(path): expected the record of cell \(id), found that of \(record.cell.id)")
      }
      // A number that was edited by hand would stop the whole table when it is rendered.
      try record.check(in: document)
      return .record(record)
    } catch {
      return .corrupt(reason: "\(error)")
    }
  }

  /// All sound records, by id.
  ///
  /// - Throws: ``HarnessError/results(_:)`` when the folder can't be listed.
  package func records() throws(HarnessError) -> [RunRecord] {
    let names: [String]
    do { names = try listFolder(folder) } catch { throw .results(error) }
    var records: [RunRecord] = []
    for name in names where name.hasSuffix(".json") {
      if case .record(let record) = entry(String(name.dropLast(5))) { records.append(record) }
    }
    return records
  }

  /// Writes the record under its cell's id, replacing what is there.
  ///
  /// - Throws: ``HarnessError/results(_:)`` when the disk is full or the folder can't be written;
  ///   what was there stays.
  package func save(_ record: RunRecord) throws {
    let text = try jsonText(of: record, style: .pretty)
    do {
      try makeFolder(folder)
      try writeDurably(Array(text.utf8), to: path(of: record.cell.id))
    } catch { throw HarnessError.results(error) }
  }

  /// Renames the file under `id` to `<id>.json.corrupt`, so that the cell can run again.
  package func setAside(_ id: String) throws(HarnessError) {
    do { try moveFile(path(of: id), to: path(of: id) + ".corrupt") } catch {
      throw .results(error)
    }
  }

  /// Removes what interrupted and failed runs left: work folders, partial and corrupt files.
  ///
  /// - Returns: The paths that were removed.
  package func removeLeftovers() throws(FileError) -> [String] {
    var removed: [String] = []
    for name in try listFolder(folder) {
      guard [".work", ".tmp", ".partial", ".corrupt"].contains(where: name.hasSuffix)
      else { continue }
      if name.hasSuffix(".work"), isInUse("\(folder)/\(name)") || isRunning(name.dropLast(5)) {
        continue
      }
      try removeTree("\(folder)/\(name)")
      removed.append("\(folder)/\(name)")
    }
    return removed
  }

  /// Whether a process on some machine runs the cell: a task of a cluster needs nobody's leave to.
  private func isRunning(_ id: Substring) -> Bool {
    guard FileStatus(of: results + "/.cells") != nil else { return false }
    do {
      guard let lock = try CellLock(of: String(id), in: self) else { return true }
      return !lock.isHeld
    } catch { return true }
  }

  /// Whether an evaluation that no grid asks for is at work in a folder: each has a lock of its own.
  private func isInUse(_ folder: String) -> Bool {
    guard FileStatus(of: folder + "/.lock") != nil else { return false }
    do { return !(try StoreLock(folder: folder)).isHeld } catch { return true }
  }
}
