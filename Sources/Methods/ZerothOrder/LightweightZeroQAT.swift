package import MethodKit
package import Quantizers
import Tensors
import Transformers

/// Lightweight ZeroQAT: everything frozen, quantized and packed but the Q and V projections, or those
/// that the option `trainable` names.
///
/// The checkpoint is streamed block by block: a block is calibrated, smoothed, packed and forgotten before
/// the next is read, so that the full-precision model never exists. Q and V stay in float32, unsmoothed;
/// embedding and head are held in half precision, as in the paper's memory figures.
///
/// > Source: ZeroQAT, arXiv:2509.00031v2, section 4.3; official code, quantize/utils.py
///   (smooth_and_quant_inplace).
///
/// DEVIATION: the paper keeps Q and V in fp16; in float32, the default of the option `weightType`, no
/// update is lost to rounding.
package struct LightweightZeroQAT: QuantizationMethod {
  package typealias Options = ZeroQATOptions

  package static let card = MethodCard(
    name: "zeroqat-light",
    summary: "zeroth-order QAT of Q and V from the same start, the rest packed and frozen",
    category: .zerothOrder, citation: "Tan et al. 2025, arXiv:2509.00031v2",
    trainsOnText: true, trainsOnTasks: true, cost: .forwardTraining)

  let options: Options
  let bits: QuantizationSpec
  let quantizer: WeightQuantizer

  package init(options: Options, bits: QuantizationSpec) throws {
    try options.validate()
    try options.validateArithmetic(bits)
    if options.learn != .weights {
      throw MethodError.option(
        name: "learn", expected: "'weights': what is packed keeps its clipping and smoothing",
        found: "'\(options.learn.rawValue)'")
    }
    guard let quantizer = bits.weightQuantizer(minimumScale: options.minimumScale) else {
      throw MethodError.bits(
        method: Self.card.name, expected: "weights of 2, 3, 4, 6 or 8 bits", found: "\(bits)")
    }
    self.options = options
    self.bits = bits
    self.quantizer = quantizer
  }

  package static func resolved(_ options: Options, for setting: MethodSetting) throws -> Options {
    let trainable = try Self(options: options, bits: setting.bits).trainable
    var options = options.resolved(at: setting.bits)
    options.trainable = trainable
    return options
  }

  /// Which linears are trained: the option, or Q and V.
  var trainable: ZeroQATOptions.Trainable { options.trainable ?? .queryAndValue }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    let model = try PackedBlocks.packedModel(
      options, bits, quantizer, context, Self.card, trains: trainable.contains)
    return try options.training(seed: context.seed).train(model, context)
  }
}
