import MethodKit

/// The names of the options of a method, found by letting its `Options` decode itself.
///
/// So that the contract suite covers the options of a method that it has never heard of.
func optionNames<M: QuantizationMethod>(of method: M.Type) -> [String] {
  recorded(method).names
}

private func recorded<M: QuantizationMethod>(_ method: M.Type) -> OptionRecorder {
  let recorder = OptionRecorder()
  // Whatever else goes wrong, the names that were asked for are what is wanted.
  _ = try? M.Options(from: recorder)
  return recorder
}

/// A decoder that remembers which members are asked for, and has none of the optional ones.
private final class OptionRecorder: Decoder {
  var names: [String] = []
  /// Names inside members that are objects.
  var innerNames: [String] = []
  let codingPath: [any CodingKey] = []
  let userInfo: [CodingUserInfoKey: Any] = [:]

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(Members(recorder: self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw NotAnObject() }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { throw NotAnObject() }

  private struct NotAnObject: Error {}

  private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let recorder: OptionRecorder
    let codingPath: [any CodingKey] = []
    let allKeys: [Key] = []

    private func note<T>(_ key: Key, _ value: T) -> T {
      recorder.names.append(key.stringValue)
      return value
    }

    func contains(_ key: Key) -> Bool { note(key, false) }
    func decodeNil(forKey key: Key) throws -> Bool { note(key, true) }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { note(key, false) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { note(key, "") }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { note(key, 0) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { note(key, 0) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { note(key, 0) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { note(key, 0) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { note(key, 0) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { note(key, 0) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { note(key, 0) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { note(key, 0) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { note(key, 0) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { note(key, 0) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { note(key, 0) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { note(key, 0) }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
      recorder.names.append(key.stringValue)
      if let list = [Any]() as? T { return list }
      let inner = OptionRecorder()
      defer { recorder.innerNames += inner.names + inner.innerNames }
      return try T(from: inner)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws
      -> KeyedDecodingContainer<Nested>
    { throw NotAnObject() }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
      throw NotAnObject()
    }

    func superDecoder() throws -> any Decoder { throw NotAnObject() }

    func superDecoder(forKey key: Key) throws -> any Decoder { throw NotAnObject() }
  }
}
