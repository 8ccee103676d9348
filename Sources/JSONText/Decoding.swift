/// A type that takes an object whose members it doesn't all know, such as a model's `config.json`.
///
/// For files that others define. Our own formats refuse unknown members.
public protocol AcceptsUnknownMembers: Decodable {}

/// The decoder of one value.
struct NodeDecoder: Decoder {
  let node: DecodingNode

  init(_ node: DecodingNode) { self.node = node }

  var codingPath: [any CodingKey] { node.codingPath }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    try node.openMembers()
    return KeyedDecodingContainer(KeyedDecoding(node))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try UnkeyedDecoding(node) }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { SingleDecoding(node) }
}

/// Decodes the value `key` of `parent` as `type`.
func decodeMember<T: Decodable>(
  _ type: T.Type, _ value: JSON, in parent: DecodingNode, key: any CodingKey
) throws -> T {
  try decodeValue(type, from: DecodingNode(value, in: parent, key: key))
}

/// Decodes the value of `node` as `type` and refuses members that the type doesn't know.
///
/// Every error that leaves is a `DecodingError` with a full path, or a ``JSONError``.
func decodeValue<T: Decodable>(_ type: T.Type, from node: DecodingNode) throws -> T {
  // Scalars are decoded here, not through their own init(from:), to spare a container each.
  if let scalar = T.self as? any JSONScalar.Type,
    let value = try scalar.init(node.value, at: node) as? T
  {
    return value
  }
  do {
    if let type = T.self as? any HasDefaults.Type { node.absentMembers = try type.absentMembers }
    let value = try T(from: NodeDecoder(node))
    if !(T.self is any AcceptsUnknownMembers.Type) { try node.checkMembers() }
    return value
  } catch let error as JSONError {
    throw error
  } catch let error as DecodingError {
    throw completed(error, for: T.self, at: node)
  } catch {
    throw DecodingError.dataCorrupted(
      DecodingError.Context(
        codingPath: node.codingPath, debugDescription: String(describing: error),
        underlyingError: error))
  }
}

/// `error` with a path from the root, and with better words where the standard library's are poor.
private func completed<T>(_ error: DecodingError, for type: T.Type, at node: DecodingNode)
  -> DecodingError
{
  let context = error.context
  let here = node.codingPath
  let given = context.codingPath
  let isComplete =
    given.count >= here.count && zip(here, given).allSatisfy { $0.stringValue == $1.stringValue }
  let path = isComplete ? given : here + given
  if case .dataCorrupted = error, path.count == here.count, case .string(let found) = node.value,
    let reason = unknownRawValue(found, of: type)
  {
    return .dataCorrupted(.init(codingPath: path, debugDescription: reason))
  }
  if isComplete { return error }
  return .dataCorrupted(
    .init(
      codingPath: path, debugDescription: context.debugDescription,
      underlyingError: context.underlyingError))
}

/// The message for a string that isn't a raw value of `type`, or nil when it is or has none.
private func unknownRawValue<T>(_ found: String, of type: T.Type) -> String? {
  func known<E: RawRepresentable>(_ type: E.Type) -> String? {
    guard let raw = found as? E.RawValue, E(rawValue: raw) == nil else { return nil }
    let start = "unknown value \(found.quoted)"
    guard let cases = type as? any CaseIterable.Type else { return "\(start) for \(E.self)" }
    return "\(start); \(advice(for: found, known: rawValues(cases)))"
  }
  func rawValues<C: CaseIterable>(_ type: C.Type) -> [String] {
    C.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
  }
  guard let type = type as? any RawRepresentable.Type else { return nil }
  return known(type)
}
