/// The members of one object.
struct KeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
  private let encoder: ValueEncoder

  init(_ encoder: ValueEncoder) { self.encoder = encoder }

  var codingPath: [any CodingKey] { encoder.codingPath }

  func encodeNil(forKey key: Key) throws { encoder.set(.value(.null), for: key.stringValue) }

  func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    let json = try encodedValue(value, path: encoder.codingPath + [key])
    encoder.set(.value(json), for: key.stringValue)
  }

  func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type, forKey key: Key)
    -> KeyedEncodingContainer<NestedKey>
  {
    nested(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    nested(key).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { nested(NameKey("super")) }

  func superEncoder(forKey key: Key) -> any Encoder { nested(key) }

  private func nested(_ key: any CodingKey) -> ValueEncoder {
    let inner = ValueEncoder(codingPath: encoder.codingPath + [key])
    encoder.set(.nested(inner), for: key.stringValue)
    return inner
  }
}

/// The elements of one array.
struct UnkeyedEncoding: UnkeyedEncodingContainer {
  private let encoder: ValueEncoder

  init(_ encoder: ValueEncoder) { self.encoder = encoder }

  var codingPath: [any CodingKey] { encoder.codingPath }
  var count: Int { encoder.count }

  func encodeNil() throws { encoder.append(.value(.null)) }

  func encode<T: Encodable>(_ value: T) throws {
    let json = try encodedValue(value, path: encoder.codingPath + [IndexKey(encoder.count)])
    encoder.append(.value(json))
  }

  func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type)
    -> KeyedEncodingContainer<NestedKey>
  {
    nested().container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyedContainer() }

  func superEncoder() -> any Encoder { nested() }

  private func nested() -> ValueEncoder {
    let inner = ValueEncoder(codingPath: encoder.codingPath + [IndexKey(encoder.count)])
    encoder.append(.nested(inner))
    return inner
  }
}

/// One value by itself.
struct SingleEncoding: SingleValueEncodingContainer {
  private let encoder: ValueEncoder

  init(_ encoder: ValueEncoder) { self.encoder = encoder }

  var codingPath: [any CodingKey] { encoder.codingPath }

  func encodeNil() throws { encoder.set(.null) }

  func encode<T: Encodable>(_ value: T) throws {
    encoder.set(try encodedValue(value, path: encoder.codingPath))
  }
}
