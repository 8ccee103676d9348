package import Quantizers

/// A way to make a quantised model out of a full-precision one: everything that a new method writes.
package protocol QuantizationMethod: Sendable {
  /// The method's own options, as members of a grid's `options`; unknown members are refused.
  associatedtype Options: Decodable & Sendable

  /// Name, summary, citation.
  static var card: MethodCard { get }

  /// A method with these options at these bits.
  ///
  /// - Throws: ``MethodError`` when options and bits contradict each other.
  init(options: Options, bits: QuantizationSpec) throws

  /// Makes the model.
  ///
  /// May read training text and choose on development text; test text isn't in the context.
  func quantize(_ context: MethodContext) throws -> QuantizedModel

  /// The memory that ``quantize(_:)`` and the scoring of its model take, found from sizes alone; nil where
  /// that isn't modelled.
  ///
  /// A method that knows it implements it in a file `Method+Memory.swift`, in the order of its own allocations.
  func memory(_ shape: MemoryShape) -> MemoryEstimate?
}

extension QuantizationMethod {
  /// Not modelled.
  package func memory(_ shape: MemoryShape) -> MemoryEstimate? { nil }
}

/// The options of a method that has none.
package struct NoOptions: Decodable, Sendable {
  private enum CodingKeys: CodingKey {}

  /// Reads an object without members.
  ///
  /// Written out, because a synthesized one never looks at what it decodes, and so takes anything.
  package init(from decoder: any Decoder) throws {
    _ = try decoder.container(keyedBy: CodingKeys.self)
  }
}

/// Why a method can't run as asked.
package enum MethodError: Error, Sendable, Equatable, CustomStringConvertible {
  /// An option's value is outside what makes sense.
  case option(name: String, expected: String, found: String)
  /// The bits don't fit the method.
  case bits(method: String, expected: String, found: String)
  /// The model doesn't fit the method.
  case model(method: String, reason: String)

  package var description: String {
    switch self {
    case .option(let name, let expected, let found):
      "option '\(name)': expected \(expected), found \(found)"
    case .bits(let method, let expected, let found):
      "method '\(method)' takes \(expected), found \(found)"
    case .model(let method, let reason):
      "method '\(method)': \(reason)"
    }
  }
}

/// Throws unless `value` satisfies `condition`.
package func check<T>(
  _ name: String, _ value: T, expected: String, _ condition: (T) -> Bool
) throws(MethodError) {
  guard condition(value) else {
    throw .option(name: name, expected: expected, found: "\(value)")
  }
}
