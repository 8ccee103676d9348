internal import Glibc
internal import System

/// The right to read or to change a folder of baselines; one process has it at a time, and others wait.
///
/// The folder itself is locked, so that nothing is left in it: it is for committing. The kernel gives the lock back when
/// the process ends, however it ends.
package struct BaselineLock: ~Copyable {
  /// Seconds that others are waited for: an acceptance writes for some milliseconds.
  package static let usualPatience = 60.0

  private let folder: OpenFile

  /// Takes the lock of a folder, which must exist, once nobody else has it.
  ///
  /// - Throws: ``GateBaselineError/inUse(_:seconds:)`` where somebody has it for too long; `FileError` for a folder that
  ///   can't be opened or locked.
  package init(folder path: String, patience seconds: Double = Self.usualPatience) throws {
    folder = try Self.locked(path, patience: seconds)
  }

  private static func locked(_ path: String, patience seconds: Double) throws -> OpenFile {
    let folder = try OpenFile(path, for: .reading)
    let end = monotonicSeconds() + seconds
    while try !folder.lock() {
      guard monotonicSeconds() < end else {
        throw GateBaselineError.inUse(path, seconds: seconds)
      }
      usleep(10_000)
    }
    return folder
  }

  /// Always true; to be asked at the end of the work that the lock protects, which keeps it alive.
  package var isHeld: Bool { folder.descriptor >= 0 }
}
