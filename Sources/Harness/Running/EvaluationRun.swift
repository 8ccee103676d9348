package import Digests
package import Records
internal import System

/// Measures single cells, each once: what has a record isn't measured again.
package struct EvaluationRun: Sendable {
  /// Where the records are.
  package let store: ResultStore
  /// Starts cells.
  package let process: CellProcess
  /// Whether what has a record is measured again.
  package let force: Bool

  /// A run from its parts.
  package init(store: ResultStore, process: CellProcess, force: Bool = false) {
    self.store = store
    self.process = process
    self.force = force
  }

  /// What became of a cell.
  package enum Outcome: Sendable, Equatable {
    /// It was measured before.
    case found(RunRecord)
    /// It was measured now; a failed one is in no store.
    case measured(RunRecord)
    /// This signal came before there was a record.
    case interrupted(by: Int32)
  }

  /// The sound record of a cell, if there is one.
  ///
  /// One that another table has is kept here as well.
  ///
  /// - Throws: ``HarnessError/results(_:)``.
  package func known(_ cell: Cell) throws -> RunRecord? {
    guard case .record(let record) = try store.entry(of: cell), record.status != .failed else {
      return nil
    }
    if record.status == .tooLarge,
      MachineMemory.holds(record.measurement?.analyticBytes ?? .max)
    {
      return nil
    }
    if FileStatus(of: store.path(of: cell.id)) == nil { try store.save(record) }
    return record
  }

  /// Runs a cell in a process of its own, unless it has a record.
  ///
  /// Two evaluations of the same cell never run at once; any others may.
  ///
  /// - Parameters:
  ///   - cell: The cell.
  ///   - inputs: The files that it stands on, as they were digested.
  ///   - began: Called before a worker is started.
  ///   - output: Gets the worker's output as it comes.
  /// - Returns: A record that was there or is new, or the signal that came before.
  /// - Throws: ``HarnessError``.
  package func callAsFunction(
    _ cell: Cell, inputs: [DigestedFile], began: () -> Void,
    output: (ArraySlice<UInt8>) -> Void = { writeToStandardError(Array($0)) }
  ) throws -> Outcome {
    if !force, let record = try known(cell) { return .found(record) }
    return try measured(cell, inputs: inputs, began: began, output: output) { $0 }
  }

  /// The same of a cell whose model may still be digested: it runs meanwhile.
  ///
  /// Its record is that of the cell by the digest. Where that cell has a record, the one that was there counts.
  package func callAsFunction(
    _ planned: SingleEvaluation.Planned, inputs: [DigestedFile], began: () -> Void,
    output: (ArraySlice<UInt8>) -> Void = { writeToStandardError(Array($0)) }
  ) throws -> Outcome {
    guard let pending = planned.pending else {
      return try self(planned.cell, inputs: inputs, began: began, output: output)
    }
    return try measured(
      planned.cell, inputs: inputs + pending.digests.unread, began: began, output: output
    ) { record in
      guard record.status != .failed else { return record }
      var record = record
      record.cell = try pending.completed(record.cell)
      return record
    }
  }

  /// Runs a cell under the lock of its work folder, and keeps its record as `completed` makes it.
  private func measured(
    _ cell: Cell, inputs: [DigestedFile], began: () -> Void,
    output: (ArraySlice<UInt8>) -> Void, completed: (RunRecord) throws -> RunRecord
  ) throws -> Outcome {
    let work = store.workFolder(of: cell.id)
    do { try makeFolder(work) } catch { throw HarnessError.results(error) }
    let lock = try StoreLock(folder: work)
    defer { _ = lock.isHeld }
    if case .corrupt = store.entry(cell.id) { try store.setAside(cell.id) }
    began()
    let record: RunRecord
    switch try process.run(cell, inputs: inputs, in: store, output: output) {
    case .interrupted(let signal): return .interrupted(by: signal)
    case .record(let made): record = try completed(made)
    }
    let before = force || record.status == .failed ? nil : try known(record.cell)
    if record.status != .failed, before == nil {
      if case .corrupt = store.entry(record.cell.id) { try store.setAside(record.cell.id) }
      try store.save(record)
      // With it the trained weights can be had again in minutes.
      try store.keepReplayLog(of: record)
    }
    do { try removeTree(work) } catch { throw HarnessError.results(error) }
    return before.map { .found($0) } ?? .measured(record)
  }
}
