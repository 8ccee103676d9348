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
    do {
      file = try OpenFile(path, for: .updating)
      if try file.lock() {
        try file.truncate(to: 0)
        try file.write(Array("\(getpid())\n".utf8))
        return
      }
    } catch { throw .results(error.operation == "lock" ? error : error.during("write", path)) }
    let text = (try? readFile(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let id = text.prefix { $0.isNumber }
    throw .resultsInUse(path: folder, processID: id.isEmpty ? "(unknown)" : String(id))
  }

  /// Always true; to be asked at the end of the work that the lock protects, which keeps it alive.
  package var isHeld: Bool { file.descriptor >= 0 }
}
