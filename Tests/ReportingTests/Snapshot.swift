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

/// A seeded generator for statistics of tests: SplitMix64, and Box-Muller on top.
struct SeededGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func uniform() -> Double {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return (Double((z ^ (z >> 31)) >> 11) + 0.5) / 9_007_199_254_740_992
  }

  mutating func gaussian() -> Double {
    (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform())
  }
}
