/// The encoder of one value: collects what the value says about itself.
final class ValueEncoder: Encoder {
  /// A value that is finished, or a nested encoder that may still grow.
  enum Part {
    case value(JSON)
    case nested(ValueEncoder)
  }

  private enum Content {
    case nothing
    case value(JSON)
    case object(names: [String], parts: [Part], index: [MemberName: Int])
    case array([Part])
  }

  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }
  private var content = Content.nothing

  init(codingPath: [any CodingKey]) { self.codingPath = codingPath }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    switch content {
    case .nothing: content = .object(names: [], parts: [], index: [:])
    case .object: break
    default: preconditionFailure("a value can't be an object and something else at once")
    }
    return KeyedEncodingContainer(KeyedEncoding(self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    switch content {
    case .nothing: content = .array([])
    case .array: break
    default: preconditionFailure("a value can't be an array and something else at once")
    }
    return UnkeyedEncoding(self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { SingleEncoding(self) }

  /// Makes the value what `json` is.
  func set(_ json: JSON) { content = .value(json) }

  /// Adds a member, or replaces the one of the same name.
  func set(_ part: Part, for name: String) {
    guard case .object(var names, var parts, var index) = content else { return }
    content = .nothing  // so that the arrays are changed in place
    if let place = index[MemberName(name)] {
      parts[place] = part
    } else {
      index[MemberName(name)] = names.count
      names.append(name)
      parts.append(part)
    }
    content = .object(names: names, parts: parts, index: index)
  }

  /// Adds an element.
  func append(_ part: Part) {
    guard case .array(var parts) = content else { return }
    content = .nothing  // so that the array is changed in place
    parts.append(part)
    content = .array(parts)
  }

  /// How many elements there are.
  var count: Int {
    if case .array(let parts) = content { return parts.count }
    return 0
  }

  /// The collected value; nil when nothing was encoded.
  func finished() throws -> JSON? {
    switch content {
    case .nothing: return nil
    case .value(let value): return value
    case .array(let parts): return .array(try parts.map(finished))
    case .object(let names, let parts, _):
      return .object(try zip(names, parts).map { JSON.Member($0, try finished($1)) })
    }
  }

  private func finished(_ part: Part) throws -> JSON {
    switch part {
    case .value(let value): return value
    case .nested(let encoder):
      guard let value = try encoder.finished() else {
        throw nothingEncoded(self, at: encoder.codingPath)
      }
      return value
    }
  }
}

/// Dictionaries give their members in an order that changes from run to run.
private protocol WithoutOrder {}
extension Dictionary: WithoutOrder {}

/// `value` as JSON.
func encodedValue<T: Encodable>(_ value: T, path: @autoclosure () -> [any CodingKey]) throws -> JSON
{
  switch value {
  case let value as JSON: return value
  case let value as String: return .string(value)
  case let value as Bool: return .bool(value)
  case let value as Double: return try number(value, value.description, path: path())
  case let value as Float:
    // The double with the same few digits, so that what is read back from the text is equal.
    let text = value.description
    return try number(Double(text) ?? Double(value), text, path: path())
  case let value as any FixedWidthInteger:
    if let small = Int64(exactly: value) { return .integer(small) }
    if let large = UInt64(exactly: value) { return JSON(large) }
    throw EncodingError.invalidValue(
      value, .init(codingPath: path(), debugDescription: "\(value) doesn't fit in 64 bits"))
  default: break
  }
  let encoder = ValueEncoder(codingPath: path())
  try value.encode(to: encoder)
  guard let json = try encoder.finished() else {
    throw nothingEncoded(value, at: encoder.codingPath)
  }
  if value is any WithoutOrder, case .object(let members) = json {
    return .object(members.sorted { MemberName($0.name) < MemberName($1.name) })
  }
  return json
}

private func nothingEncoded(_ value: Any, at path: [any CodingKey]) -> EncodingError {
  .invalidValue(
    value,
    .init(codingPath: path, debugDescription: "\(type(of: value)) didn't encode any value"))
}

private func number(_ value: Double, _ text: String, path: [any CodingKey]) throws -> JSON {
  guard value.isFinite else {
    throw EncodingError.invalidValue(
      value, .init(codingPath: path, debugDescription: "\(text) can't be written as JSON"))
  }
  return .number(value, text: text)
}
