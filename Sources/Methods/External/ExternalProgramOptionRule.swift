public import JSONText

/// An option of an external program, as its manifest describes it.
///
/// > Source: JSON Schema, draft 2020-12: `type`, `minimum`, `maximum`, `enum`, `default`, `description`; each
///   option has a default, so that a cell holds every value.
public struct ExternalProgramOptionRule: Sendable, Equatable {
  /// What a value may be.
  public enum Kind: String, Decodable, CaseIterable, Sendable {
    case integer, number, boolean, string
  }

  /// Its name.
  public let name: String
  /// What a value may be.
  public let kind: Kind
  /// The least number.
  public let minimum: Double?
  /// The greatest number.
  public let maximum: Double?
  /// The strings that there are; nil for any.
  public let choices: [String]?
  /// What stands where a grid says nothing.
  public let standard: JSON

  /// Why `value` can't be the option's; nil where it can.
  public func complaint(_ value: JSON) -> String? {
    switch (kind, value) {
    case (.boolean, .bool): return nil
    case (.string, .string(let text)):
      guard let choices, !choices.contains(text) else { return nil }
      let near = nearestName(to: text, in: choices).map { "; did you mean '\($0)'?" } ?? ""
      return "expected \(words), found '\(text)'\(near)"
    case (.integer, .integer(let number)):
      return isWithin(Double(number)) ? nil : "expected \(words), found \(number)"
    case (.number, .integer(let number)):
      return isWithin(Double(number)) ? nil : "expected \(words), found \(number)"
    case (.number, .number(let number, let text)):
      return isWithin(number) ? nil : "expected \(words), found \(text)"
    default: return "expected \(words), found \(Self.found(value))"
    }
  }

  /// What it takes, in words: `a number from 0.5 to 1`.
  public var words: String {
    if let choices { return choices.map { "'\($0)'" }.joined(separator: " or ") }
    let noun =
      switch kind {
      case .integer: "an integer"
      case .number: "a number"
      case .boolean: "true or false"
      case .string: "a string"
      }
    switch (minimum, maximum) {
    case (let low?, let high?): return "\(noun) from \(Self.text(low)) to \(Self.text(high))"
    case (let low?, nil): return "\(noun) of at least \(Self.text(low))"
    case (nil, let high?): return "\(noun) of at most \(Self.text(high))"
    case (nil, nil): return noun
    }
  }

  private func isWithin(_ number: Double) -> Bool {
    number >= minimum ?? -.infinity && number <= maximum ?? .infinity
  }

  private static func text(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)"
  }

  private static func found(_ value: JSON) -> String {
    switch value {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let number): "\(number)"
    case .number(_, let text): text
    case .string(let text): "the string '\(text)'"
    case .array: "an array"
    case .object: "an object"
    }
  }

  /// The rules in a manifest's `options`, in its order.
  ///
  /// - Throws: ``JSONText/JSONError`` at the first that isn't as it must be.
  static func all(of schema: JSON, in document: JSONDocument) throws(JSONError)
    -> [ExternalProgramOptionRule]
  {
    guard case .object(let parts) = schema else {
      throw document.error(at: "/options", "expected an object")
    }
    if parts.isEmpty { return [] }
    let known = ["type", "properties", "additionalProperties"]
    for part in parts where !known.contains(part.name) {
      throw document.error(
        at: "/options/\(part.name)",
        "unknown member '\(part.name)'; of JSON Schema this build reads "
          + known.map { "'\($0)'" }.joined(separator: ", "))
    }
    guard schema["type"] == .string("object") else {
      throw document.error(at: "/options/type", "expected \"object\"")
    }
    guard [nil, .bool(false)].contains(schema["additionalProperties"]) else {
      throw document.error(
        at: "/options/additionalProperties", "expected false: unknown options are refused")
    }
    guard case .object(let properties)? = schema["properties"] else {
      throw document.error(at: "/options/properties", "expected an object of options")
    }
    var rules: [ExternalProgramOptionRule] = []
    for property in properties {
      guard !property.name.isEmpty, !property.name.contains("/"), !property.name.contains("~")
      else {
        throw document.error(
          at: "/options/properties", "expected a name without '/' and '~', found '\(property.name)'"
        )
      }
      rules.append(try rule(property.name, in: document))
    }
    return rules
  }

  private static func rule(_ name: String, in document: JSONDocument) throws(JSONError)
    -> ExternalProgramOptionRule
  {
    let place = "/options/properties/\(name)"
    let raw = try document.decode(Layout.self, at: place)
    if raw.kind == .boolean || raw.kind == .string, raw.minimum != nil || raw.maximum != nil {
      throw document.error(at: place, "only numbers have a minimum and a maximum")
    }
    if raw.choices != nil, raw.kind != .string {
      throw document.error(at: place + "/enum", "only strings are enumerated here")
    }
    let rule = ExternalProgramOptionRule(
      name: name, kind: raw.kind, minimum: raw.minimum, maximum: raw.maximum,
      choices: raw.choices, standard: raw.standard)
    if let reason = rule.complaint(raw.standard) {
      throw document.error(at: place + "/default", reason)
    }
    return rule
  }

  private struct Layout: Decodable {
    var kind: Kind
    var minimum: Double?
    var maximum: Double?
    var choices: [String]?
    var standard: JSON
    var description: String?

    enum CodingKeys: String, CodingKey {
      case kind = "type"
      case minimum, maximum
      case choices = "enum"
      case standard = "default"
      case description
    }
  }
}
