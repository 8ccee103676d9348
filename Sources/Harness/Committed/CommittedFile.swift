internal import JSONText
package import Records
internal import System

/// A record as it is committed: under its place in the table, its protocol by reference.
package enum CommittedFile {
  /// The name of a record's file: `<row>.<column>.seed<N>.json`, with the task's key where there is one.
  package static func name(of address: CellAddress) -> String {
    let task = address.task.map { ".\($0)" } ?? ""
    return "\(address.row).\(address.column).seed\(address.seed)\(task).json"
  }

  /// The record that a file holds.
  ///
  /// - Throws: ``HarnessError/damagedRecord(_:)`` when it isn't sound: another schema, another place than
  ///   its name says, a cell or a score that was edited, a protocol that isn't there.
  package static func read(_ path: String, protocols: ProtocolFolder) throws -> RunRecord {
    let record = try RecordFile.decode(path, protocols: protocols)
    let name = name(of: record.cell.address)
    guard path.hasSuffix("/\(name)") else {
      throw HarnessError.damagedRecord("\(path): expected the record of \(name.dropLast(5)) there")
    }
    try RecordFile.refuseEditedCell(record, path)
    return record
  }

  /// Writes a record into `folder`, and its protocol beside the others; paths of this machine are left out.
  ///
  /// - Returns: The file's name.
  package static func write(
    _ record: RunRecord, into folder: String, protocols: ProtocolFolder
  ) throws -> String {
    let record = record.withoutFolders
    let reference = try protocols.keep(record.cell.protocolSettings)
    let whole = try JSONDocument(
      text: Array(jsonText(of: record, style: .compact).utf8), file: record.cell.id)
    let text = try jsonText(
      of: whole.replacing("/cell/protocol", by: .string(reference)).root, style: .pretty)
    let name = name(of: record.cell.address)
    try writeDurably(Array(text.utf8), to: "\(folder)/\(name)")
    return name
  }

  /// The reference to a protocol in a record's file; nil where there is none.
  package static func reference(in path: String) throws -> String? {
    guard
      case .string(let reference)? = try JSONDocument(contentsOf: path).root["cell"]?["protocol"]
    else { return nil }
    return reference
  }
}
