internal import JSONText
package import Records
internal import System

/// A file that holds one record: whole, as runs leave it, or with its protocol by reference, as tables commit it.
package enum RecordFile {
  /// The record in a file of any name.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - protocols: Where protocols are that records refer to; nil to look in `protocols` beside the table's folder.
  /// - Returns: The record.
  /// - Throws: ``HarnessError/damagedRecord(_:)`` when it isn't sound: another schema, a cell or a score that was edited, a
  ///   protocol that isn't there.
  package static func read(_ path: String, protocols: ProtocolFolder? = nil) throws -> RunRecord {
    let record = try decode(path, protocols: protocols)
    try refuseEditedCell(record, path)
    return record
  }

  /// The records of a folder's `.json` files, by the files' names; folders in it aren't looked into.
  ///
  /// - Throws: As ``read(_:protocols:)``, at the first that isn't sound; `FileError` for a folder that can't be listed.
  package static func all(
    in folder: String, protocols: ProtocolFolder? = nil
  ) throws -> [(file: String, record: RunRecord)] {
    try listFolder(folder).filter { $0.hasSuffix(".json") }
      .map { ($0, try read("\(folder)/\($0)", protocols: protocols)) }
  }

  /// The record in a file, whose scores are what its windows say; whether its cell was edited isn't looked at.
  static func decode(_ path: String, protocols: ProtocolFolder?) throws -> RunRecord {
    let document: JSONDocument
    do { document = try JSONDocument(contentsOf: path) } catch {
      throw HarnessError.damagedRecord("\(error)")
    }
    return try decode(document) { reference in
      try (protocols ?? ProtocolFolder(beside: path)).read(reference)
    }
  }

  /// The record in a text; `settings` reads the protocol behind a reference.
  static func decode(
    _ document: JSONDocument, settings: (String) throws -> EvaluationProtocol
  ) throws -> RunRecord {
    do {
      var document = document
      if case .integer(let schema)? = document.root["schema"],
        schema != Int64(RunRecord.currentSchema)
      {
        throw document.error(
          at: "/schema",
          "schema \(schema) isn't supported; this build reads schema \(RunRecord.currentSchema); "
            + "'zeroqat migrate' rewrites committed records of older schemas")
      }
      if case .string(let reference)? = document.root["cell"]?["protocol"] {
        document = try document.replacing(
          "/cell/protocol", by: tree(of: settings(reference), file: document.file))
      }
      let record = try document.decode(RunRecord.self)
      try record.check(in: document)
      return record
    } catch let error as HarnessError {
      throw error
    } catch {
      throw HarnessError.damagedRecord("\(error)")
    }
  }

  /// Refuses a cell whose id isn't the digest of what it says.
  static func refuseEditedCell(_ record: RunRecord, _ path: String) throws {
    let id = try record.cell.computedID
    guard id == record.cell.id else {
      throw HarnessError.damagedRecord(
        "\(path): its cell was edited: the id is \(record.cell.id), the cell's digest \(id)")
    }
  }

  private static func tree(of settings: EvaluationProtocol, file: String) throws -> JSON {
    try JSONDocument(text: Array(jsonText(of: settings, style: .compact).utf8), file: file).root
  }
}

extension ProtocolFolder {
  /// The protocols that committed records near `path` refer to: of `tables/<table>/records/<scale>/<file>`,
  /// `tables/protocols`.
  init(beside path: String) {
    var folder = parent(of: path)
    for _ in 0..<4 where FileStatus(of: folder + "/protocols")?.isFolder != true {
      folder = parent(of: folder)
    }
    self.init(folder: folder + "/protocols")
  }
}
