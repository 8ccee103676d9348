import JSONText
import MethodKit
import Methods
import Quantizers
package import Records
import Transformers
package import Vocabulary

/// Names of all methods, in the order in which tables list them.
package var methodNames: [String] { MethodCatalog.all.map { $0.card.name } }

/// Names of the methods that quantize nothing.
package var unquantizedMethodNames: Set<String> {
  Set(MethodCatalog.all.filter { $0.card.target == .nothing }.map { $0.card.name })
}

/// Names of the methods that look at weights alone.
package var textlessMethodNames: Set<String> {
  Set(MethodCatalog.all.filter { $0.card.cost == .weights }.map { $0.card.name })
}

/// What the methods' cards say, in the order in which tables list them.
package var methodSummaries: [MethodSummary] {
  MethodCatalog.all.map { type in
    let card = type.card
    return MethodSummary(
      name: card.name, summary: card.summary, category: card.category.rawValue,
      target: card.target.rawValue, trainsOnText: card.trainsOnText,
      trainsOnTasks: card.trainsOnTasks, cost: card.cost.rawValue, citation: card.citation,
      isDiagnostic: card.category == .diagnostic)
  }
}

/// Names of all architectures that are described.
package var architectureNames: [String] { Architecture.described.map(\.rawValue) }

/// Throws when a method can't take these options at these bits; nothing is run.
///
/// - Throws: ``JSONText/JSONError`` for unknown or mistyped options, ``MethodKit/MethodError`` for
///   values that make no sense, ``Methods/UnknownMethod`` for the name.
package func checkMethod(_ method: MethodReference, bits: BitsLabel) throws {
  let document = try JSONDocument(
    text: Array(jsonText(of: method.options, style: .pretty).utf8), file: "options")
  _ = try MethodCatalog.make(
    method.name, options: document, at: "", bits: QuantizationSpec(bits))
}

/// The method with every option written out, as it is at these bits on a model of this family.
///
/// - Throws: As ``checkMethod(_:bits:)``; ``UnknownArchitecture`` for a model of one that nothing describes.
package func resolvedMethod(
  _ method: MethodReference, bits: BitsLabel, architecture: Architecture?
) throws -> MethodReference {
  if let architecture, !Architecture.described.contains(architecture) {
    throw UnknownArchitecture(name: architecture.rawValue)
  }
  let document = try JSONDocument(
    text: Array(jsonText(of: method.options, style: .pretty).utf8), file: "options")
  let setting = MethodSetting(
    bits: try QuantizationSpec(bits),
    architecture: architecture)
  return MethodReference(
    name: method.name,
    options: try MethodCatalog.resolvedOptions(
      of: method.name, document, at: "", for: setting))
}

/// A manifest's architecture that nothing describes.
package struct UnknownArchitecture: Error, Equatable, CustomStringConvertible {
  /// The name.
  package let name: String

  /// One line: the name, the nearest right one or all.
  package var description: String {
    let known = architectureNames
    let near = nearestName(to: name, in: known).map { "; did you mean '\($0)'?" }
    return "unknown architecture '\(name)'"
      + (near ?? "; known: " + known.map { "'\($0)'" }.joined(separator: ", "))
  }
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
