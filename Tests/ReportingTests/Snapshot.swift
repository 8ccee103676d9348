import Foundation
import Testing

/// Compares a text with `Snapshots/<name>`; `RECORD_SNAPSHOTS=1` rewrites the file and fails.
func expectSnapshot(
  _ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Snapshots").appendingPathComponent(name)
  if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
    try Data(text.utf8).write(to: file)
    Issue.record("snapshot \(name) rewritten", sourceLocation: sourceLocation)
    return
  }
  let expected = try String(contentsOf: file, encoding: .utf8)
  if text == expected { return }
  let (new, old) = (text.split(separator: "\n"), expected.split(separator: "\n"))
  let line = zip(new, old).enumerated().first { $0.element.0 != $0.element.1 }
  Issue.record(
    """
    \(name) differs, first at line \((line?.offset ?? min(new.count, old.count)) + 1):
    - \(line?.element.1 ?? "(end)")
    + \(line?.element.0 ?? "(end)")
    """, sourceLocation: sourceLocation)
}

/// exp, for fixtures.
func exponential(_ x: Double) -> Double { exp(x) }

/// log, for fixtures.
func logarithm(_ x: Double) -> Double { log(x) }
