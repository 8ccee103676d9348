package import MethodKit
package import Optimizers
package import Quantizers
import Transformers

/// MeZO: zeroth-order training of the full-precision model, all parameters.
///
/// > Source: Malladi et al. 2023, arXiv:2305.17333, algorithm 1; official code, large_models/trainer.py.
///
/// DEVIATION: float32, not fp16, so that no update is lost to rounding; no weight decay, which is 0 in
/// the official scripts.
package struct MeZO: QuantizationMethod {
  /// Options of ``MeZO``.
  package struct Options: ZerothOrderSettings {
    /// Updates; 20,000 in the official scripts.
    package var steps: Int
    /// η; 1e-6 or 1e-7 in the official scripts.
    package var learningRate: Double
    /// ε; 1e-3 in the official scripts.
    package var epsilon: Float
    /// Windows per step; the official batch is of 16 examples.
    package var batchWindows = 1
    /// Examples per step, where a task is trained on.
    package var batchExamples = 16
    /// Directions per step.
    package var directions = 1
    /// Distribution of the directions.
    package var distribution = DirectionDistribution.gaussian
    /// Steps between checkpoints; 4,000 in the official scripts.
    package var checkpointEvery = 50
    /// How η falls; it doesn't in the official scripts.
    package var schedule = LearningRate.Schedule.constant
    /// Steps after which a falling η would be 0; as many as there are updates where not given, null for a
    /// constant η.
    package var scheduleSteps: Int?

    package static let defaults = Self(steps: 0, learningRate: 0, epsilon: 0)
  }

  package static let card = MethodCard(
    name: "mezo", summary: "zeroth-order training of all parameters in full precision",
    category: .zerothOrderTuning, citation: "Malladi et al. 2023, arXiv:2305.17333",
    target: .nothing, trainsOnText: true, trainsOnTasks: true, cost: .forwardTraining)

  let options: Options

  package init(options: Options, bits: QuantizationSpec) throws {
    guard bits == .none else {
      throw MethodError.bits(
        method: Self.card.name, expected: "FP; 'mezo-ptq' quantizes afterwards", found: "\(bits)")
    }
    try options.validateSettings()
    self.options = options
  }

  package static func resolved(_ options: Options, for setting: MethodSetting) -> Options {
    var options = options
    options.scheduleSteps = options.decaySteps
    return options
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    try options.fullTraining(seed: context.seed).train(fullyTrained(context), context)
      .model(beside: nil)
  }
}
