internal import Glibc

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
  /// - Throws: ``FileDigestError`` when it can't be read, isn't a regular file, or never holds still.
  public init(reading path: String) throws(FileDigestError) {
    for _ in 0..<3 {
      // Opening a pipe that nobody writes to would wait for ever; regular files don't mind.
      let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      guard descriptor >= 0 else { throw FileDigestError(path: path, step: .open, code: errno) }
      defer { close(descriptor) }
      FileFacts(of: descriptor)?.waitUntilSettled()
      guard let facts = FileFacts(of: descriptor) else {
        throw FileDigestError(path: path, step: .read, code: EINVAL)
      }
      let digest = try sha256Hex(of: descriptor, path)
      if FileFacts(of: descriptor) == facts, FileFacts(of: path) == facts {
        self.init(path: path, digest: digest, facts: facts)
        return
      }
    }
    throw FileDigestError(path: path, step: .read, code: ETXTBSY)
  }
}
