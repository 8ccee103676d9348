internal import Glibc

/// A file that takes another's place only when it is complete.
///
/// It is written under a temporary name in the same folder; ``replace()`` syncs and renames it. Until
/// then nothing of the old file is touched, and a file that is given up removes its temporary name.
/// Whoever reads the path sees the old bytes or the new ones, even after a power cut.
package final class ReplacementFile {
  private let path: String
  private let temporaryPath: String
  private let file: OpenFile
  private var isReplaced = false

  /// Creates the temporary file beside `path`.
  ///
  /// - Throws: ``FileError`` of the operation `create` with the temporary name; of `write` where a pipe, socket
  ///   or device would be replaced.
  package init(of path: String) throws(FileError) {
    self.path = path
    temporaryPath = Self.temporaryPath(of: path, process: getpid())
    if let status = FileStatus(of: path), !status.isRegular, !status.isFolder {
      throw FileError("write", path, reason: "it isn't a regular file")
    }
    do { file = try OpenFile(temporaryPath, for: .replacing) } catch {
      throw error.during("create", temporaryPath)
    }
  }

  deinit { if !isReplaced { unlink(temporaryPath) } }

  /// One writer per process and path; another process's leftovers are never taken over.
  private static func temporaryPath(of path: String, process: pid_t) -> String {
    "\(path).\(process).tmp"
  }

  /// Appends bytes.
  ///
  /// - Throws: ``FileError`` of the operation `write`.
  package func append(_ bytes: [UInt8]) throws(FileError) { try file.write(bytes) }

  /// Appends bytes.
  ///
  /// - Throws: ``FileError`` of the operation `write`.
  package func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) { try file.write(bytes) }

  /// Syncs what was written and gives it the final name.
  ///
  /// - Throws: ``FileError`` of the operation `sync` or `rename`.
  package func replace() throws(FileError) {
    try file.sync()
    try moveFile(temporaryPath, to: path)
    isReplaced = true
    // The new name is durable once its folder is synced too. Not every file system can, and a folder that
    // can't be opened still holds the complete file: that isn't an error.
    try? OpenFile(parent(of: path), for: .reading).sync()
  }

  /// Removes what processes that are no more left beside `path` when they were ended in mid-write.
  package static func removeLeftovers(of path: String) {
    let folder = parent(of: path)
    let start = (path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]) + "."
    for name in (try? listFolder(folder)) ?? [] where name.hasPrefix(start) {
      guard name.hasSuffix(".tmp"), name.count > start.count + 4,
        let process = pid_t(name.dropFirst(start.count).dropLast(4)), process > 0,
        kill(process, 0) != 0, errno == ESRCH
      else { continue }
      unlink(folder + "/" + name)
    }
  }
}

/// Writes `bytes` under a temporary name beside `path`, flushes them to the disk, and renames.
///
/// - Throws: ``FileError`` of the operation `write`; then what was at `path` is still there.
package func writeDurably(_ bytes: [UInt8], to path: String) throws(FileError) {
  do {
    let file = try ReplacementFile(of: path)
    try file.append(bytes)
    try file.replace()
  } catch { throw error.during("write", path) }
}
