internal import JSONText
internal import Records
internal import System
internal import Vocabulary

/// Rewrites committed records that are older than the form of today.
///
/// Those of schema 1 come under their place instead of their id, their protocol by reference, every option written
/// out, the chosen checkpoint as data. Those of today's schema gain the options that their method has got since,
/// with the defaults that stand for what it did before.
///
/// Every number stays; the cell's id, which covers the options, becomes another.
package struct RecordMigration: Sendable {
  /// A record that was rewritten.
  package struct Move: Sendable, Equatable {
    /// The file that it was in.
    package let from: String
    /// The file that it is in.
    package let to: String
  }

  private let catalog: Catalog
  private let resolve: OptionResolution

  /// A migration of a checkout's records, with today's defaults.
  package init(_ catalog: Catalog, resolve: @escaping OptionResolution) {
    self.catalog = catalog
    self.resolve = resolve
  }

  /// Rewrites all records that are older; another file is left alone.
  ///
  /// The old file goes when the new one is there: wherever this is cut short, no number has been lost.
  ///
  /// - Throws: ``HarnessError/damagedRecord(_:)`` for one that isn't sound, before it is touched.
  package func run() throws -> [Move] {
    let root = catalog.site.root
    var moves: [Move] = []
    for table in try listFolder("\(root)/tables") {
      let folder = "\(root)/tables/\(table)"
      for scale in Scale.allCases {
        moves += try rewrite(in: "\(folder)/records/\(scale.rawValue)") { _ in "" }
      }
      moves += try rewrite(in: "\(folder)/tuning/records") { "/\($0.scale)" }
    }
    return moves
  }

  private func rewrite(in folder: String, below: (CellAddress) -> String) throws -> [Move] {
    guard FileStatus(of: folder)?.isFolder == true else { return [] }
    let protocols = ProtocolFolder(root: catalog.site.root)
    return try listFolder(folder).filter { $0.hasSuffix(".json") }.compactMap { name in
      let path = "\(folder)/\(name)"
      guard let record = try record(path) else { return nil }
      let place = folder + below(record.cell.address)
      try makeFolder(place)
      let new = "\(place)/\(try CommittedFile.write(record, into: place, protocols: protocols))"
      if new != path { try removeTree(path) }
      return Move(from: path, to: new)
    }
  }

  /// The record in a file, in today's form; nil where it is in that already.
  private func record(_ path: String) throws -> RunRecord? {
    let document = try JSONDocument(contentsOf: path)
    if document.root["schema"] == .integer(Int64(RunRecord.currentSchema)) {
      return try withLaterOptions(path)
    }
    guard document.root["schema"] == .integer(1) else { return nil }
    var record: RunRecord
    do {
      record = try document.decode(RunRecord.self)
      try record.check(in: document)
    } catch { throw HarnessError.damagedRecord("\(error)") }
    let id = try record.cell.computedID
    guard id == record.cell.id else {
      throw HarnessError.damagedRecord(
        "\(path): its cell was edited: the id is \(record.cell.id), the cell's digest \(id)")
    }
    record.schema = RunRecord.currentSchema
    record.cell.schema = Cell.currentSchema
    record.cell.method = try resolve(
      record.cell.method, record.cell.bits,
      try catalog.model(record.cell.model.name).architecture)
    record.selection = try selection(of: record, path)
    record.cell.id = try record.cell.computedID
    return record
  }

  /// The record of today's schema in a file with the options that its method has got since; nil where there
  /// are none.
  private func withLaterOptions(_ path: String) throws -> RunRecord? {
    var record = try CommittedFile.read(path, protocols: ProtocolFolder(root: catalog.site.root))
    let old = record.cell.method
    let new = try resolve(
      old, record.cell.bits, try catalog.model(record.cell.model.name).architecture)
    guard new.options != old.options else { return nil }
    guard old.options.isPart(of: new.options) else {
      throw HarnessError.damagedRecord(
        "\(path): expected the options of '\(old.name)' to stay what they were, "
          + "and some would become others; run the cell again")
    }
    record.cell.method = new
    record.cell.id = try record.cell.computedID
    return record
  }

  /// Which checkpoint the record's scores are of, by the rule that chose it; held to what the record shows.
  private func selection(of record: RunRecord, _ path: String) throws -> CheckpointSelection? {
    guard let best = CheckpointSelection(among: record.trajectory) else { return nil }
    let point = record.trajectory.first { $0.step == best.step }
    let scored =
      record.zerothOrder.map { $0.bestDevelopmentStep == best.step } ?? true
      && (record.scores.first { $0.split == "test" && $0.task == nil }
        .map { $0.windowNLL == point?.testWindowNLL } ?? (point?.testTask != nil))
    guard scored else {
      throw HarnessError.damagedRecord(
        "\(path): expected the scores of step \(best.step), which development likes best, "
          + "found others")
    }
    return best
  }
}

extension JSON {
  /// Whether `whole` says all that this does, and maybe more: members may be added, none may change or go.
  fileprivate func isPart(of whole: JSON) -> Bool {
    guard case .object(let members) = self, case .object = whole else { return self == whole }
    return members.allSatisfy { member in
      whole[member.name].map { member.value.isPart(of: $0) } ?? false
    }
  }
}
