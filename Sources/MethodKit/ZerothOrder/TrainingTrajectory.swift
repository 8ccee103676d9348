package import Optimizers

/// What decides every probe of a zeroth-order training, the model, the text and the seed's place aside.
///
/// Two trainings of the same model on the same material with equal trajectories have the same probes at the
/// same steps, bit for bit, as far as both go: how many steps there are, where checkpoints are taken and
/// what is made of them (MeZO's own model, or one that is rounded afterwards) moves none.
package struct TrainingTrajectory: Sendable, Equatable, CustomStringConvertible {
  /// Which parameters are trained, and from where.
  package enum Start: String, Sendable, Equatable {
    /// All parameters in full precision, from the checkpoint's own: whose method it is has no part in it.
    case checkpoint = "all parameters of the checkpoint, in full precision"
    /// Whatever the method makes of its own options: nobody else's training begins there.
    case ownMethod = "the method's own"
  }

  /// Which parameters are trained, and from where.
  package let start: Start
  /// Rates, scales, directions and the seed.
  package let optimizer: ZerothOrderSGD
  /// How much a step trains on.
  package let batch: BatchSize

  /// A trajectory from its parts.
  package init(start: Start, optimizer: ZerothOrderSGD, batch: BatchSize) {
    self.start = start
    self.optimizer = optimizer
    self.batch = batch
  }

  /// All of it in one line, every number to its last bit: equal words are equal trajectories.
  package var description: String {
    let o = optimizer
    func written(_ value: (some Any)?) -> String { value.map { "\($0)" } ?? "none" }
    return
      "start: \(start.rawValue); learning rate \(o.learningRate), \(o.schedule.rawValue) over \(o.scheduleSteps), epsilon \(o.epsilon), "
      + "\(o.directions) directions, \(o.distribution.rawValue), difference bound "
      + "\(written(o.differenceBound)), direction bits \(written(o.directionBits)), seed \(o.seed); "
      + "batch of \(batch.windows) windows of \(written(batch.textWindows)), "
      + "\(batch.examples) examples"
  }
}
