import JSONText

/// Typed look-ups in a configuration.
///
/// A member that is null counts as absent.
struct ConfigurationReader {
  let document: JSONDocument

  func value(_ path: String) -> JSON? {
    var value: JSON? = document.root
    for name in path.split(separator: "/") { value = value?[String(name)] }
    return value == .null ? nil : value
  }

  private func wrong(_ path: String, _ expected: String) -> JSONError {
    value(path) == nil
      ? document.error(at: "", "missing required member '\(path)'")
      : document.error(at: "/\(path)", "expected \(expected)")
  }

  func optionalInteger(_ path: String) throws(JSONError) -> Int? {
    switch value(path) {
    case nil: return nil
    case .integer(let number): return Int(number)
    default: throw wrong(path, "an integer")
    }
  }

  func integer(_ path: String) throws(JSONError) -> Int {
    guard let number = try optionalInteger(path) else { throw wrong(path, "an integer") }
    return number
  }

  func optionalNumber(_ path: String) throws(JSONError) -> Double? {
    switch value(path) {
    case nil: return nil
    case .integer(let number): return Double(number)
    case .number(let number, _): return number
    default: throw wrong(path, "a number")
    }
  }

  func optionalText(_ path: String) throws(JSONError) -> String? {
    switch value(path) {
    case nil: return nil
    case .string(let text): return text
    default: throw wrong(path, "a string")
    }
  }

  func text(_ path: String) throws(JSONError) -> String {
    guard let text = try optionalText(path) else { throw wrong(path, "a string") }
    return text
  }

  func optionalFlag(_ path: String) throws(JSONError) -> Bool? {
    switch value(path) {
    case nil: return nil
    case .bool(let flag): return flag
    default: throw wrong(path, "true or false")
    }
  }
}
