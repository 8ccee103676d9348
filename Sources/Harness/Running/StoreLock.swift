internal import Glibc
internal import System

/// The right to write into a results folder; one process has it at a time.
///
/// The kernel gives the lock back when the process ends, however it ends, so a lock file that is
/// lying around locks nothing.
package struct StoreLock: ~Copyable {
  private let file: OpenFile

  /// Takes the lock of `folder`, which must exist.
  ///
  /// - Throws: ``HarnessError/resultsInUse(path:processID:)`` with the id of the process that has
  ///   it, ``HarnessError/results(_:)`` when the folder can't be written.
  package init(folder: String) throws(HarnessError) {
    let path = folder + "/.lock"
    let locked: OpenFile?
    do { locked = try Self.locked(path) } catch {
      throw .results(error.operation == "lock" ? error : error.during("write", path))
    }
    guard let locked else {
      let text = (try? readFile(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
      let id = text.prefix { $0.isNumber }
      throw .resultsInUse(path: folder, processID: id.isEmpty ? "(unknown)" : String(id))
    }
    file = locked
  }

  /// The file, locked, with this process's id in it; nil when another process has the lock.
  private static func locked(_ path: String) throws(FileError) -> OpenFile? {
    let file = try OpenFile(path, for: .updating)
    guard try file.lock() else { return nil }
    try file.truncate(to: 0)
    try file.write(Array("\(getpid())\n".utf8))
    return file
  }

  /// Always true; to be asked at the end of the work that the lock protects, which keeps it alive.
  package var isHeld: Bool { file.descriptor >= 0 }
}
