import MethodKit
import Quantizers

/// Options of methods that start from a packed model: ZeroQAT's start with every linear frozen.
package protocol PackedStart: ZerothOrderSettings {
  /// How quantization parameters start.
  var initialisation: ZeroQATOptions.Initialisation? { get set }
  /// Migration strength of all channels.
  var alpha: Float { get }
  /// γ of both clip fractions σ(γ); nil for no clipping.
  var clipGamma: Float? { get set }
  /// Floor under Δ.
  var minimumScale: Float { get }
  /// Windows of training text to calibrate on.
  var calibrationWindows: Int { get }
}

extension PackedStart {
  /// Checks all options but the method's own, and makes the quantizer of the weights.
  func quantizer(
    _ bits: QuantizationSpec, _ card: MethodCard
  ) throws(MethodError) -> WeightQuantizer {
    try check("alpha", alpha, expected: "a number from 0 to 1.5") { (0...1.5).contains($0) }
    try start.validate()
    guard let quantizer = bits.weightQuantizer(minimumScale: minimumScale) else {
      throw .bits(
        method: card.name, expected: "weights of 2, 3, 4, 6 or 8 bits", found: "\(bits)")
    }
    return quantizer
  }

  /// The model before training, every linear packed.
  func packedModel(
    _ bits: QuantizationSpec, _ quantizer: WeightQuantizer, _ context: MethodContext,
    _ card: MethodCard
  ) throws -> QuantizedModel {
    try PackedBlocks.packedModel(start, bits, quantizer, context, card) { _ in false }
  }

  /// The options with how the start is found written out.
  func withStart(at bits: QuantizationSpec) -> Self {
    var result = self
    result.initialisation = start.start(at: bits)
    result.clipGamma = start.startingGamma
    return result
  }

  private var start: ZeroQATOptions {
    ZeroQATOptions(
      steps: steps, learningRate: learningRate, epsilon: epsilon, batchWindows: batchWindows,
      directions: directions, minimumScale: minimumScale, initialisation: initialisation,
      alphaLeast: alpha, alphaMost: alpha, clipGamma: clipGamma,
      calibrationWindows: calibrationWindows, checkpointEvery: checkpointEvery)
  }
}
