package import MethodKit
package import Quantizers
import Transformers

/// The model as it is: every table's anchor.
package struct FullPrecision: QuantizationMethod {
  package typealias Options = NoOptions

  package static let card = MethodCard(
    name: "full-precision", summary: "the checkpoint as it is, in float32",
    category: .fullPrecision, citation: "the model's own", target: .nothing,
    cost: .weights)

  package init(options: Options, bits: QuantizationSpec) throws {
    guard bits == .none else {
      throw MethodError.bits(method: Self.card.name, expected: "FP", found: "\(bits)")
    }
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    try context.observer.during(.load) {
      let dense = try DenseParameters(source: context.source)
      let transformer = Transformer(
        configuration: dense.configuration, frame: try context.source.frame(precision: .single))
      return QuantizedModel(
        transformer: transformer,
        blocks: QuantizedBlocks(
          linears: Dictionary(
            uniqueKeysWithValues: dense.configuration.linearIDs.map {
              ($0, .init(storage: .ready(dense.matrix($0)), bias: dense.bias($0)))
            }),
          norms: dense.norms(of: 0..<dense.configuration.blocks, smoothing: [])))
    }
  }
}
