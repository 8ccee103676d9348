internal import JSONText
package import Records
internal import System

/// The protocols that committed records refer to, each once: `tables/protocols/<id>.<digest>.json`.
///
/// The digest in the name is the first 16 hex digits of SHA-256 over the protocol's canonical JSON, files
/// without their folders: a file that was edited no longer has its name.
package struct ProtocolFolder: Sendable {
  /// The folder.
  package let folder: String

  /// The protocols of a checkout.
  package init(root: String) { folder = "\(root)/tables/protocols" }

  /// The protocols in a folder of any name.
  package init(folder: String) { self.folder = folder }

  /// What stands for the protocol in a record, and names its file: `<id>.<digest>`.
  ///
  /// - Throws: `JSONError` when it can't be written as JSON.
  package func reference(to settings: EvaluationProtocol) throws -> String {
    "\(settings.id).\(try Self.digest(of: settings))"
  }

  /// The protocol behind a reference.
  ///
  /// - Throws: ``HarnessError/damagedRecord(_:)`` when there is no such file or its bytes are others than
  ///   the name says, `JSONError` when it isn't a protocol.
  package func read(_ reference: String) throws -> EvaluationProtocol {
    let path = path(of: reference)
    guard FileStatus(of: path) != nil, !reference.contains("/") else {
      throw HarnessError.damagedRecord(
        "\(path): expected the protocol that a record refers to, found no file")
    }
    let settings = try JSONDocument(contentsOf: path).decode(EvaluationProtocol.self)
    let found = try self.reference(to: settings)
    guard found == reference else {
      throw HarnessError.damagedRecord(
        "\(path): expected the protocol \(reference), found \(found); it was edited or renamed")
    }
    return settings
  }

  /// Writes a protocol where it isn't yet.
  ///
  /// - Returns: What stands for it in records.
  package func keep(_ settings: EvaluationProtocol) throws -> String {
    let reference = try reference(to: settings)
    let text = try jsonText(of: settings, style: .pretty)
    try makeFolder(folder)
    try writeDurably(Array(text.utf8), to: path(of: reference))
    return reference
  }

  /// Removes the protocols that none of the references names.
  package func removeAll(but references: Set<String>) throws {
    for name in try listFolder(folder) where name.hasSuffix(".json") {
      if !references.contains(String(name.dropLast(5))) { try removeTree("\(folder)/\(name)") }
    }
  }

  private func path(of reference: String) -> String { "\(folder)/\(reference).json" }

  private static func digest(of settings: EvaluationProtocol) throws -> String {
    let text = try jsonText(of: settings, style: .canonical)
    return String(Harness.digest(of: Array(text.utf8)).prefix(16))
  }
}
