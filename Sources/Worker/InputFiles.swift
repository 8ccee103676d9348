import Digests
import Records
import System
import Vocabulary

/// The files that a cell names, held to the bytes that its digests stand for.
///
/// They are digested before anything reads them, unless they are still just what they were when the table
/// was planned; whether they stayed so is asked again once they were read, and for weights, which are
/// read all along, before anything that was computed with them is written down.
struct InputFiles {
  private struct File {
    var path: String
    /// Nil for a file that can't be read: whoever needs it says so.
    var facts: FileFacts?
    var isWeights: Bool
  }

  /// The digest of a cell that names no bytes: it was written by hand, or whoever planned it takes the digest
  /// meanwhile and holds it to the files' facts.
  private static let unnamed = ModelReference.unnamedDigest

  private let planned: [String: DigestedFile]
  private var files: [File] = []

  /// Digests the files of `cell`, or finds them unchanged since they were `planned`.
  ///
  /// - Throws: ``ChangedFile`` for one that hasn't the bytes that the cell's digests stand for, or a manifest
  ///   that isn't the planned one; `FileError` for one that can't be read to its end.
  init(of cell: Cell, planned: [DigestedFile]) throws {
    self.planned = Dictionary(planned.map { ($0.path, $0) }) { $1 }
    try holdModel(cell.model)
    let texts = cell.protocolSettings
    let parts =
      [texts.train, texts.development, texts.test].flatMap(\.parts)
      + (texts.tasks ?? []).flatMap(\.parts)
    for part in parts where !files.contains(where: { $0.path == part.path }) {
      try hold(part.path, expecting: part.digest)
    }
    // Whatever else the plan was made from: nothing here reads it again.
    for other in planned where !files.contains(where: { $0.path == other.path }) {
      guard FileFacts(of: other.path) != nil else { throw ChangedFile(other.path, .removed) }
      let found = try digested(other.path)
      guard found.digest == other.digest else {
        throw ChangedFile(other.path, .otherBytes(expected: other.digest, found: found.digest))
      }
    }
  }

  /// Throws when a file isn't what it was when it was digested.
  ///
  /// - Throws: ``ChangedFile``.
  func check() throws(ChangedFile) { for file in files { try check(file) } }

  /// Throws when a file of the model isn't what it was when it was digested.
  ///
  /// - Throws: ``ChangedFile``.
  func checkWeights() throws(ChangedFile) {
    for file in files where file.isWeights { try check(file) }
  }

  private func check(_ file: File) throws(ChangedFile) {
    let facts = FileFacts(of: file.path)
    guard facts != file.facts else { return }
    guard let facts else { throw ChangedFile(file.path, .removed) }
    let isAnother = facts.inode != file.facts?.inode || facts.device != file.facts?.device
    throw ChangedFile(file.path, isAnother ? .replaced : .written)
  }

  // MARK: - Before reading

  private mutating func holdModel(_ model: ModelReference) throws {
    guard FileStatus(of: model.path)?.isFolder == true else {
      try holdParts(of: model)
      return
    }
    let names = try listFolder(model.path)
    try hold(
      names.filter(ModelReference.holdsWeights), of: model, expecting: model.digest,
      isWeights: true)
    try hold(
      names.filter(ModelReference.holdsTokenizer), of: model, expecting: model.tokenizerDigest,
      isWeights: false)
  }

  /// A model in one file, or in the parts of a split one, which one digest stands for together.
  private mutating func holdParts(of model: ModelReference) throws {
    let parts = GGUFPartName.files(of: model.path)
    guard parts.count > 1 else {
      try hold(model.path, expecting: model.digest, isWeights: true)
      return
    }
    var found: [(name: String, digest: String)] = []
    for part in parts {
      guard FileFacts(of: part) != nil else {
        // Whoever opens the model says which part it needs.
        if model.digest == Self.unnamed { continue }
        throw ChangedFile(part, .removed)
      }
      let file = try digested(part)
      files.append(File(path: part, facts: file.facts, isWeights: true))
      let name = part.split(separator: "/").last.map { String($0) } ?? part
      found.append((name, file.digest))
    }
    let digest = ModelReference.digest(ofParts: found)
    guard digest == model.digest || model.digest == Self.unnamed else {
      throw ChangedFile(model.path, .otherBytes(expected: model.digest, found: digest))
    }
  }

  /// Files of a folder, which one digest stands for together.
  private mutating func hold(
    _ names: [String], of model: ModelReference, expecting expected: String, isWeights: Bool
  ) throws {
    var found: [(name: String, file: DigestedFile)] = []
    for name in names {
      let file = try digested("\(model.path)/\(name)")
      files.append(File(path: file.path, facts: file.facts, isWeights: isWeights))
      found.append((name, file))
    }
    if isWeights, expected == Self.unnamed { try checkPending(found.map { $0.file.path }) }
    let digest = ModelReference.digest(of: found.map { ($0.name, $0.file.digest) })
    guard digest != expected, expected != Self.unnamed else { return }
    // One of them is at fault, and the plan may know which.
    for (_, file) in found {
      if let planned = planned[file.path], planned.digest != file.digest {
        throw ChangedFile(
          file.path, .otherBytes(expected: planned.digest, found: file.digest))
      }
    }
    let isOurs = isWeights ? ModelReference.holdsWeights : ModelReference.holdsTokenizer
    for path in planned.keys.sorted() {
      let name = path.dropFirst(model.path.utf8.count + 1)
      guard path.hasPrefix(model.path + "/"), isOurs(String(name)) else { continue }
      if !names.contains(String(name)) { throw ChangedFile(path, .removed) }
    }
    if let added = found.first(where: { !planned.isEmpty && planned[$0.file.path] == nil }) {
      throw ChangedFile(added.file.path, .added)
    }
    throw ChangedFile(model.path, .otherBytes(expected: expected, found: digest))
  }

  /// Sees that a folder's files are just those that are being digested meanwhile, if any are.
  private func checkPending(_ paths: [String]) throws(ChangedFile) {
    let pending = planned.values.filter { $0.digest == Self.unnamed }.map(\.path).sorted()
    guard !pending.isEmpty else { return }
    if let gone = pending.first(where: { !paths.contains($0) }) {
      throw ChangedFile(gone, .removed)
    }
    if let new = paths.first(where: { !pending.contains($0) }) { throw ChangedFile(new, .added) }
  }

  private mutating func hold(
    _ path: String, expecting expected: String, isWeights: Bool = false
  ) throws {
    guard FileFacts(of: path) != nil else {
      files.append(File(path: path, facts: nil, isWeights: isWeights))
      return
    }
    let file = try digested(path)
    files.append(File(path: path, facts: file.facts, isWeights: isWeights))
    guard file.digest == expected || expected == Self.unnamed else {
      throw ChangedFile(path, .otherBytes(expected: expected, found: file.digest))
    }
  }

  private func digested(_ path: String) throws -> DigestedFile {
    if let known = planned[path] {
      if known.facts == FileFacts(of: path) { return known }
      // Its digest is being taken of the bytes that it had.
      if known.digest == Self.unnamed { throw ChangedFile(path, .written) }
    }
    return try DigestedFile(reading: path)
  }
}

/// A file that isn't, or didn't stay, what the cell's digests stand for.
package struct ChangedFile: Error, Sendable, Equatable, CustomStringConvertible {
  /// What happened to it.
  package enum Change: Sendable, Equatable {
    /// It has other bytes than the digest says.
    case otherBytes(expected: String, found: String)
    /// It isn't there any more.
    case removed
    /// It wasn't there when the table was planned.
    case added
    /// Another file has its name.
    case replaced
    /// It was written to, or its rights or names were changed.
    case written
  }

  /// The file.
  package let path: String
  /// What happened to it.
  package let change: Change

  init(_ path: String, _ change: Change) {
    self.path = path
    self.change = change
  }

  package var description: String {
    switch change {
    case .otherBytes(let expected, let found):
      "'\(path)' hasn't the bytes that the cell stands for: expected SHA-256 \(expected), "
        + "found \(found); it changed after the cell was planned, so run the table again"
    case .removed:
      "'\(path)' is gone since the cell was planned; bring it back or run the table again"
    case .added:
      "'\(path)' wasn't there when the cell was planned; remove it or run the table again"
    case .replaced:
      "'\(path)' was replaced by another file while the cell ran; "
        + "run the table again once it stays as it is"
    case .written:
      "'\(path)' was written to while the cell ran; run the table again once it stays as it is"
    }
  }
}
