import MethodKit
import Optimizers
import Tensors
import Transformers

/// The loop of zeroth-order training for any ``LossEstimator``: losses, updates, journal, checkpoints, and the choice among them.
///
/// As ``MethodKit/ZerothOrderTraining``, which knows SPSA alone. The journal has a step's losses in pairs: a probe's
/// L₊ and L₋ are the losses 2i and 2i + 1, so that its forwards are counted as they were.
struct EstimatorTraining<Kind: LossEstimator> {
  /// The way from losses to updates.
  var estimator: Kind
  /// Rates and scales; its directions are the pairs of a step's losses.
  let settings: ZerothOrderSGD
  /// Updates in all.
  let steps: Int
  /// How much a step trains on.
  let batch: BatchSize
  /// Steps between checkpoints.
  let checkpointEvery: Int

  /// Trains `model` on the context's material and returns it; weights are trained in place.
  ///
  /// - Throws: ``Optimizers/ZerothOrderError`` when a loss or a weight stops being finite, and what the observer throws.
  mutating func train(_ model: QuantizedModel, _ context: MethodContext) throws -> QuantizedModel {
    try train(
      model, on: context.material.objective(batch, for: context.source.configuration),
      context.observer)
  }

  private mutating func train(
    _ model: QuantizedModel, on objective: some TrainingObjective, _ observer: any RunObserver
  ) throws -> QuantizedModel {
    var loss = ObjectiveLoss(model, objective)
    var probes: [Probe] = []
    let journalled = try observer.journalledProbes(
      of: TrainingTrajectory(start: .ownMethod, optimizer: settings, batch: batch))
    var choice = CheckpointChoice(observer)
    try choice.checkpoint(step: 0, loss.trained.model(beside: nil))
    for step in 0..<steps {
      let pairs = settings.directions
      var ofStep = Array(
        journalled.dropFirst(step * pairs).prefix(pairs).filter { $0.step == step })
      try observer.during(.train) {
        if ofStep.count < pairs {
          loss.objective.select(step: step)
          ofStep = try probed(loss, step: step)
          for probe in ofStep { try observer.journal(probe) }
        }
        estimator.update(
          &loss, step: step, losses: ofStep.flatMap { [$0.plus, $0.minus] },
          rate: settings.rate(at: step))
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
        probes: probes, optimizer: settings, tokensPerStep: loss.objective.tokensPerStep,
        trainableParameters: loss.trained.trainedParameters, bestDevelopmentStep: choice.bestStep))
    return loss.trained
  }

  /// The losses of a step, in pairs; a pair's gradient follows from it as SPSA's would, and nobody uses it.
  private func probed(_ loss: some ProbedLoss, step: Int) throws -> [Probe] {
    let losses = try estimator.losses(loss, step: step)
    return try stride(from: 0, to: losses.count, by: 2).map { index in
      let (plus, minus) = (losses[index], losses[index + 1])
      guard plus.isFinite, minus.isFinite else {
        throw ZerothOrderError.notFinite(step: step, plus: plus, minus: minus)
      }
      var difference = plus - minus
      var isClipped = false
      if let bound = settings.differenceBound, abs(difference) > bound {
        difference = difference < 0 ? -bound : bound
        isClipped = true
      }
      return Probe(
        step: step, direction: index / 2, plus: plus, minus: minus,
        projectedGradient: difference / (2 * Double(settings.epsilon)), isClipped: isClipped)
    }
  }
}
