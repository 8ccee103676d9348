package import JSONText
package import MethodKit
package import Quantizers

extension MethodCatalog {
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
    return try make(type, options: document, at: pointer, bits: bits)
  }

  /// Makes a method of `type` from the options at `pointer` in `document`.
  ///
  /// - Throws: As for a name.
  package static func make(
    _ type: any QuantizationMethod.Type, options document: JSONDocument, at pointer: String,
    bits: QuantizationSpec
  ) throws -> any QuantizationMethod {
    try make(type, document, pointer, bits)
  }

  /// The options at `pointer` in `document` as an object that leaves nothing out: every default is written.
  ///
  /// - Throws: As ``make(_:options:at:bits:)``.
  package static func resolvedOptions(
    of name: String, _ document: JSONDocument, at pointer: String, for setting: MethodSetting
  ) throws -> JSON {
    guard let type = method(named: name) else { throw UnknownMethod(name: name) }
    return try resolvedOptions(of: type, document, at: pointer, for: setting)
  }

  /// The options of a method of `type`, whole.
  ///
  /// - Throws: As for a name.
  package static func resolvedOptions(
    of type: any QuantizationMethod.Type, _ document: JSONDocument, at pointer: String,
    for setting: MethodSetting
  ) throws -> JSON {
    try resolved(type, document, pointer, setting)
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
