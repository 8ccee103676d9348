package import Digests
internal import Dispatch
internal import Glibc
internal import Records
internal import Synchronization
package import System

/// Digests of files that are taken while something else goes on, the files side by side.
///
/// What is known at once are the facts under which a file's bytes stay the same. Whoever reads the file meanwhile and
/// sees that it has these facts before and after has read the bytes that the digest stands for: the digest counts only
/// where it was taken under the same facts.
package final class BackgroundDigests: Sendable {
  /// The files, with facts and ``Records/ModelReference/unnamedDigest``.
  package let unread: [DigestedFile]
  private let results = Mutex<[String: Result<DigestedFile, FileError>]>([:])
  private let group = DispatchGroup()

  /// Looks at the files and begins to read them.
  ///
  /// Files that were written a moment ago are waited for, as for any digest.
  ///
  /// - Throws: `FileError` for one that isn't a regular file.
  package init(_ paths: [String]) throws(FileError) {
    var unread: [DigestedFile] = []
    for path in paths {
      FileFacts(of: path)?.waitUntilSettled()
      guard let facts = FileFacts(of: path) else { throw FileError("read", path, code: ENOENT) }
      unread.append(
        DigestedFile(path: path, digest: ModelReference.unnamedDigest, facts: facts))
    }
    self.unread = unread
    for path in paths {
      DispatchQueue.global().async(group: group) {
        let result = Result { () throws(FileError) in try DigestedFile(reading: path) }
        self.results.withLock { $0[path] = result }
      }
    }
  }

  /// Whether all are done within so many seconds.
  package func isDone(within seconds: Double) -> Bool {
    group.wait(timeout: .now() + seconds) == .success
  }

  /// The digests, waited for.
  ///
  /// - Throws: ``HarnessError/changedWhileRead(_:)`` for a file whose facts aren't those from before; `FileError` for
  ///   one that can't be read.
  package func files() throws -> [DigestedFile] {
    group.wait()
    return try unread.map { before in
      guard let result = results.withLock({ $0[before.path] }) else {
        throw FileError("read", before.path, code: ENOENT)
      }
      let file: DigestedFile
      switch result {
      case .success(let read): file = read
      case .failure(let error): throw error.during("read", before.path)
      }
      guard file.facts == before.facts else { throw HarnessError.changedWhileRead(before.path) }
      return file
    }
  }
}
