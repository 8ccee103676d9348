internal import Glibc
internal import Optimizers
internal import Records
internal import System

/// The probes of a log of either form, and what it says that it is of.
package struct InspectedLog: Sendable {
  /// What it is of, a name and words each.
  package let origin: [(name: String, words: String)]
  /// Directions of a step.
  package let directions: Int
  /// The probes of all whole steps.
  package let probes: [Figures]

  /// The figures of one probe.
  package struct Figures: Sendable, Equatable {
    /// L₊ and L₋, nats.
    package let plus, minus: Double
    /// g, after clipping.
    package let gradient: Double
    /// Whether the difference was clipped.
    package let isClipped: Bool

    fileprivate init(_ probe: Probe) {
      (plus, minus) = (probe.plus, probe.minus)
      (gradient, isClipped) = (probe.projectedGradient, probe.isClipped)
    }
  }

  /// Reads a committed replay file, or the journal of a run; neither is touched.
  ///
  /// - Throws: ``ReplayFileError`` for what is neither, ``Optimizers/ReplayLogError``, `FileError`.
  package init(_ path: String) throws {
    let head: [UInt8]
    do { head = try OpenFile(path, for: .reading).bytes(from: 0, count: 1024) } catch {
      throw ReplayFileError(path: path, reason: error.reason)
    }
    if head.starts(with: Array("zeroqat replay ".utf8)) {
      let file = try ReplayFile(contentsOf: path)
      let cell = file.header.cell
      origin = [
        (
          "place",
          "\(cell.table) at scale \(cell.scale): row \(cell.row), column \(cell.column)"
            + (cell.task.map { ", task \($0)" } ?? "") + ", seed \(cell.seed)"
        ),
        ("base weights", "SHA-256 \(file.header.model.prefix(12))"),
        ("ε", "\(file.header.epsilon)"),
        ("clipped at", file.header.differenceBound.map { "\($0) nats" } ?? "nothing"),
      ]
      (directions, probes) = (file.header.directions, file.probes.map(Figures.init))
      return
    }
    guard let binding = Self.binding(in: head) else {
      throw ReplayFileError(
        path: path,
        reason:
          "expected a replay file, which begins with 'zeroqat replay 1', or the replay.log of a run"
      )
    }
    let log = try Self.copied(path) { copy in try ReplayLog(path: copy, binding: binding) }
    origin = [("of", binding)]
    directions = (log.probes.map(\.direction).max() ?? 0) + 1
    probes = log.keepWholeSteps(of: directions).map(Figures.init)
  }

  /// The text of a journal's first frame, which is `length: u32, 1: u32, text`; nil for another beginning.
  private static func binding(in head: [UInt8]) -> String? {
    guard head.count > 12, head[4...7].elementsEqual([1, 0, 0, 0]) else { return nil }
    let length = (0..<4).reduce(0) { $0 | Int(head[$1]) << (8 * $1) }
    guard length > 0, length <= head.count - 12 else { return nil }
    return String(validating: head[8..<8 + length], as: UTF8.self)
  }

  /// A journal is opened to be written, and loses a torn end then: a copy is opened in its place.
  private static func copied<T>(_ path: String, _ body: (String) throws -> T) throws -> T {
    let folder = processEnvironment()["TMPDIR"] ?? "/tmp"
    let copy = "\(folder)/zeroqat-inspect-\(getpid()).log"
    defer { unlink(copy) }
    try writeDurably(readFile(path), to: copy)
    return try body(copy)
  }
}
