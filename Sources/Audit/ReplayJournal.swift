internal import Glibc
package import Optimizers
package import Records
internal import System

/// Hands a cell's worker the probes of a replay file, and takes from it those that it evaluated itself.
///
/// A worker that finds a journal replays its probes: updates only, no forward passes. Steps that are to be
/// evaluated again stand in the journal under a number that no step has, so that the worker takes them for
/// missing, evaluates them at the weights of that step, and writes them behind the others.
package struct ReplayJournal: Sendable {
  /// The worker's folder of the cell.
  private let folder: String
  private let binding: String
  private var path: String { folder + "/replay.log" }
  /// A number that no step has.
  private static let nowhere = Int(UInt32.max)

  /// The journal of `cell` in its work folder; nothing is touched yet.
  package init(of cell: Cell, workFolder: String) {
    folder = workFolder
    binding = Self.binding(of: cell)
  }

  /// What a worker binds a cell's journal to; it refuses another one by name.
  static func binding(of cell: Cell) -> String { "cell \(cell.id), model \(cell.model.digest)" }

  /// Writes the probes of all steps but `again`, and scores of checkpoints that needn't be taken again.
  ///
  /// - Throws: `FileError` or ``Optimizers/ReplayLogError`` when it can't be written.
  package func write(
    _ file: ReplayFile, without again: Set<Int>, evaluations: [ReplayLog.Evaluation]
  ) throws {
    try removeTree(folder)
    try makeFolder(folder)
    let log = try ReplayLog(path: path, binding: binding)
    for var probe in file.probes {
      if again.contains(probe.step) { probe.step = Self.nowhere }
      try log.append(probe)
    }
    for evaluation in evaluations { try log.append(evaluation) }
    try log.sync()
  }

  /// The probes that the worker evaluated.
  ///
  /// - Throws: ``Optimizers/ReplayLogError`` when it can't be read.
  package func evaluated(behind file: ReplayFile) throws -> [Probe] {
    Array(try ReplayLog(path: path, binding: binding).probes.dropFirst(file.probes.count))
  }
}

extension RunRecord {
  /// Scores of a text's checkpoints, as a journal has them, but for those of some steps.
  ///
  /// Of a task a record has no single outcomes of checkpoints, so that those are scored again.
  package func evaluations(but steps: Set<Int>) -> [ReplayLog.Evaluation] {
    trajectory.compactMap { point in
      let development = point.developmentWindowNLL.compactMap { $0 }
      let test = point.testWindowNLL.compactMap { $0 }
      guard !steps.contains(point.step), point.developmentTask == nil, !development.isEmpty,
        development.count == point.developmentWindowNLL.count,
        test.count == point.testWindowNLL.count
      else { return nil }
      return ReplayLog.Evaluation(step: point.step, development: development, test: test)
    }
  }
}
