package import Quantizers
internal import Vocabulary

/// A way to make a quantized model out of a full-precision one: everything that a new method writes.
package protocol QuantizationMethod: Sendable {
  /// The method's own options, as members of a grid's `options`; unknown members are refused.
  associatedtype Options: MethodOptions

  /// Name, summary, citation.
  static var card: MethodCard { get }

  /// A method with these options at these bits.
  ///
  /// - Throws: ``MethodError`` when options and bits contradict each other.
  init(options: Options, bits: QuantizationSpec) throws

  /// The options with every default that depends on bits, architecture or another option written out.
  ///
  /// Resolved options stay as they are; a method made of them is the same method.
  ///
  /// - Throws: ``MethodError`` when options contradict each other.
  static func resolved(_ options: Options, for setting: MethodSetting) throws -> Options

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
  /// As they are: no default depends on anything.
  package static func resolved(_ options: Options, for setting: MethodSetting) throws -> Options {
    options
  }

  /// Not modelled.
  package func memory(_ shape: MemoryShape) -> MemoryEstimate? { nil }
}

/// Why a method can't run as asked.
package enum MethodError: OptionComplaint, Sendable, Equatable, CustomStringConvertible {
  /// An option's value is outside what makes sense.
  case option(name: String, expected: String, found: String)
  /// The bits don't fit the method.
  case bits(method: String, expected: String, found: String)
  /// The model doesn't fit the method.
  case model(method: String, reason: String)

  package var optionName: String? {
    guard case .option(let name, _, _) = self else { return nil }
    return name
  }

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
