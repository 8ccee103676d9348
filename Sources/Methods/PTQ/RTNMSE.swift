package import MethodKit
package import Quantizers
import Transformers

/// Round to nearest on grids that span the part of each range that loses least; no data.
///
/// The ranges are those of a ``MethodKit/RangeSearch``.
///
/// > Source: Nagel et al. 2021, arXiv:2106.08295 (range setting by mean squared error).
///
/// DEVIATION: the source leaves the search open; here one factor shrinks both ends of a range.
package struct RTNMSE: QuantizationMethod {
  /// Options of ``RTNMSE``.
  package struct Options: MethodOptions {
    /// The smallest share of a range that a grid may span, above 0 and below 1.
    package var smallestFactor: Float = 0.5
    /// How many factors are tried, from the smallest to 1, both included.
    package var factors = 21
    /// Floor under Δ.
    package var minimumScale: Float = 1e-4

    package static let defaults = Self()
  }

  package static let card = MethodCard(
    name: "rtn-mse", summary: "round to nearest on shrunk ranges of least squared error, no data",
    category: .postTraining, citation: "Nagel et al. 2021, arXiv:2106.08295", cost: .weights)

  private let bits: QuantizationSpec
  private let quantizer: WeightQuantizer
  private let search: RangeSearch
  private let minimumScale: Float

  package init(options: Options, bits: QuantizationSpec) throws {
    guard let quantizer = bits.weightQuantizer(minimumScale: options.minimumScale) else {
      throw MethodError.bits(
        method: Self.card.name, expected: "weights of 8 bits or less", found: "\(bits)")
    }
    try check("smallestFactor", options.smallestFactor, expected: "a number above 0 and below 1") {
      $0 > 0 && $0 < 1
    }
    try check("factors", options.factors, expected: "from 2 to 1000") { (2...1000).contains($0) }
    try check("minimumScale", options.minimumScale, expected: "a number above 0") { $0 > 0 }
    self.bits = bits
    self.quantizer = quantizer
    minimumScale = options.minimumScale
    search = RangeSearch(from: options.smallestFactor, count: options.factors)
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    try bits.check(context.source.configuration)
    let (dense, transformer) = try ModelStart(context).parts
    return context.observer.during(.quantize) {
      let linears = dense.configuration.linearIDs.map { id in
        let clip = search.fractions(of: dense.matrix(id), quantizer)
        return (
          id,
          dense.quantizeInPlace(
            id, smoothing: LinearSmoothing(), quantizer: quantizer, clip: clip)
        )
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
