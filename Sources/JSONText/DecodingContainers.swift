/// The members of one object.
struct KeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
  private let node: DecodingNode

  /// The members of `node`, whose members are open.
  init(_ node: DecodingNode) { self.node = node }

  var codingPath: [any CodingKey] { node.codingPath }

  /// The members that `Key` can name; they count as asked for.
  var allKeys: [Key] {
    node.members.compactMap { member in
      guard let key = Key(stringValue: member.name) else { return nil }
      _ = node.ask(member.name)
      return key
    }
  }

  func contains(_ key: Key) -> Bool { node.ask(key.stringValue) != nil }

  func decodeNil(forKey key: Key) throws -> Bool { node.members[try place(key)].value == .null }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try decodeMember(type, node.members[try place(key)].value, in: node, key: key)
  }

  func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type, forKey key: Key) throws
    -> KeyedDecodingContainer<NestedKey>
  {
    try NodeDecoder(child(key)).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try NodeDecoder(child(key)).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { NodeDecoder(try child(NameKey("super"))) }

  func superDecoder(forKey key: Key) throws -> any Decoder { NodeDecoder(try child(key)) }

  private func child(_ key: any CodingKey) throws -> DecodingNode {
    let place = try place(key)
    return node.child(place, node.members[place].value, key: key)
  }

  private func place(_ key: any CodingKey) throws -> Int {
    let name = key.stringValue
    if let place = node.ask(name) { return place }
    let near = nearestName(to: name, in: node.unasked).map { "; there is \($0.quoted)" } ?? ""
    throw DecodingError.keyNotFound(
      key,
      DecodingError.Context(
        codingPath: node.codingPath,
        debugDescription: "missing required member \(name.quoted)\(near)"))
  }
}

/// The elements of one array.
struct UnkeyedDecoding: UnkeyedDecodingContainer {
  private let node: DecodingNode
  private let elements: [JSON]
  private(set) var currentIndex = 0

  init(_ node: DecodingNode) throws {
    self.node = node
    elements = try node.openElements()
  }

  var codingPath: [any CodingKey] { node.codingPath }
  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex >= elements.count }

  mutating func decodeNil() throws -> Bool {
    guard try element(Never.self) == .null else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    let value = try decodeMember(type, element(type), in: node, key: IndexKey(currentIndex))
    currentIndex += 1
    return value
  }

  mutating func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type) throws
    -> KeyedDecodingContainer<NestedKey>
  {
    let container = try NodeDecoder(child()).container(keyedBy: type)
    currentIndex += 1
    return container
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    let container = try NodeDecoder(child()).unkeyedContainer()
    currentIndex += 1
    return container
  }

  mutating func superDecoder() throws -> any Decoder {
    let decoder = NodeDecoder(try child())
    currentIndex += 1
    return decoder
  }

  private func child() throws -> DecodingNode {
    try node.child(currentIndex, element(Never.self), key: IndexKey(currentIndex))
  }

  private func element(_ type: any Any.Type) throws -> JSON {
    guard !isAtEnd else {
      throw DecodingError.valueNotFound(
        type,
        DecodingError.Context(
          codingPath: node.codingPath,
          debugDescription: "expected more elements, found \(node.value.kindAndContent)"))
    }
    return elements[currentIndex]
  }
}

/// One value by itself.
struct SingleDecoding: SingleValueDecodingContainer {
  private let node: DecodingNode

  init(_ node: DecodingNode) { self.node = node }

  var codingPath: [any CodingKey] { node.codingPath }

  func decodeNil() -> Bool { node.value == .null }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    // A node of its own: which members `type` asks for is between the two of them.
    try decodeValue(type, from: DecodingNode(node.value, in: node, key: nil))
  }
}
