/// Which checkpoint of a training a record's scores are of, and why.
///
/// The checkpoint with the least mean development loss, the first of them where several have it; the test split
/// has no say. The step 0 is the initialisation.
public struct CheckpointSelection: Codable, Sendable, Equatable {
  /// Updates done at the chosen checkpoint.
  public var step: Int
  /// What it was chosen by.
  public var by: Criterion
  /// Its value of that, in nats: mean loss per token of text, or of a task's examples.
  public var developmentLoss: Double
  /// How many checkpoints there were to choose from so far, the initialisation included.
  public var checkpoints: Int

  /// What checkpoints are compared by.
  public enum Criterion: String, Codable, Sendable, CaseIterable {
    /// Mean loss per token over the windows of development text.
    case developmentText = "mean loss of development text"
    /// Mean training loss over the task's development examples.
    case developmentTask = "mean loss of development examples"
  }

  /// The choice that development makes; nil where there is nothing to choose from.
  public init?(among trajectory: [TrajectoryPoint]) {
    let losses = trajectory.compactMap { point in point.developmentLoss.map { (point, $0.loss) } }
    // The first of the least: a later one must be better to be chosen.
    guard let best = losses.min(by: { $0.1 < $1.1 }) else { return nil }
    self.init(of: best.0.step, among: trajectory)
  }

  /// The choice of `step` among checkpoints; nil where it isn't one of them or its loss isn't finite.
  public init?(of step: Int, among trajectory: [TrajectoryPoint]) {
    guard let point = trajectory.first(where: { $0.step == step }),
      let (by, loss) = point.developmentLoss
    else { return nil }
    self.step = step
    self.by = by
    developmentLoss = loss
    checkpoints = trajectory.count
  }
}

extension TrajectoryPoint {
  /// What development data says of this step, in nats; nil where that isn't finite.
  var developmentLoss: (by: CheckpointSelection.Criterion, loss: Double)? {
    if let developmentTask { return (.developmentTask, developmentTask.meanLoss) }
    let windows = developmentWindowNLL.compactMap(\.self)
    guard !windows.isEmpty, windows.count == developmentWindowNLL.count else { return nil }
    return (.developmentText, windows.reduce(0, +) / Double(windows.count))
  }
}
