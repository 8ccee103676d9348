package import MethodKit
package import Quantizers
import Tasks
import Tensors
import Transformers

/// Rotation by Hadamard matrices, so that no channel stands out; then weights and activations are rounded.
///
/// The residual stream is rotated once, its norms and linears take that in; the input of down, heads, queries
/// and keys are rotated as the model runs. In full precision the outputs stay what they were.
///
/// > Source: Ashkboos et al. 2024 (QuaRot), arXiv:2404.00456; official code, rotation_utils.py.
///
/// DEVIATION: grids are asymmetric and unclipped per row and token, as in the other rows of the tables, where the
/// official code's are symmetric with clipped activations; embedding and head aren't rotated, the stream is after
/// the one and before the other, so that tied tables stay tied.
package struct Hadamard: QuantizationMethod {
  /// How rotated weights are rounded.
  package enum WeightRounding: String, Codable, Sendable, CaseIterable {
    /// To nearest.
    case rtn
    /// By GPTQ, on the rotated model.
    case gptq
  }

  /// Options of ``Hadamard``.
  package struct Options: MethodOptions {
    /// How rotated weights are rounded.
    package var weights = WeightRounding.rtn
    /// Windows of training text for GPTQ; 16 where not given, null without GPTQ.
    package var calibrationWindows: Int?
    /// Seed of the random signs.
    package var rotationSeed: UInt64 = 0

    package static let defaults = Self()
  }

  package static let card = MethodCard(
    name: "hadamard", summary: "stream, heads and hidden channels rotated, then rounded",
    category: .postTraining, citation: "Ashkboos et al. 2024, arXiv:2404.00456")

  private let bits: QuantizationSpec
  private let weights: WeightRounding
  private let calibrationWindows: Int?
  private let seed: UInt64

  package init(options: Options, bits: QuantizationSpec) throws {
    try requireBits(bits, Self.card)
    self.bits = bits
    weights = options.weights
    calibrationWindows = options.calibrationWindows ?? (weights == .gptq ? 16 : nil)
    seed = options.rotationSeed
    try check("calibrationWindows", calibrationWindows ?? 1, expected: "at least 1") { $0 >= 1 }
    if weights == .gptq, bits.weightBits == nil {
      throw MethodError.bits(
        method: Self.card.name, expected: "weights of 2, 3, 4, 6 or 8 bits for GPTQ",
        found: "\(bits)")
    }
  }

  package static func resolved(_ options: Options, for setting: MethodSetting) throws -> Options {
    var options = options
    options.calibrationWindows = try Self(options: options, bits: setting.bits).calibrationWindows
    return options
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    let c = context.source.configuration
    try bits.check(c)
    guard c.normsFirst else {
      throw MethodError.model(
        method: Self.card.name,
        reason: "the rotation passes through norms before linears; this model is post-norm")
    }
    guard c.parts.canRotateStream else {
      throw MethodError.model(
        method: Self.card.name,
        reason: "the rotation doesn't pass through the norms that this model has before its sums")
    }
    try check(
      "calibrationWindows", calibrationWindows ?? 1,
      expected: "at most the \(context.training.count) windows of training text"
    ) { $0 <= context.training.count }
    let (dense, transformer) = try ModelStart(context).parts
    var model = context.observer.during(.quantize) {
      StreamRotation(c, seed: seed).rotate(dense, transformer)
    }
    switch (weights, bits.weightBits, calibrationWindows) {
    case (_, nil, _), (.gptq, _, nil): break
    case (.rtn, _?, _):
      context.observer.during(.quantize) {
        let quantizer = bits.weightQuantizer()
        for id in c.linearIDs { quantizer?.fakeQuantize(dense.matrix(id)) }
      }
    case (.gptq, let weightBits?, let windows?):
      let calibration = try context.observer.during(.calibrate) {
        try Calibration(
          model.transformer, context.training,
          windows: windows)
      }
      // Hessians of unquantized activations, as in the official code.
      try GPTQPass(
        rounding: GPTQRounding(bits: weightBits, groupSize: bits.groupSize),
        isTrueSequential: true, method: Self.card.name
      ).run(calibration, c, operators: model.blocks, context.observer) { dense.matrix($0) }
    }
    model.blocks.tokenQuantizer = bits.tokenQuantizer()
    return model
  }
}
