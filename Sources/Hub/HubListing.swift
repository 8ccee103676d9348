internal import JSONText

/// What a repository has at one commit, as the hub lists it.
package struct HubListing: Sendable, Equatable {
  /// One file.
  package struct File: Sendable, Equatable {
    /// Its path in the repository, checked to stay in there.
    package var path: String
    /// Its size in bytes; nil where the hub doesn't say.
    package var bytes: Int?
    /// What its bytes are called; nil where the hub doesn't say.
    package var blob: BlobName?

    /// A file from its parts.
    package init(path: String, bytes: Int?, blob: BlobName?) {
      self.path = path
      self.bytes = bytes
      self.blob = blob
    }
  }

  /// The commit.
  package var commit: String
  /// The files, as the hub has them.
  package var files: [File]

  /// A listing from its parts.
  package init(commit: String, files: [File]) {
    self.commit = commit
    self.files = files
  }

  /// Reads the hub's answer.
  ///
  /// > Source: `GET /api/models/{id}/revision/{revision}?blobs=true`; the hub's OpenAPI description.
  ///
  /// - Throws: ``HubError/badListing(id:reason:)``, ``HubError/unsafeName(_:id:)``.
  package init(text: [UInt8], of id: String) throws(HubError) {
    let root: JSON
    do { root = try JSONDocument(text: text, file: "the listing").root } catch {
      throw .badListing(id: id, reason: "it isn't JSON")
    }
    guard case .string(let sha)? = root["sha"], HubRepository.isCommit(sha) else {
      throw .badListing(id: id, reason: "it names no commit in \"sha\"")
    }
    guard case .array(let siblings)? = root["siblings"] else {
      throw .badListing(id: id, reason: "it has no files in \"siblings\"")
    }
    commit = sha
    files = []
    var seen: Set<String> = []
    for entry in siblings {
      guard case .string(let path)? = entry["rfilename"] else {
        throw .badListing(id: id, reason: "a file has no name in \"rfilename\"")
      }
      guard HubRepository.isSafePath(path) else { throw .unsafeName(path, id: id) }
      guard seen.insert(path).inserted else {
        throw .badListing(id: id, reason: "it has '\(path)' twice")
      }
      files.append(File(path: path, bytes: Self.size(of: entry), blob: Self.blob(of: entry)))
    }
  }

  private static func size(of entry: JSON) -> Int? {
    guard case .integer(let size)? = entry["lfs"]?["size"] ?? entry["size"], size >= 0 else {
      return nil
    }
    return Int(size)
  }

  private static func blob(of entry: JSON) -> BlobName? {
    if case .string(let digest)? = entry["lfs"]?["sha256"] { return BlobName(etag: digest) }
    if case .object? = entry["lfs"] { return nil }
    guard case .string(let digest)? = entry["blobId"] else { return nil }
    return BlobName(etag: digest)
  }

  /// The file at a path; nil where there is none.
  package subscript(_ path: String) -> File? { files.first { $0.path == path } }
}
