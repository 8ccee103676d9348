package import Records
internal import System

/// What is wrong with committed files by what they say themselves, file by file; nothing stops at the first.
package struct CommittedSoundness: Sendable {
  private let root: String

  /// The committed files of a checkout.
  package init(root: String) { self.root = root }

  /// Reads every committed record: its schema, its place, its cell's id, its protocol, its scores by their windows.
  ///
  /// - Returns: The sound ones, and what is wrong with the others.
  /// - Throws: `FileError` when a folder can't be listed.
  package func records() throws -> (sound: [RunRecord], faults: [String]) {
    let protocols = ProtocolFolder(root: root)
    var (sound, faults): ([RunRecord], [String]) = ([], [])
    for path in try CommittedRecords.files(root: root) {
      do { sound.append(try CommittedFile.read(path, protocols: protocols)) } catch {
        faults.append("\(error)")
      }
    }
    return (sound, words(faults))
  }

  /// Reads every protocol: its name is the digest of what it says, and some record refers to it.
  ///
  /// - Returns: How many there are, and what is wrong.
  /// - Throws: `FileError` when a folder can't be listed.
  package func protocols() throws -> (count: Int, faults: [String]) {
    let folder = ProtocolFolder(root: root)
    let references = Set(
      try CommittedRecords.files(root: root).compactMap {
        // What isn't JSON is told with the records.
        try? CommittedFile.reference(in: $0)
      })
    var faults: [String] = []
    let names = try listFolder(folder.folder)
    for name in names {
      let reference = name.hasSuffix(".json") ? String(name.dropLast(5)) : name
      do { _ = try folder.read(reference) } catch {
        faults.append("\(error)")
        continue
      }
      if !references.contains(reference) {
        faults.append("\(folder.folder)/\(name): no committed record refers to it")
      }
    }
    return (names.count, words(faults))
  }

  /// The words with paths from the top of the checkout, each once.
  package func words(_ faults: [String]) -> [String] {
    faults.map { $0.replacing(root + "/", with: "") }.reduce(into: []) {
      if !$0.contains($1) { $0.append($1) }
    }
  }
}
