// What a GGUF file's head is made of.
extension ByteCursor {
  /// Deepest nesting of arrays in arrays; bounds the recursion that skips them.
  private static let deepestNesting = 4

  /// The next string: a 64-bit length and that many bytes of UTF-8.
  mutating func string(_ what: @autoclosure () -> String) throws(CheckpointError) -> String {
    let length = try integer(UInt64.self, "the length of \(what())")
    return try text(length, what())
  }

  /// The type number of a metadata value.
  mutating func valueType(_ what: @autoclosure () -> String) throws(CheckpointError)
    -> GGUFValueType
  {
    let start = offset
    let number = try integer(UInt32.self, "the type of \(what())")
    guard let type = GGUFValueType(rawValue: number) else {
      throw error(
        .malformed, at: start, "expected a type of 0 to 12 for \(what()), found \(number)")
    }
    return type
  }

  /// A metadata value of a type; arrays are stepped over.
  mutating func value(_ type: GGUFValueType, _ what: @autoclosure () -> String)
    throws(CheckpointError) -> GGUFValue
  {
    switch type {
    case .uint8: return .unsigned(UInt64(try integer(UInt8.self, what())))
    case .uint16: return .unsigned(UInt64(try integer(UInt16.self, what())))
    case .uint32: return .unsigned(UInt64(try integer(UInt32.self, what())))
    case .uint64: return .unsigned(try integer(UInt64.self, what()))
    case .int8: return .signed(Int64(try integer(Int8.self, what())))
    case .int16: return .signed(Int64(try integer(Int16.self, what())))
    case .int32: return .signed(Int64(try integer(Int32.self, what())))
    case .int64: return .signed(try integer(Int64.self, what()))
    case .float32:
      return .float(Double(Float(bitPattern: try integer(UInt32.self, what()))))
    case .float64: return .float(Double(bitPattern: try integer(UInt64.self, what())))
    case .bool:
      let start = offset
      let byte = try integer(UInt8.self, what())
      guard byte <= 1 else {
        throw error(.malformed, at: start, "expected 0 or 1 for \(what()), found \(byte)")
      }
      return .bool(byte == 1)
    case .string: return .string(try string(what()))
    case .array: return .array(try array(what(), depth: 1))
    }
  }

  /// Steps over an array, checking that all of it is there.
  private mutating func array(_ what: @autoclosure () -> String, depth: Int)
    throws(CheckpointError) -> GGUFArray
  {
    guard depth <= Self.deepestNesting else {
      throw error(
        .unsupported, "arrays in \(what()) are nested more than \(Self.deepestNesting) deep")
    }
    let type = try valueType("the elements of \(what())")
    let countOffset = offset
    let count = try integer(UInt64.self, "the length of \(what())")
    // Before anything is done `count` times: can so many elements be in what is left?
    guard count <= UInt64(remaining / type.leastSize) else {
      throw error(
        .truncated, at: countOffset,
        "expected \(count) elements of \(what()), but only \(remaining) bytes are left")
    }
    let start = offset
    if let size = type.size {
      _ = try skip(count * UInt64(size), what())
    } else {
      for _ in 0..<count {
        if type == .string {
          _ = try skip(try integer(UInt64.self, "the length of a string in \(what())"), what())
        } else {
          _ = try array(what(), depth: depth + 1)
        }
      }
    }
    return GGUFArray(elementType: type, count: Int(count), bytes: start..<offset)
  }
}
