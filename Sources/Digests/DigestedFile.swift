internal import Glibc
public import System

/// A file with the digest of its bytes, and the facts by which others see that it is still that file.
public struct DigestedFile: Codable, Sendable, Equatable {
  /// Where it is.
  public var path: String
  /// SHA-256 of its bytes, lowercase hex.
  public var digest: String
  /// What the file system said of it while it was digested.
  public var facts: FileFacts

  /// A digested file from its parts.
  public init(path: String, digest: String, facts: FileFacts) {
    self.path = path
    self.digest = digest
    self.facts = facts
  }

  /// Digests the file at `path`, so that the facts stand for just those bytes.
  ///
  /// A file that was written a moment ago is left alone until a further write would show, at most two
  /// seconds; one that changes meanwhile is read again.
  ///
  /// - Throws: ``System/FileError`` when it can't be read, isn't a regular file, or never holds still.
  package init(reading path: String) throws(FileError) {
    for _ in 0..<3 {
      let file = try OpenFile(path, for: .reading)
      FileFacts(of: file)?.waitUntilSettled()
      guard let facts = FileFacts(of: file) else {
        throw FileError("read", path, reason: "it isn't a regular file")
      }
      let digest = try sha256Hex(of: file)
      if FileFacts(of: file) == facts, FileFacts(of: path) == facts {
        self.init(path: path, digest: digest, facts: facts)
        return
      }
    }
    throw FileError("read", path, code: ETXTBSY)
  }
}
