package import MethodKit
package import Optimizers
package import Quantizers

/// QuZO: zeroth-order training of the codes themselves, with directions of few bits.
///
/// Weights are codes on fixed grids; there are no master weights. With z rounded stochastically twice:
/// `g = (L(w̄ + εu₁) − L(w̄ − εu₁)) / 2ε`, `w̄ ← w̄ − r(η·g/q · u₂)`, where r rounds stochastically to
/// the grid of w̄. Both roundings keep the mean, so that the estimate is unbiased.
///
/// > Source: Zhou et al. 2025, arXiv:2502.12346.
///
/// DEVIATION: perturbed weights aren't rounded to the grid again before they are multiplied; u has a
/// scale for each row; the grids are those of ZeroQAT's start, with its smoothing where activations are
/// quantized. Embedding, head, norms and biases aren't trained.
package struct QuZO: QuantizationMethod {
  /// Options of ``QuZO``.
  package struct Options: PackedStart {
    /// Updates.
    package var steps: Int
    /// η.
    package var learningRate: Double
    /// ε.
    package var epsilon: Float
    /// Windows per step, where text is trained on.
    package var batchWindows = 1
    /// Examples per step, where a task is trained on.
    package var batchExamples = 16
    /// Directions per step, q.
    package var directions = 1
    /// Distribution of the directions.
    package var distribution = DirectionDistribution.gaussian
    /// Steps between checkpoints.
    package var checkpointEvery = 50
    /// Bits of a direction's numbers, 2 to 8.
    package var directionBits = 8
    /// How quantization parameters start; where not given, as ZeroQAT's.
    package var initialisation: ZeroQATOptions.Initialisation?
    /// Migration strength of all channels.
    package var alpha: Float = 0.5
    /// γ of both clip fractions σ(γ), as ZeroQAT's.
    package var clipGamma: Float?
    /// Floor under Δ.
    package var minimumScale: Float = 1e-4
    /// Windows of training text to calibrate on.
    package var calibrationWindows = 16

    package static let defaults = Self(steps: 0, learningRate: 0, epsilon: 0)
  }

  package static let card = MethodCard(
    name: "quzo", summary: "zeroth-order training of codes by stochastic rounding",
    category: .zerothOrder, citation: "Zhou et al. 2025, arXiv:2502.12346",
    target: .weightsAndActivations, trainsOnText: true, trainsOnTasks: true,
    cost: .forwardTraining)

  private let options: Options
  private let bits: QuantizationSpec
  private let quantizer: WeightQuantizer

  package init(options: Options, bits: QuantizationSpec) throws {
    quantizer = try options.quantizer(bits, Self.card)
    try check("directionBits", options.directionBits, expected: "2 to 8") {
      (2...8).contains($0)
    }
    self.options = options
    self.bits = bits
  }

  package static func resolved(_ options: Options, for setting: MethodSetting) -> Options {
    options.withStart(at: setting.bits)
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    let model = try options.packedModel(bits, quantizer, context, Self.card)
    return try options.training(seed: context.seed, directionBits: options.directionBits)
      .train(TrainedCodes(model), context).model(beside: nil)
  }
}
