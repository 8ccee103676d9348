internal import JSONText

// Typed access to metadata. Each getter throws when the key is missing (offering the nearest) or of
// another type; those with a default use it only when the key is missing.
extension GGUFFile {
  /// The string of a key.
  public func string(_ key: String) throws(CheckpointError) -> String {
    guard case .string(let value) = try value(key) else { throw try mismatch(key, "a string") }
    return value
  }

  /// The string of a key, or `absent` without the key.
  public func string(_ key: String, default absent: String) throws(CheckpointError) -> String {
    metadata[key] == nil ? absent : try string(key)
  }

  /// The integer of a key, of any width and sign.
  public func integer(_ key: String) throws(CheckpointError) -> Int {
    switch try value(key) {
    case .unsigned(let value):
      guard let value = Int(exactly: value) else { throw try mismatch(key, "a 63-bit integer") }
      return value
    case .signed(let value): return Int(value)
    default: throw try mismatch(key, "an integer")
    }
  }

  /// The integer of a key, or `absent` without the key.
  public func integer(_ key: String, default absent: Int) throws(CheckpointError) -> Int {
    metadata[key] == nil ? absent : try integer(key)
  }

  /// The float of a key, of either width.
  public func float(_ key: String) throws(CheckpointError) -> Double {
    guard case .float(let value) = try value(key) else { throw try mismatch(key, "a float") }
    return value
  }

  /// The float of a key, or `absent` without the key.
  public func float(_ key: String, default absent: Double) throws(CheckpointError) -> Double {
    metadata[key] == nil ? absent : try float(key)
  }

  /// The bool of a key.
  public func bool(_ key: String) throws(CheckpointError) -> Bool {
    guard case .bool(let value) = try value(key) else { throw try mismatch(key, "a bool") }
    return value
  }

  /// The bool of a key, or `absent` without the key.
  public func bool(_ key: String, default absent: Bool) throws(CheckpointError) -> Bool {
    metadata[key] == nil ? absent : try bool(key)
  }

  /// The strings of an array.
  ///
  /// - Complexity: O(length), every time: nothing is kept.
  public func strings(_ key: String) throws(CheckpointError) -> [String] {
    let array = try array(key, of: "strings") { $0 == .string }
    return try withCursor(over: array.bytes) { cursor throws(CheckpointError) in
      var strings: [String] = []
      strings.reserveCapacity(array.count)
      for index in 0..<array.count {
        strings.append(try cursor.string("element \(index) of key '\(key)'"))
      }
      return strings
    }
  }

  /// The integers of an array, of any width and sign.
  ///
  /// - Complexity: O(length), every time: nothing is kept.
  public func integers(_ key: String) throws(CheckpointError) -> [Int] {
    let integerTypes: [GGUFValueType] = [
      .uint8, .int8, .uint16, .int16, .uint32, .int32, .uint64, .int64,
    ]
    let array = try array(key, of: "integers", where: integerTypes.contains)
    return try elements(of: array, key) { value throws(CheckpointError) in
      switch value {
      case .signed(let number): return Int(number)
      case .unsigned(let number): return Int(exactly: number)
      default: return nil
      }
    }
  }

  /// The floats of an array; 64-bit ones are rounded.
  ///
  /// - Complexity: O(length), every time: nothing is kept.
  public func floats(_ key: String) throws(CheckpointError) -> [Float] {
    let array = try array(key, of: "floats") { $0 == .float32 || $0 == .float64 }
    return try elements(of: array, key) { value throws(CheckpointError) in
      guard case .float(let number) = value else { return nil }
      return Float(number)
    }
  }

  /// The value of a key, or an error that offers the nearest key.
  private func value(_ key: String) throws(CheckpointError) -> GGUFValue {
    guard let value = metadata[key] else {
      var reason = "there is no such key among the \(metadata.count)"
      if let nearest = nearestName(to: key, in: metadataKeys) {
        reason += "; did you mean '\(nearest)'?"
      }
      throw CheckpointError(.missing, in: path, at: .key(key), reason)
    }
    return value
  }

  /// The error for a value of another type than the caller expects.
  private func mismatch(_ key: String, _ expected: String) throws(CheckpointError)
    -> CheckpointError
  {
    CheckpointError(
      .mismatched, in: path, at: .key(key), "expected \(expected), found \(try value(key).words)")
  }

  /// The array of a key if its elements are of the right type.
  private func array(
    _ key: String, of things: String, where isRight: (GGUFValueType) -> Bool
  ) throws(CheckpointError) -> GGUFArray {
    guard case .array(let array) = try value(key), isRight(array.elementType) else {
      throw try mismatch(key, "an array of \(things)")
    }
    return array
  }

  /// The elements of an array of fixed-size values, each passed through `convert`.
  private func elements<Element>(
    of array: GGUFArray, _ key: String,
    _ convert: (GGUFValue) throws(CheckpointError) -> Element?
  ) throws(CheckpointError) -> [Element] {
    try withCursor(over: array.bytes) { cursor throws(CheckpointError) in
      var elements: [Element] = []
      elements.reserveCapacity(array.count)
      for index in 0..<array.count {
        let value = try cursor.value(array.elementType, "element \(index) of key '\(key)'")
        guard let element = try convert(value) else {
          throw CheckpointError(
            .mismatched, in: path, at: .key(key),
            "expected element \(index) to be a 63-bit integer, found \(value.words)")
        }
        elements.append(element)
      }
      return elements
    }
  }
}
