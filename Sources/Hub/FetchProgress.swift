internal import Harness

/// How far a fetch is, on standard error: nothing in the first two seconds, then in place on a terminal, or a line
/// every 15 s elsewhere.
package final class FetchProgress {
  private let isTerminal: Bool
  private let now: () -> Double
  private let write: (String) -> Void
  private let began: Double
  private var shown: Double?
  private var isLineOpen = false
  /// Bytes that are to be fetched, and that have come by now; what was there before is in neither.
  private var total = 0
  private var done = 0

  /// A progress that goes to `write`.
  package init(isTerminal: Bool, now: @escaping () -> Double, write: @escaping (String) -> Void) {
    self.isTerminal = isTerminal
    self.now = now
    self.write = write
    began = now()
  }

  /// So many bytes more are to be fetched.
  func expect(_ bytes: Int) { total += bytes }

  /// So many bytes more came, of this file.
  func came(_ bytes: Int, of path: String) {
    done += bytes
    let time = now()
    guard time - began >= 2 else { return }
    guard time - (shown ?? -.infinity) >= (isTerminal ? 0.2 : 15) else { return }
    shown = time
    let line = words(of: path, seconds: time - began)
    write(isTerminal ? "\r\u{1b}[K  \(line)" : "  \(line)\n")
    isLineOpen = isTerminal
  }

  /// `model.safetensors: 1.2 GiB of 4.9 GiB, 35.1 MiB a second, 1 min 48 s left`.
  private func words(of path: String, seconds: Double) -> String {
    let rate = Double(done) / max(seconds, 1e-3)
    let left = rate > 0 ? Double(max(0, total - done)) / rate : .infinity
    return "\(path): \(byteWords(done)) of \(byteWords(total)), \(byteWords(Int(rate))) a second, "
      + "\(durationInWords(left)) left"
  }

  /// Removes a line that stands open, before something else is said.
  package func clear() {
    if isLineOpen { write("\r\u{1b}[K") }
    isLineOpen = false
  }
}
