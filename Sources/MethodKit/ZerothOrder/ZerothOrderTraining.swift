package import Optimizers
import Transformers

/// The loop of zeroth-order training: probes, updates, journal, checkpoints, and the choice among them.
///
/// It knows neither what the loss is of (``TrainingObjective``) nor which parameters are trained
/// (``TrainedModel``).
package struct ZerothOrderTraining: Sendable {
  /// The optimizer.
  package var optimizer: ZerothOrderSGD
  /// Updates in all.
  package var steps: Int
  /// How much a step trains on.
  package var batch: BatchSize
  /// Steps between checkpoints.
  package var checkpointEvery: Int
  /// Which parameters are trained, and from where.
  package var start = TrainingTrajectory.Start.ownMethod

  /// A loop from its settings.
  package init(
    optimizer: ZerothOrderSGD, steps: Int, batch: BatchSize, checkpointEvery: Int
  ) {
    self.optimizer = optimizer
    self.steps = steps
    self.batch = batch
    self.checkpointEvery = checkpointEvery
  }

  /// Trains `model` on the context's material and returns it; weights are trained in place.
  ///
  /// Probes that are known, of an interrupted run or of another cell's equal trajectory, are replayed, not
  /// evaluated again; the parameters are the same bit for bit.
  ///
  /// - Throws: ``Optimizers/ZerothOrderError`` when a loss or a parameter stops being finite,
  ///   ``MethodError/option(name:expected:found:)`` for a batch of more than there is, and what
  ///   the observer throws.
  package func train<Model: TrainedModel>(_ model: Model, _ context: MethodContext) throws -> Model
  {
    try train(
      model, on: context.material.objective(batch, for: context.source.configuration),
      context.observer)
  }

  /// Trains `model` on an objective.
  ///
  /// - Throws: As ``train(_:_:)``.
  package func train<Model: TrainedModel>(
    _ model: Model, on objective: some TrainingObjective, _ observer: any RunObserver
  ) throws -> Model {
    var loss = ObjectiveLoss(model, objective)
    var probes: [Probe] = []
    let journalled = try observer.journalledProbes(
      of: TrainingTrajectory(start: start, optimizer: optimizer, batch: batch))
    var choice = CheckpointChoice(observer)
    try choice.checkpoint(step: 0, loss.trained.model(beside: nil))
    for step in 0..<steps {
      let first = step * optimizer.directions
      var ofStep = Array(
        journalled.dropFirst(first).prefix(optimizer.directions).filter { $0.step == step })
      try observer.during(.train) {
        if ofStep.count < optimizer.directions {
          loss.objective.select(step: step)
          ofStep = []
          for direction in 0..<optimizer.directions {
            let probe = try optimizer.probe(loss, step: step, direction: direction)
            try observer.journal(probe)
            ofStep.append(probe)
          }
        }
        for probe in ofStep { optimizer.apply(probe, to: &loss) }
        if let tensor = loss.trained.firstNonFiniteTensor {
          throw ZerothOrderError.weightNotFinite(step: step, tensor: tensor)
        }
        observer.progress(step + 1, of: steps, .step)
      }
      probes.append(contentsOf: ofStep)
      if (step + 1) % checkpointEvery == 0 || step + 1 == steps {
        try choice.checkpoint(step: step + 1, loss.trained.model(beside: nil))
      }
    }
    observer.keep(
      TrainingSummary(
        probes: probes, optimizer: optimizer, tokensPerStep: loss.objective.tokensPerStep,
        trainableParameters: loss.trained.trainedParameters,
        bestDevelopmentStep: choice.bestStep))
    return loss.trained
  }
}
