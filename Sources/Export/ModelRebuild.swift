package import Audit
internal import Harness
internal import JSONText
internal import MethodKit
package import Records
internal import System
internal import Worker

/// The model of a finished record, made again by the run that made it: the method anew, or the base weights and a log.
package struct ModelRebuild {
  /// The record.
  package let record: RunRecord
  /// The record's cell, with the paths of this machine.
  package let cell: Cell
  /// The probes of its training; nil where it trained nothing by zeroth order, or no log is there.
  package let log: ReplayFile?
  /// The folder that the run works in; what an interrupted one did is gone on from.
  package let workFolder: String
  /// Threads that share the tiles of an operation.
  package let threads: Int

  /// A rebuild from its parts.
  package init(
    record: RunRecord, cell: Cell, log: ReplayFile?, workFolder: String, threads: Int
  ) {
    self.record = record
    self.cell = cell
    self.log = log
    self.workFolder = workFolder
    self.threads = threads
  }

  /// Runs the cell as a worker does and hands over the model that its scores are of.
  ///
  /// The run must leave the record again: digests of tokens and of final weights, and every score, to the last bit. A
  /// checkpoint before the last is scored again for that, so that its weights are held to the record as well.
  ///
  /// - Returns: The model.
  /// - Throws: ``ExportError`` for a run that fails or leaves another record; what writing throws.
  package func model() throws -> PlainModel {
    let chosen = record.selection?.step
    let last = record.trajectory.last?.step
    let watch = ModelWatch(step: chosen == last ? nil : chosen)
    let specification = workFolder + "/cell.json"
    let result = workFolder + "/record.json"
    if let log {
      // The chosen checkpoint is scored again; the others' scores aren't what is taken away.
      try ReplayJournal(of: cell, workFolder: workFolder).write(
        log, without: [], evaluations: record.evaluations(but: [chosen ?? log.header.steps]))
    }
    try makeFolder(workFolder)
    try writeDurably(Array(try jsonText(of: cell, style: .pretty).utf8), to: specification)
    try watch.watching {
      try runCell(
        specification: specification, output: result, threads: threads, workFolder: workFolder)
    }
    let place = record.cell.address.place
    let again = try JSONDocument(contentsOf: result).decode(RunRecord.self)
    guard again.status == .finished else {
      throw ExportError.failed(place: place, again.reason ?? "no reason given")
    }
    if let words = again.firstDifference(from: record) {
      throw ExportError.differs(place: place, words)
    }
    guard let model = watch.model else {
      throw ExportError.failed(place: place, "its method made no model")
    }
    return try PlainModel(model)
  }
}
