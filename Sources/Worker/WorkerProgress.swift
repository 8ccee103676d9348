import Glibc
import System

/// Lines on standard error about work that takes longer than two seconds.
final class WorkerProgress {
  private var task = ""
  private var start = monotonicSeconds()
  private var shown = monotonicSeconds()
  private var first = 0

  /// Says that `done` of `total` are done, at most every four seconds, with the time that is left.
  func show(_ phase: String, _ done: Int, of total: Int, _ what: String) {
    let now = monotonicSeconds()
    let name = "\(phase): \(what)"
    if name != task || done <= first {
      (task, start, shown, first) = (name, now, now, done)
      return
    }
    guard now - shown >= 4, done < total else { return }
    shown = now
    let left = (now - start) / Double(done - first) * Double(total - done)
    let line = "  \(name) \(done) of \(total), \(duration(left)) left\n"
    _ = line.utf8CString.withUnsafeBytes { bytes in
      write(STDERR_FILENO, bytes.baseAddress, bytes.count - 1)
    }
  }

  private func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    return whole < 90 ? "\(whole) s" : "\((whole + 30) / 60) min"
  }
}
