import Digests
import MethodKit
import Optimizers
import Records

/// The replay log of one cell, opened when it is first needed, and the files that what is in it depends on.
final class CellJournal {
  private let path: String
  private let binding: String
  private var inputs: InputFiles?
  private var openLog: ReplayLog?
  /// How often the cell was gone on with: 1 where the log already held something.
  private(set) var resumes = 0
  /// The training that another cell did for this one; nil where there is none.
  private(set) var shared: KeptTraining?

  /// The journal of `cell` in `workFolder`.
  init(of cell: Cell, workFolder: String) {
    path = workFolder + "/replay.log"
    binding = "cell \(cell.id), model \(cell.model.digest)"
  }

  /// From now on nothing is written that was computed with other weights than those of `inputs`.
  func watch(_ inputs: InputFiles) { self.inputs = inputs }

  /// The log.
  func log() throws -> ReplayLog {
    if let openLog { return openLog }
    let log = try ReplayLog(path: path, binding: binding)
    openLog = log
    if !log.probes.isEmpty || !log.evaluations.isEmpty { resumes = 1 }
    return log
  }

  /// The log, for something that was computed with the weights: they must still be the cell's.
  ///
  /// So a log never holds what other weights gave, and can be gone on from when they are back.
  func logForAppending() throws -> ReplayLog {
    try checkWeights()
    return try log()
  }

  /// The probes that needn't be evaluated again: of this cell's interrupted run, else of another cell's training.
  ///
  /// - Parameters:
  ///   - trajectory: What is trained.
  ///   - stages: Where other cells' trainings are; nil for nowhere.
  /// - Returns: Probes of whole steps.
  /// - Throws: ``TrainingStages/Damage`` for a stage that can't be used; nothing was taken then.
  func probes(of trajectory: TrainingTrajectory, or stages: TrainingStages?) throws -> [Probe] {
    let own = try log().keepWholeSteps(of: trajectory.optimizer.directions)
    guard own.isEmpty, resumes == 0, let found = try stages?.stage(of: trajectory) else {
      return own
    }
    // Its own from here on: an interrupted run goes on whatever becomes of the stage.
    let log = try logForAppending()
    for probe in found.probes { try log.append(probe) }
    shared = found.stage
    return found.probes
  }

  /// Throws when a file that the cell reads changed since it began.
  ///
  /// - Throws: ``ChangedFile``.
  func checkInputs() throws(ChangedFile) { try inputs?.check() }

  /// Throws when a file of the model changed since the cell began.
  ///
  /// - Throws: ``ChangedFile``.
  func checkWeights() throws(ChangedFile) { try inputs?.checkWeights() }
}
