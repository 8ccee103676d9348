internal import Glibc

/// The right to write into a results folder; one process has it at a time.
///
/// The kernel gives the lock back when the process ends, however it ends, so a lock file that is
/// lying around locks nothing.
package struct StoreLock: ~Copyable {
  private let descriptor: Int32

  /// Takes the lock of `folder`, which must exist.
  ///
  /// - Throws: ``HarnessError/resultsInUse(path:processID:)`` with the id of the process that has
  ///   it, ``HarnessError/results(_:)`` when the folder can't be written.
  package init(folder: String) throws(HarnessError) {
    let path = folder + "/.lock"
    // From here on `deinit` closes it, also when this throws.
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw .results(FileError("write", path, code: errno))
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      let text = (try? readFile(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
      guard code == EWOULDBLOCK else { throw .results(FileError("lock", path, code: code)) }
      let id = text.prefix { $0.isNumber }
      throw .resultsInUse(path: folder, processID: id.isEmpty ? "(unknown)" : String(id))
    }
    let id = Array("\(getpid())\n".utf8)
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, id, id.count, 0) == id.count else {
      throw .results(FileError("write", path, code: errno))
    }
  }

  /// Always true; to be asked at the end of the work that the lock protects, which keeps it alive.
  package var isHeld: Bool { descriptor >= 0 }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
