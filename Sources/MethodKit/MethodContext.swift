package import Optimizers
package import Tasks
package import Transformers

/// What a method works with: the model, text to train on, text to choose on, and somebody to tell.
package struct MethodContext {
  /// The full-precision model, on disk.
  package let source: ModelSource
  /// Windows to calibrate on.
  package let training: TokenWindows<TrainingSplit>
  /// What to train on: those windows, or the examples of a task.
  package let material: any TrainingMaterial
  /// Windows to choose on.
  package let development: TokenWindows<DevelopmentSplit>
  /// Master seed.
  package let seed: UInt64
  /// Hears about phases, progress, facts and checkpoints.
  package let observer: any RunObserver

  /// A context from its parts; text is trained on where no other material is given.
  package init(
    source: ModelSource, training: TokenWindows<TrainingSplit>,
    material: (any TrainingMaterial)? = nil, development: TokenWindows<DevelopmentSplit>,
    seed: UInt64, observer: any RunObserver
  ) {
    self.source = source
    self.training = training
    self.material = material ?? training
    self.development = development
    self.seed = seed
    self.observer = observer
  }
}

/// A stretch of a run that is timed and measured on its own.
package enum RunPhase: String, Sendable, CaseIterable {
  case load, calibrate, quantize, train, evaluate
}

/// Whoever runs a method: measures it, keeps its journal and its checkpoints' scores.
package protocol RunObserver: AnyObject {
  /// Runs `body` as part of `phase`.
  func during<R>(_ phase: RunPhase, _ body: () throws -> R) rethrows -> R

  /// Says how far the phase has come.
  func progress(_ done: Int, of total: Int, _ item: ProgressItem)

  /// Keeps a figure in the record.
  func keep(_ name: String, _ value: Double, unit: String)

  /// Keeps a curve in the record: a figure per block, per epoch or per step.
  func keep(_ series: MeasuredSeries)

  /// Keeps a fallback or oddity; it becomes a footnote.
  func remark(_ sentence: String)

  /// Probes that needn't be evaluated again, in order, whole steps from the first: those of an interrupted run
  /// of the same cell, or of another cell's training with an equal trajectory.
  func journalledProbes(of trajectory: TrainingTrajectory) throws -> [Probe]

  /// Journals a probe before its update is applied.
  func journal(_ probe: Probe) throws

  /// Keeps scores of the model after `step` updates; scores it unless an interrupted run already did.
  ///
  /// Any way of training may have checkpoints; ``CheckpointChoice`` asks for them.
  ///
  /// - Returns: How well it does on development data. Test scores go to the record only.
  func checkpoint(step: Int, _ model: QuantizedModel) throws -> DevelopmentScore

  /// Makes the scores of the checkpoint after `step` updates the run's, until another is chosen;
  /// without a choice, the returned model is scored.
  func choose(step: Int) throws

  /// Keeps the health of zeroth-order training.
  func keep(_ summary: TrainingSummary)
}

extension RunObserver {
  /// Forgets the curve: an observer that only listens to a method has no record to keep it in.
  package func keep(_ series: MeasuredSeries) {}
}

/// A curve that a run leaves.
package struct MeasuredSeries: Sendable, Equatable {
  /// What it is, such as `block error`; figures pick series by their name.
  package let name: String
  /// What counts along it: `block`, `epoch` or `step`.
  package let index: String
  /// The unit of ``y``; empty for a ratio.
  package let unit: String
  /// Where each figure stands.
  package let x: [Double]
  /// The figures, as many as ``x``.
  package let y: [Double]

  /// A series from its parts.
  ///
  /// - Precondition: `x` and `y` are equally long.
  package init(_ name: String, per index: String, unit: String, x: [Double], y: [Double]) {
    precondition(x.count == y.count, "\(x.count) places for \(y.count) figures")
    self.name = name
    self.index = index
    self.unit = unit
    self.x = x
    self.y = y
  }
}

/// Health of a zeroth-order training run.
package struct TrainingSummary: Sendable, Equatable {
  /// All probes, in order.
  package let probes: [Probe]
  /// The optimizer's settings.
  package let optimizer: ZerothOrderSGD
  /// Training tokens per step.
  package let tokensPerStep: Int
  /// Parameters that the probes perturb.
  package let trainableParameters: Int
  /// The step whose development score was best.
  package let bestDevelopmentStep: Int

  /// A summary from its parts.
  package init(
    probes: [Probe], optimizer: ZerothOrderSGD, tokensPerStep: Int, trainableParameters: Int,
    bestDevelopmentStep: Int
  ) {
    self.probes = probes
    self.optimizer = optimizer
    self.tokensPerStep = tokensPerStep
    self.trainableParameters = trainableParameters
    self.bestDevelopmentStep = bestDevelopmentStep
  }
}
