package import MethodKit
package import Quantizers
import Transformers

/// Round to nearest: min-max grids, no data.
///
/// > Source: the common baseline; grids as in OmniQuant's and ZeroQAT's official code (min and max
///   don't include zero, z isn't clamped).
package struct RTN: QuantizationMethod {
  /// Options of ``RTN``.
  package struct Options: MethodOptions {
    /// Floor under Δ.
    package var minimumScale: Float = 1e-4

    package static let defaults = Self()
  }

  package static let card = MethodCard(
    name: "rtn", summary: "round to nearest on min-max grids, no data", category: .postTraining,
    citation: "common baseline", cost: .weights)

  private let bits: QuantizationSpec
  private let minimumScale: Float

  package init(options: Options, bits: QuantizationSpec) throws {
    try requireBits(bits, Self.card)
    self.bits = bits
    minimumScale = options.minimumScale
    try check("minimumScale", minimumScale, expected: "a number above 0") { $0 > 0 }
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    try bits.check(context.source.configuration)
    let (dense, transformer) = try ModelStart(context).parts
    let quantizer = bits.weightQuantizer(minimumScale: minimumScale)
    return context.observer.during(.quantize) {
      let linears = dense.configuration.linearIDs.map { id in
        (id, dense.quantizeInPlace(id, smoothing: LinearSmoothing(), quantizer: quantizer))
      }
      return QuantizedModel(
        transformer: transformer,
        blocks: QuantizedBlocks(
          linears: Dictionary(uniqueKeysWithValues: linears),
          norms: dense.norms(of: 0..<dense.configuration.blocks, smoothing: []),
          tokenQuantizer: bits.tokenQuantizer(minimumScale: minimumScale)))
    }
  }
}
