internal import Digests
internal import JSONText
internal import Records
internal import System

/// The folder that an export goes into: new, empty, or an earlier export of the same record.
package struct ExportFolder {
  /// The file that says what an exported folder is of.
  package static let manifest = "zeroqat-export.json"

  /// What the manifest says.
  package struct Manifest: Codable, Sendable, Equatable {
    /// Version of this layout.
    package var schema = 1
    /// The id of the record's cell.
    package var cell: String
    /// Where the cell stands.
    package var place: String
    /// What the model was written as.
    package var form: String
    /// SHA-256 of the rebuilt model's linear weights and of its other parameters, as the record has them.
    package var digests: [String: String]
    /// SHA-256 of each file.
    package var files: [String: String]

    /// A manifest from its parts.
    package init(
      cell: String, place: String, form: String, digests: [String: String], files: [String: String]
    ) {
      self.cell = cell
      self.place = place
      self.form = form
      self.digests = digests
      self.files = files
    }
  }

  /// The folder.
  package let path: String
  /// Whether an earlier export of the record is there and will be replaced.
  package let replaces: Bool
  /// Where files are written until all of them are there.
  package let partial: String

  /// Looks at the folder; nothing is touched yet.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - cell: The id of the record's cell.
  /// - Throws: ``ExportError/occupied(_:by:)`` where it holds something else; `FileError`.
  package init(_ path: String, for cell: String) throws {
    var path = try absolute(path)
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.path = path
    partial = "\(path).partial"
    guard let status = FileStatus(of: path) else {
      replaces = false
      return
    }
    guard status.isFolder else { throw ExportError.occupied(path, by: "is a file") }
    let names = try listFolder(path)
    guard let first = names.first else {
      replaces = false
      return
    }
    let file = "\(path)/\(Self.manifest)"
    guard FileStatus(of: file) != nil else {
      throw ExportError.occupied(
        path, by: "isn't empty: it holds '\(first)'" + (names.count > 1 ? " and more" : ""))
    }
    let earlier = try JSONDocument(contentsOf: file).decode(Manifest.self)
    guard earlier.cell == cell else {
      throw ExportError.occupied(path, by: "holds the export of another record, \(earlier.place)")
    }
    replaces = true
  }

  /// Has `body` write all files, and then gives them their folder's name.
  ///
  /// What was there stays until the new files are whole; when `body` throws, nothing of it is left.
  ///
  /// - Parameter body: Gets the folder to write into.
  /// - Throws: What `body` throws, and `FileError`.
  package func fill(_ body: (String) throws -> Void) throws {
    try removeTree(partial)
    do {
      try makeFolder(partial)
      try body(partial)
      guard replaces else {
        // An empty folder gives way.
        try moveFile(partial, to: path)
        return
      }
      let old = "\(path).old"
      try removeTree(old)
      try moveFile(path, to: old)
      try moveFile(partial, to: path)
      try removeTree(old)
    } catch {
      try? removeTree(partial)
      throw error
    }
  }

  /// Writes the manifest of the files that are in `folder`.
  ///
  /// - Throws: `FileError`.
  static func seal(_ folder: String, _ manifest: Manifest) throws {
    var manifest = manifest
    for name in try listFolder(folder) {
      manifest.files[name] = try sha256Hex(ofFile: "\(folder)/\(name)")
    }
    let text = try jsonText(of: manifest, style: .pretty)
    try writeDurably(Array(text.utf8), to: "\(folder)/\(Self.manifest)")
  }
}
