/// How well a checkpoint does on development data: all that choosing one may look at.
///
/// Made from scores that carry the development split in their type, so that no test score can become
/// one.
package struct DevelopmentScore: Sendable, Equatable {
  /// What is to be small: a mean NLL in nats, or the negative of an accuracy or an F1; infinite where
  /// that isn't a number.
  package let cost: Double

  /// A score from its cost; scores of other kinds than text bring an initializer of their own.
  init(cost: Double) { self.cost = cost.isFinite ? cost : .infinity }

  /// The mean training loss over a task's examples: what MeZO chooses a checkpoint by (the trainer of its
  /// official code, whose measure is the evaluation loss by default).
  package init(_ outcomes: TaskOutcomes<DevelopmentSplit>) { self.init(cost: outcomes.meanLoss) }

  /// The mean NLL of text.
  package init(_ scores: WindowScores<DevelopmentSplit>) {
    self.init(cost: scores.meanNLL ?? .infinity)
  }
}
