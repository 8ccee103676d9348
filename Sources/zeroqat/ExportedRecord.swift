internal import Audit
internal import Export
internal import Harness
internal import Records
internal import System
internal import Worker

/// The record that a command names, with what it takes to make its model again on this machine.
struct ExportedRecord {
  /// The record.
  let record: RunRecord
  /// The folder of a record that this machine made, where the log of its training is; nil for a committed one.
  private let folder: String?

  /// Finds a record by its file, by its place in a table, or by its cell's id.
  ///
  /// - Throws: ``ExportError/noRecord(_:hint:)``, or `HarnessError` for one that isn't sound.
  init(_ name: String, _ site: Site) throws {
    if FileStatus(of: name)?.isRegular == true {
      let record = try RecordFile.read(name)
      // Committed records have names of files in the place of paths.
      self.init(record, in: record.cell.model.path.hasPrefix("/") ? parent(of: name) : nil)
      return
    }
    let parts = name.split(separator: "/").map(String.init)
    if parts.count == 1, let path = try Self.path(ofID: name, site) {
      self.init(try RecordFile.read(path), in: parent(of: path))
      return
    }
    if parts.count == 3, let scale = try? Scale(named: parts[1]) {
      let committed = CommittedRecords(root: site.root, table: parts[0], scale: scale)
      let records = try committed.read()
      if let found = records.first(where: { $0.cell.address.place == name }) {
        self.init(found, in: nil)
        return
      }
      if !records.isEmpty {
        throw ExportError.noRecord(
          name, hint: "; \(suggestion(for: name, among: records.map { $0.cell.address.place }))")
      }
    }
    throw ExportError.noRecord(
      name,
      hint:
        "; expected a record's file, a place such as 'table2/tiny/rtn.ppl-w2a16.seed1', or the id of a record in "
        + "'\(site.fromRoot(site.results))'")
  }

  private init(_ record: RunRecord, in folder: String?) {
    self.record = record
    self.folder = folder
  }

  /// The file of a record in the folder of results, by its cell's id.
  private static func path(ofID id: String, _ site: Site) throws -> String? {
    for table in try listFolder(site.results) {
      let folder = "\(site.results)/\(table)"
      guard FileStatus(of: folder)?.isFolder == true else { continue }
      for scale in try listFolder(folder) {
        let path = "\(folder)/\(scale)/\(id).json"
        if FileStatus(of: path)?.isRegular == true { return path }
      }
    }
    return nil
  }

  /// What makes the model again.
  ///
  /// - Throws: ``ExportError/failed(place:_:)`` where the cell can't run here; `ReplayFileError` for a log that is
  ///   damaged or of another run.
  func rebuild(_ work: WorkOptions, _ site: Site) throws -> ModelRebuild {
    var cell = record.cell
    var log: ReplayFile?
    let address = cell.address
    if let folder {
      let path = "\(folder)/\(cell.id).replay.log"
      if record.isReplayable, FileStatus(of: path) != nil {
        let file = try ReplayFile(log: path, of: record)
        try file.check(against: record, path: path)
        log = file
      }
    } else {
      let tables = try CommittedTables(
        of: address.table, scale: address.scale, work, worker: "/proc/self/exe")
      guard let witness = tables.witnesses.first(where: { $0.record.cell.address == address })
      else { throw ExportError.noRecord(address.place, hint: "") }
      switch tables.standing(of: witness, withAnyKernels: true) {
      case .cannotRun(let why): throw ExportError.failed(place: address.place, why)
      case .runs(let found): cell = found
      }
      // Another kernel set would give other bits; whether this processor has it is the worker's to say.
      cell.blasCore = record.cell.blasCore
      log = try ReplayFolder(
        root: site.root, table: address.table, scale: Scale(named: address.scale)
      ).file(of: record)
    }
    return ModelRebuild(
      record: record, cell: cell, log: log,
      workFolder: "\(site.results)/export/\(cell.id).work", threads: work.threadCount)
  }
}
