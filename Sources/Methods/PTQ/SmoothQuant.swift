package import MethodKit
package import Quantizers
import Transformers

/// SmoothQuant: outliers of activations move into weights by a scale per channel, then round to nearest.
///
/// > Source: Xiao et al. 2022, arXiv:2211.10438, eq. 4; official code, smoothquant/smooth.py.
///
/// DEVIATION: as in the papers' W6A6 and W4A4 rows, the grids are asymmetric per row and token, where
/// the official repository's own fake quantization is symmetric.
package struct SmoothQuant: QuantizationMethod {
  /// Options of ``SmoothQuant``.
  package struct Options: MethodOptions {
    /// Migration strength α, 0…1; 0.5 for OPT in the official code, 0.85 for Llama-2.
    package var alpha: Float = 0.5
    /// Windows of training text to calibrate on.
    package var calibrationWindows = 16

    package static let defaults = Self()
  }

  package static let card = MethodCard(
    name: "smoothquant", summary: "activation outliers scaled into weights, then round to nearest",
    category: .postTraining, citation: "Xiao et al. 2022, arXiv:2211.10438")

  private let bits: QuantizationSpec
  private let alpha: Float
  private let calibrationWindows: Int

  package init(options: Options, bits: QuantizationSpec) throws {
    try requireBits(bits, Self.card)
    self.bits = bits
    alpha = options.alpha
    calibrationWindows = options.calibrationWindows
    try check("alpha", alpha, expected: "a number from 0 to 1") { (0...1).contains($0) }
    try check("calibrationWindows", calibrationWindows, expected: "at least 1") { $0 >= 1 }
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    try bits.check(context.source.configuration)
    try requireNormsFirst(context.source.configuration, Self.card)
    let (dense, transformer) = try ModelStart(context).parts
    let smoothing = try calibrated(
      transformer, context, windows: calibrationWindows, rule: .smoothQuant(alpha: alpha)
    ) { _ in dense }
    let quantizer = bits.weightQuantizer()
    return context.observer.during(.quantize) {
      let c = dense.configuration
      // Norms first: they don't depend on the weights, which are overwritten below.
      let norms = dense.norms(of: 0..<c.blocks, smoothing: smoothing)
      let linears = c.linearIDs.map { id in
        (
          id,
          dense.quantizeInPlace(
            id, smoothing: smoothing[id.block].smoothing(of: id.kind, c), quantizer: quantizer)
        )
      }
      return QuantizedModel(
        transformer: transformer,
        blocks: QuantizedBlocks(
          linears: Dictionary(uniqueKeysWithValues: linears), norms: norms,
          tokenQuantizer: bits.tokenQuantizer()))
    }
  }
}
