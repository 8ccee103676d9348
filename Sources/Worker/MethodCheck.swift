import JSONText
import MethodKit
import Methods
import Quantizers
package import Records

/// Names of all methods, in the order in which tables list them.
package var methodNames: [String] { MethodCatalog.all.map { $0.card.name } }

/// A method's name, summary, family and citation, for lists.
package var methodCards: [(name: String, summary: String, category: String, citation: String)] {
  MethodCatalog.all.map {
    ($0.card.name, $0.card.summary, $0.card.category.rawValue, $0.card.citation)
  }
}

/// Throws when a method can't take these options at these bits; nothing is run.
///
/// - Throws: ``JSONText/JSONError`` for unknown or mistyped options, ``MethodKit/MethodError`` for
///   values that make no sense, ``Methods/UnknownMethod`` for the name.
package func checkMethod(_ method: MethodReference, bits: String) throws {
  let document = try JSONDocument(
    text: Array(jsonText(of: method.options, style: .pretty).utf8), file: "options")
  _ = try MethodCatalog.make(
    method.name, options: document, at: "", bits: QuantizationSpec(BitsLabel(bits)))
}

extension QuantizationSpec {
  /// The specification that a label stands for.
  init(_ label: BitsLabel) throws(QuantizationError) {
    try self.init(
      weightBits: label.weights == 16 ? nil : label.weights,
      activationBits: label.activations == 16 ? nil : label.activations,
      groupSize: label.groupSize)
  }
}
