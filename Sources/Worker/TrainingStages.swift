import Digests
import JSONText
import MethodKit
import Optimizers
import Records
import System
import Tensors
import Vocabulary

/// Trainings that cells share: each is done once, named by what decides it, and taken up by every cell with an
/// equal trajectory on the same model and material.
///
/// A stage is two files, `<key>.log` with the probes and `<key>.json` with a ``KeptTraining``. The log is
/// there before the other names it, and only ever grows, so that a stage that can be read is whole.
struct TrainingStages {
  private let folder: String
  private let cell: Cell

  /// The stages in `folder` that `cell` may share.
  init(in folder: String, for cell: Cell) {
    self.folder = folder
    self.cell = cell
  }

  /// A stage and its probes.
  struct Found {
    var stage: KeptTraining
    var probes: [Probe]
  }

  /// What keeps a stage from being used; it is trained anew, and that is said.
  struct Damage: Error, CustomStringConvertible {
    var path: String
    var reason: String
    var description: String { "\(path): \(reason)" }
  }

  /// The stage with this trajectory; nil where nobody trained it, or where it is no one's but the method's own.
  ///
  /// - Throws: ``Damage`` for files that aren't such a stage's.
  func stage(of trajectory: TrainingTrajectory) throws -> Found? {
    guard let key = try key(of: trajectory) else { return nil }
    let path = "\(folder)/\(key)"
    guard FileStatus(of: path + ".json") != nil else { return nil }
    let stage: KeptTraining
    let log: ReplayLog
    do {
      stage = try JSONDocument(contentsOf: path + ".json").decode(KeptTraining.self)
      guard FileStatus(of: path + ".log") != nil else {
        throw Damage(path: path + ".log", reason: "the log of a shared training is missing")
      }
      log = try ReplayLog(path: path + ".log", binding: Self.binding(key))
    } catch let damage as Damage {
      throw damage
    } catch { throw Damage(path: path, reason: "\(error)") }
    guard stage.schema == KeptTraining.currentSchema, stage.key == key,
      stage.trajectory == trajectory.description
    else { throw Damage(path: path + ".json", reason: "it is of another training") }
    let count = stage.steps * trajectory.optimizer.directions
    let probes = Array(log.probes.prefix(count))
    let isWhole = probes.indices.allSatisfy {
      probes[$0].step == $0 / trajectory.optimizer.directions
        && probes[$0].direction == $0 % trajectory.optimizer.directions
    }
    guard probes.count == count, isWhole else {
      throw Damage(
        path: path + ".log", reason: "expected the probes of \(stage.steps) steps, found others")
    }
    return Found(stage: stage, probes: probes)
  }

  /// Keeps a training for others, unless one at least as long is there.
  ///
  /// - Throws: What writing throws.
  func keep(
    _ probes: [Probe], of trajectory: TrainingTrajectory, seconds: Double?, updates: UpdateTimes?,
    peakResidentBytes: Int?
  ) throws {
    guard let key = try key(of: trajectory), !probes.isEmpty else { return }
    let steps = probes.count / trajectory.optimizer.directions
    // A damaged one is replaced.
    if let known = try? stage(of: trajectory), known.stage.steps >= steps { return }
    try makeFolder(folder)
    let path = "\(folder)/\(key)"
    let partial = "\(path).log.\(cell.id).partial"
    try removeTree(partial)
    do {
      let log = try ReplayLog(path: partial, binding: Self.binding(key))
      for probe in probes { try log.append(probe) }
      try log.sync()
    }
    try moveFile(partial, to: path + ".log")
    let stage = KeptTraining(
      key: key, trajectory: trajectory.description, madeBy: cell.address, steps: steps,
      seconds: seconds, updates: updates, peakResidentBytes: peakResidentBytes)
    try writeDurably(
      Array(try jsonText(of: stage, style: .pretty).utf8), to: path + ".json")
  }

  private static func binding(_ key: String) -> String { "training \(key)" }

  /// SHA-256 of everything that decides the probes; nil where the method's own code has a part in it.
  private func key(of trajectory: TrainingTrajectory) throws -> String? {
    // A cell that names no bytes, as a hand may write it, has nothing that a key could stand on.
    guard trajectory.start == .checkpoint, cell.model.digest != ModelReference.unnamedDigest else {
      return nil
    }
    // Whatever of the cell training doesn't see is blanked; what is left is more than it sees rather than less.
    var seen = cell.withoutPlaces
    seen.method = MethodReference(name: "", options: .object([]))
    seen.bits = .fullPrecision
    seen.science.method = ""
    seen.diagnostics = nil
    seen.blasCore = BLAS.coreName
    let text =
      try jsonText(of: seen, style: .canonical) + "\n" + trajectory.description
    return sha256Hex(of: Array(text.utf8))
  }
}
