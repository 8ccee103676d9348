internal import Digests
internal import Records
internal import System
internal import Vocabulary

/// A model of which the digest is still being taken while a cell runs on it.
package struct PendingModel: Sendable {
  /// The files that hold weights.
  package let digests: BackgroundDigests
  private let isFolder: Bool

  /// Begins with the weights of the model at `path`; nil where their digests are known already.
  ///
  /// - Throws: `FileError` for files that can't be read.
  init?(at path: String, _ locator: AssetLocator) throws(FileError) {
    isFolder = FileStatus(of: path)?.isFolder == true
    let files =
      isFolder
      ? try listFolder(path).filter(ModelReference.holdsWeights).map { "\(path)/\($0)" }
      : GGUFPartName.files(of: path)
    // A part that isn't there is for whoever opens the model to tell.
    guard files.allSatisfy({ FileFacts(of: $0) != nil }), !files.allSatisfy(locator.remembers)
    else { return nil }
    digests = try BackgroundDigests(files)
  }

  /// The cell as it is as long as the digest isn't known: its id is one of these very files, as they are now.
  func begun(_ cell: Cell) throws -> Cell {
    var cell = cell
    cell.model.digest = ModelReference.unnamedDigest
    if !isFolder { cell.model.tokenizerDigest = ModelReference.unnamedDigest }
    let facts = digests.unread.map { "\($0.path) \($0.facts)" }.joined(separator: "\n")
    cell.id = String(digest(of: Array((try cell.computedID + "\n" + facts).utf8)).prefix(16))
    return cell
  }

  /// The cell with the digest of the bytes that it was run on, and the id that it has by them.
  ///
  /// - Throws: As ``BackgroundDigests/files()``.
  func completed(_ cell: Cell) throws -> Cell {
    var cell = cell
    let files = try digests.files().map { file in
      (name: String(file.path.split(separator: "/").last ?? ""), digest: file.digest)
    }
    cell.model.digest =
      isFolder ? ModelReference.digest(of: files) : ModelReference.digest(ofParts: files)
    if !isFolder { cell.model.tokenizerDigest = cell.model.digest }
    cell.id = try cell.computedID
    return cell
  }
}
