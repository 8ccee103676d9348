import Synchronization

/// Lines that a test collects from a closure.
final class Lines: Sendable {
  private let collected = Mutex<[String]>([])

  func append(_ line: String) { collected.withLock { $0.append(line) } }

  var all: [String] { collected.withLock { $0 } }

  var text: String { all.joined() }
}
