package import Records
internal import System

/// Records that are committed with a table: `tables/<table>/records/<scale>/`.
package struct CommittedRecords: Sendable {
  /// The folder of one table at one scale.
  package let folder: String
  private let root: String
  private let protocols: ProtocolFolder

  /// The committed records of a table at a scale; nothing is read yet.
  package init(root: String, table: String, scale: Scale) {
    self.root = root
    folder = "\(root)/tables/\(table)/records/\(scale.rawValue)"
    protocols = ProtocolFolder(root: root)
  }

  /// All of them, by name.
  ///
  /// - Throws: ``HarnessError/damagedRecord(_:)`` at the first that isn't sound.
  package func read() throws -> [RunRecord] {
    try names().map { try CommittedFile.read("\(folder)/\($0)", protocols: protocols) }
  }

  /// All of them that are sound, for what may do without some: places, and estimates.
  package func sound() throws -> [RunRecord] {
    try names().compactMap { name in
      try? CommittedFile.read("\(folder)/\(name)", protocols: protocols)
    }
  }

  /// The places of all of them, damaged ones left out.
  package func addresses() throws -> Set<CellAddress> { Set(try sound().map(\.cell.address)) }

  /// Replaces them; paths of this machine are left out.
  ///
  /// Of several places that one cell serves, the last has the record.
  package func replace(by records: [RunRecord]) throws {
    try makeFolder(folder)
    var kept: Set<String> = []
    for (index, record) in records.enumerated()
    where !records[(index + 1)...].contains(where: { $0.cell.id == record.cell.id }) {
      kept.insert(try CommittedFile.write(record, into: folder, protocols: protocols))
    }
    // The old ones go last: wherever this is cut short, no number has been lost.
    for name in try listFolder(folder) where !kept.contains(name) {
      try removeTree("\(folder)/\(name)")
    }
    try Self.removeUnusedProtocols(root: root)
  }

  /// Removes protocols that no committed record refers to any more.
  package static func removeUnusedProtocols(root: String) throws {
    let references = try files(root: root).compactMap { try CommittedFile.reference(in: $0) }
    try ProtocolFolder(root: root).removeAll(but: Set(references))
  }

  /// The files of all committed records of a checkout, those of studies beside a table included.
  package static func files(root: String) throws -> [String] {
    var files: [String] = []
    for table in try listFolder("\(root)/tables") {
      for records in ["records", "tuning/records"] {
        let folder = "\(root)/tables/\(table)/\(records)"
        guard FileStatus(of: folder)?.isFolder == true else { continue }
        for scale in try listFolder(folder)
        where FileStatus(of: "\(folder)/\(scale)")?.isFolder == true {
          files += try listFolder("\(folder)/\(scale)").filter { $0.hasSuffix(".json") }
            .map { "\(folder)/\(scale)/\($0)" }
        }
      }
    }
    return files
  }

  private func names() throws -> [String] {
    try listFolder(folder).filter { $0.hasSuffix(".json") }
  }
}
