/// A training that cells with an equal trajectory share: what names it, who made it and what it cost.
///
/// Stands beside a replay log, which has its probes.
package struct KeptTraining: Codable, Sendable, Equatable {
  /// The version of this layout; another is trained anew.
  package static let currentSchema = 1

  /// Version of this layout.
  package var schema = currentSchema
  /// SHA-256 of everything that decides the probes, lowercase hex: model, material, trajectory, program.
  package var key: String
  /// The trajectory in words.
  package var trajectory: String
  /// Where the cell stands that trained it first, or furthest.
  package var madeBy: CellAddress
  /// Updates.
  package var steps: Int
  /// Wall-clock seconds of the updates; null where they were interrupted, so that nobody knows.
  package var seconds: Double?
  /// How long one took; null where nobody knows.
  package var updates: UpdateTimes?
  /// The most that was resident while it was trained, bytes; null where the kernel doesn't tell.
  package var peakResidentBytes: Int?

  /// A stage from its parts.
  package init(
    key: String, trajectory: String, madeBy: CellAddress, steps: Int, seconds: Double?,
    updates: UpdateTimes?, peakResidentBytes: Int?
  ) {
    self.key = key
    self.trajectory = trajectory
    self.madeBy = madeBy
    self.steps = steps
    self.seconds = seconds
    self.updates = updates
    self.peakResidentBytes = peakResidentBytes
  }
}

/// What a cell took from a ``KeptTraining`` instead of training it again.
public struct SharedTraining: Codable, Sendable, Equatable {
  /// The stage's key.
  public var stage: String
  /// The cell that trained it.
  public var madeBy: CellAddress
  /// Updates that were taken.
  public var steps: Int
  /// Seconds that they took there, which the cell's own times include; null where nobody knows.
  public var seconds: Double?

  /// What was taken, from its parts.
  public init(stage: String, madeBy: CellAddress, steps: Int, seconds: Double?) {
    self.stage = stage
    self.madeBy = madeBy
    self.steps = steps
    self.seconds = seconds
  }
}
