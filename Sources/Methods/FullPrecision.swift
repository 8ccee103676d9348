package import MethodKit
package import Quantizers

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
    try context.observer.during(.load) { try QuantizedModel(asItIs: context.source) }
  }
}
