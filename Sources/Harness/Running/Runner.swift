internal import Glibc
internal import Records
internal import System

/// Carries out a plan: one cell after another or several at a time, each record on disk as soon as it is there.
package struct Runner: Sendable {
  /// Starts cells.
  package var process: CellProcess
  /// Tells the user.
  package var progress: Progress

  /// How many cells run at a time.
  package var jobs: Jobs

  /// A runner from its parts; without `jobs`, one cell at a time.
  package init(process: CellProcess, progress: Progress, jobs: Jobs? = nil) {
    self.process = process
    self.progress = progress
    self.jobs = jobs ?? Jobs(count: 1, threadsAlone: process.threads)
  }

  /// What a run came to.
  package struct Summary: Sendable, Equatable {
    /// Cells that ran and have a score.
    package var finished = 0
    /// Cells that ran and whose loss stopped being finite.
    package var diverged = 0
    /// Cells that ran and failed.
    package var failed = 0
    /// Cells that need more memory than this machine has, so that they weren't run.
    package var tooLarge = 0
    /// Cells that had a record already.
    package var already = 0
    /// Cells held back by the anchor, and why.
    package var blocked: [String] = []
    /// Cells whose tasks somebody took out of a cluster's queue.
    package var cancelled = 0
    /// Cells that a cluster's machines never brought to an end, and why.
    package var lost: [String] = []
    /// What a full-precision cell, measured now or earlier, has against its anchor.
    package var missedAnchor: String?
    /// The signal that ended the run, if one did.
    package var interruption: Int32?

    /// The program's exit status: 128 + the signal's number where one ended the run, 3 a cell failed, or its task was
    /// cancelled or lost, 1 the anchor was missed, 4 nothing was measured, else 0.
    package var exitStatus: Int32 {
      if let interruption { return Interruption.exitStatus(of: interruption) }
      if failed > 0 || cancelled > 0 || !lost.isEmpty { return 3 }
      if !blocked.isEmpty || missedAnchor != nil { return 1 }
      return finished + diverged + tooLarge + already == 0 ? 4 : 0
    }
  }

  /// Runs what the plan says, on this machine.
  ///
  /// A failing cell is recorded as such, and the others go on.
  ///
  /// - Parameters:
  ///   - plan: What to run.
  ///   - force: Whether leftovers of earlier runs are thrown away instead of being resumed, trainings that
  ///     cells share among them.
  ///   - interruption: As for ``ChildProcess/run(signalsBefore:interruption:output:)``.
  ///   - output: Gets the workers' output as it comes.
  /// - Returns: What it came to.
  /// - Throws: ``HarnessError`` for missing or corrupt files, a results folder that is in use or
  ///   can't be written, and a worker that can't be started at all. Records so far are kept.
  package func run(
    _ plan: Plan, force: Bool = false,
    interruption: @escaping @Sendable () -> (count: Int, number: Int32) = { Interruption.current },
    output: @escaping @Sendable (ArraySlice<UInt8>) -> Void = { writeToStandardError(Array($0)) }
  ) throws -> Summary {
    let missed = plan.missedAnchors
    var summary = Summary(before: plan)
    if let reason = summary.missedAnchor { progress.note("the anchor is missed: \(reason)") }
    guard plan.toRun > 0 else {
      try removeLeftoversOfFinished(plan)
      return summary
    }
    try plan.requireFiles()
    do { try makeFolder(plan.store.folder) } catch { throw HarnessError.results(error) }
    let lock = try StoreLock(folder: plan.store.results)
    defer { _ = lock.isHeld }
    if force {
      do { try removeTree(plan.store.stages) } catch { throw HarnessError.results(error) }
    }
    for cell in Self.finishedWithLeftovers(plan) { try removeLeftovers(of: cell, in: plan.store) }

    summary = try RunCourse(
      plan, by: self, summary: summary, missed: missed, force: force, interruption: interruption,
      output: output)()
    if summary.interruption != nil {
      progress.note("interrupted; what is finished is kept, the same command goes on from there")
    }
    return summary
  }

  /// Cells whose run was killed between its record and its leftovers.
  private static func finishedWithLeftovers(_ plan: Plan) -> [Cell] {
    plan.entries.compactMap { entry in
      guard case .done = entry.state, let cell = entry.cell,
        FileStatus(of: plan.store.workFolder(of: cell.id)) != nil
      else { return nil }
      return cell
    }
  }

  /// Removes them where nobody else is at work.
  private func removeLeftoversOfFinished(_ plan: Plan) throws(HarnessError) {
    let cells = Self.finishedWithLeftovers(plan)
    guard !cells.isEmpty, let lock = try? StoreLock(folder: plan.store.results) else { return }
    defer { _ = lock.isHeld }
    for cell in cells { try removeLeftovers(of: cell, in: plan.store) }
  }

  /// Removes what a cell's worker left.
  func removeLeftovers(of cell: Cell, in store: ResultStore) throws(HarnessError) {
    do { try removeTree(store.workFolder(of: cell.id)) } catch { throw .results(error) }
  }
}
