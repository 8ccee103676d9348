// Copy this file to Sources/Methods/PTQ/YourMethod.swift, rename the type, add `YourMethod.self` to
// MethodCatalog.all, and the contract suite covers it. These lines go.
package import MethodKit
package import Quantizers
import Tensors
import Transformers

/// Round to nearest on grids that span only a part of each range.
///
/// The smallest method that does something of its own: it loads the checkpoint, quantizes each linear
/// once and for all, and hands the model over.
///
/// > Source: say here which paper, section and equation, or which file of which released code.
///
/// DEVIATION: say here where and why yours differs from its source; delete this line if it doesn't.
package struct NewMethod: QuantizationMethod {
  /// Options of ``NewMethod``; a grid that names another is refused.
  package struct Options: MethodOptions {
    /// Share of max and min that a grid spans, above 0 and at most 1.
    package var span: Float = 0.9

    package static let defaults = Self()
  }

  package static let card = MethodCard(
    name: "new-method", summary: "round to nearest on grids that span a part of the range",
    category: .postTraining, citation: "Author et al. year, arXiv id")

  private let bits: QuantizationSpec
  private let quantizer: WeightQuantizer
  private let span: Float

  package init(options: Options, bits: QuantizationSpec) throws {
    // Whatever makes no sense is refused here, before anything is loaded: plans call this too.
    guard let quantizer = bits.weightQuantizer() else {
      throw MethodError.bits(
        method: Self.card.name, expected: "weights of 8 bits or less", found: "\(bits)")
    }
    self.bits = bits
    self.quantizer = quantizer
    span = options.span
    try check("span", span, expected: "a number above 0 and at most 1") { $0 > 0 && $0 <= 1 }
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    // The group size must divide the inputs of every linear of this model.
    try bits.check(context.source.configuration)
    // Everything is done inside a phase, so that its time and memory are measured.
    let (dense, frame) = try context.observer.during(.load) {
      try (
        DenseParameters(source: context.source), context.source.frame(precision: .single)
      )
    }
    let c = dense.configuration
    return context.observer.during(.quantize) {
      let linears = c.linearIDs.map { id in
        let (rows, columns) = c.shape(of: id.kind)
        let clip = ClipFractions(
          constant: span, rows: rows, groups: quantizer.groups(in: columns))
        return (
          id,
          dense.quantizeInPlace(
            id, smoothing: LinearSmoothing(), quantizer: quantizer, clip: clip)
        )
      }
      return QuantizedModel(
        transformer: Transformer(configuration: c, frame: frame),
        blocks: QuantizedBlocks(
          linears: Dictionary(uniqueKeysWithValues: linears),
          norms: dense.norms(of: 0..<c.blocks, smoothing: []),
          tokenQuantizer: bits.tokenQuantizer()))
    }
  }
}
