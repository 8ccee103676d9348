import Optimizers
import Quantizers
package import Tensors
import Transformers

/// A model and the parameters of it that zeroth-order training moves.
///
/// Knows nothing of what is minimised: see ``TrainingObjective``.
package protocol TrainedModel: Sendable {
  /// The model at the current parameters, or a step beside them, which it leaves as they are.
  func model(beside perturbation: QuantizedBlocks.Perturbation?) -> QuantizedModel

  /// `θ ← θ + factor · z` for every trained parameter of the optimizer's own learning rate.
  ///
  /// - Parameters:
  ///   - factor: `−η·g/q` with the optimizer's η.
  ///   - gradient: `g/q`, for parameters with learning rates of their own.
  ///   - directions: z.
  mutating func update(factor: Float, gradient: Double, along directions: any Directions)

  /// The name of the first trained tensor with a NaN or an infinity, if any.
  var firstNonFiniteTensor: String? { get }

  /// Parameters that the probes perturb.
  var trainedParameters: Int { get }
}

/// The live linears of a model, trained in place: what the released code of ZeroQAT does.
extension QuantizedModel: TrainedModel {
  package func model(beside perturbation: QuantizedBlocks.Perturbation?) -> QuantizedModel {
    var result = self
    result.blocks.perturbation = perturbation
    return result
  }

  package mutating func update(
    factor: Float, gradient: Double, along directions: any Directions
  ) {
    for id in transformer.configuration.linearIDs {
      guard case .live(let weights) = blocks.linears[id]?.storage else { continue }
      weights.move(directions, factor: factor, tensor: id.tensor)
    }
  }

  package var firstNonFiniteTensor: String? {
    firstNonFiniteWeight.map { "block \($0.block) \($0.kind.name)" }
  }

  package var trainedParameters: Int {
    blocks.linears.values.reduce(0) { sum, linear in
      guard case .live(let weights) = linear.storage else { return sum }
      return sum + weights.rows * weights.columns
    }
  }
}

/// A training objective as a function of trained parameters: what the optimizer sees.
package struct ObjectiveLoss<Model: TrainedModel, Objective: TrainingObjective>: ProbedLoss {
  /// The parameters.
  package var trained: Model
  /// The loss, with its current batch.
  package var objective: Objective

  /// A loss from its parts.
  package init(_ trained: Model, _ objective: Objective) {
    self.trained = trained
    self.objective = objective
  }

  package func loss(epsilon: Float, along directions: any Directions) throws -> Double {
    try objective.loss(
      of: trained.model(
        beside: QuantizedBlocks.Perturbation(directions: directions, epsilon: epsilon)))
  }

  package mutating func update(factor: Float, along directions: any Directions) {
    trained.update(factor: factor, gradient: 0, along: directions)
  }

  package mutating func update(
    factor: Float, gradient: Double, along directions: any Directions
  ) {
    trained.update(factor: factor, gradient: gradient, along: directions)
  }
}
