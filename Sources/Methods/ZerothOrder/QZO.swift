package import MethodKit
package import Optimizers
package import Quantizers

/// QZO: zeroth-order training of the grids' scales; codes stay.
///
/// `d = clip((L(Δ + εz) − L(Δ − εz)) / 2ε, ±C)`, `Δ ← max(Δ − η·d·z, 1e-7)` with `ŵ = (code − zero)·Δ`.
///
/// > Source: Shang et al. 2025, arXiv:2505.13430; C = 100 and the floor of Δ are the official code's.
///
/// DEVIATION: the official code starts from GPTQ or AQLM; codes here are those of ZeroQAT's start,
/// rounded to nearest, with its smoothing where activations are quantized.
package struct QZO: QuantizationMethod {
  /// Options of ``QZO``.
  package struct Options: PackedStart {
    /// Updates; 20,000 in the official script.
    package var steps: Int
    /// η; 1e-5 in the official script.
    package var learningRate: Double
    /// ε; 1e-3 in the official script.
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
    /// Bound C on the directional derivative, nats per unit of z.
    package var clipDerivative = 100.0
    /// How quantization parameters start; where not given, as ZeroQAT's.
    package var initialisation: ZeroQATOptions.Initialisation?
    /// Migration strength of all channels.
    package var alpha: Float = 0.5
    /// γ of both clip fractions σ(γ), as ZeroQAT's.
    package var clipGamma: Float?
    /// Floor under Δ at the start.
    package var minimumScale: Float = 1e-4
    /// Windows of training text to calibrate on.
    package var calibrationWindows = 16

    package static let defaults = Self(steps: 0, learningRate: 0, epsilon: 0)
  }

  package static let card = MethodCard(
    name: "qzo", summary: "zeroth-order training of the grids' scales, codes frozen",
    category: .zerothOrder, citation: "Shang et al. 2025, arXiv:2505.13430",
    target: .weightsAndActivations, trainsOnText: true, trainsOnTasks: true,
    cost: .forwardTraining)

  /// The official code's floor under trained scales.
  private static let floor: Float = 1e-7

  private let options: Options
  private let bits: QuantizationSpec
  private let quantizer: WeightQuantizer

  package init(options: Options, bits: QuantizationSpec) throws {
    quantizer = try options.quantizer(bits, Self.card)
    try check("clipDerivative", options.clipDerivative, expected: "a number above 0") {
      $0 > 0
    }
    self.options = options
    self.bits = bits
  }

  package static func resolved(_ options: Options, for setting: MethodSetting) -> Options {
    options.withStart(at: setting.bits)
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    let model = try options.packedModel(bits, quantizer, context, Self.card)
    let bound = 2 * Double(options.epsilon) * options.clipDerivative
    return try options.training(seed: context.seed, differenceBound: bound)
      .train(TrainedScales(model, floor: Self.floor), context).model(beside: nil)
  }
}
