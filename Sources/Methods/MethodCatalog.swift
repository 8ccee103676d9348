package import JSONText
package import MethodKit
package import Quantizers

/// The registry of methods: adding one is one file and one line here.
package enum MethodCatalog {
  /// Every method, in the order of `zeroqat list` and of table 1; other tables have their rows' order.
  package static let all: [any QuantizationMethod.Type] = [
    FullPrecision.self,
    RTN.self,
    SmoothQuant.self,
    GPTQ.self,
    AWQ.self,
    Hadamard.self,
    OmniQuant.self,
    LLMQAT.self,
    EfficientQAT.self,
    STEQAT.self,
    ZeroQAT.self,
    LightweightZeroQAT.self,
    MeZO.self,
    MeZOThenPTQ.self,
    QuZO.self,
    QZO.self,
    ZerothOrderSignal.self,
    Dummy.self,
  ]

  /// The method called `name`, or nil.
  package static func method(named name: String) -> (any QuantizationMethod.Type)? {
    all.first { $0.card.name == name }
  }

  /// Makes a method from the options at `pointer` in `document`.
  ///
  /// - Throws: ``JSONText/JSONError`` for options that the method doesn't know or that have the wrong
  ///   type, ``MethodKit/MethodError`` for values that make no sense, ``UnknownMethod`` for the name.
  package static func make(
    _ name: String, options document: JSONDocument, at pointer: String, bits: QuantizationSpec
  ) throws -> any QuantizationMethod {
    guard let type = method(named: name) else {
      throw UnknownMethod(name: name)
    }
    return try make(type, document, pointer, bits)
  }

  /// The options at `pointer` in `document` as an object that leaves nothing out: every default is written.
  ///
  /// - Throws: As ``make(_:options:at:bits:)``.
  package static func resolvedOptions(
    of name: String, _ document: JSONDocument, at pointer: String, for setting: MethodSetting
  ) throws -> JSON {
    guard let type = method(named: name) else { throw UnknownMethod(name: name) }
    return try resolved(type, document, pointer, setting)
  }

  private static func resolved<M: QuantizationMethod>(
    _ type: M.Type, _ document: JSONDocument, _ pointer: String, _ setting: MethodSetting
  ) throws -> JSON {
    let options = try document.decode(M.Options.self, at: pointer)
    let whole = try M.resolved(options, for: setting)
    // What bits or architecture decide may contradict what is given.
    _ = try M(options: whole, bits: setting.bits)
    return try JSON(whole: whole)
  }

  private static func make<M: QuantizationMethod>(
    _ type: M.Type, _ document: JSONDocument, _ pointer: String, _ bits: QuantizationSpec
  ) throws -> M {
    try M(options: document.decode(M.Options.self, at: pointer), bits: bits)
  }
}

/// A method name that the registry doesn't have.
package struct UnknownMethod: Error, Sendable, Equatable, CustomStringConvertible {
  /// The name.
  package let name: String

  package var description: String {
    let known = MethodCatalog.all.map { $0.card.name }
    let hint =
      nearestName(to: name, in: known).map { "did you mean '\($0)'?" }
      ?? "known methods: " + known.joined(separator: ", ")
    return "there is no method '\(name)'; \(hint)"
  }
}
