/// Reads the head of a GGUF file from front to back; never past its end.
///
/// Every number is little-endian and unaligned.
struct GGUFCursor {
  /// The file, for errors.
  let path: String
  /// All bytes of the file.
  let bytes: UnsafeRawBufferPointer
  /// Where the next read begins.
  var offset: Int

  /// Bytes between here and the end of the file.
  var remaining: Int { bytes.count - offset }

  /// Deepest nesting of arrays in arrays; bounds the recursion that skips them.
  static let deepestNesting = 4

  /// An error at the current offset, or at another one.
  func error(_ kind: CheckpointError.Kind, at place: Int? = nil, _ reason: String)
    -> CheckpointError
  {
    CheckpointError(kind, in: path, at: .byte(place ?? offset), reason)
  }

  /// The next integer.
  mutating func integer<Value: FixedWidthInteger>(
    _ type: Value.Type, _ what: @autoclosure () -> String
  ) throws(CheckpointError) -> Value {
    let size = MemoryLayout<Value>.size
    guard remaining >= size else {
      throw error(
        .truncated, "expected \(size) bytes of \(what()), found \(remaining) before the end")
    }
    // SAFETY: `size` bytes from `offset` on lie inside the file.
    let value = bytes.loadUnaligned(fromByteOffset: offset, as: Value.self)
    offset += size
    return Value(littleEndian: value)
  }

  /// Steps over `count` bytes and returns where they are.
  mutating func skip(_ count: UInt64, _ what: @autoclosure () -> String) throws(CheckpointError)
    -> Range<Int>
  {
    guard count <= UInt64(remaining) else {
      throw error(
        .truncated, "expected \(count) bytes of \(what()), found \(remaining) before the end")
    }
    let start = offset
    offset += Int(count)
    return start..<offset
  }

  /// The next string: a 64-bit length and that many bytes of UTF-8.
  mutating func string(_ what: @autoclosure () -> String) throws(CheckpointError) -> String {
    let length = try integer(UInt64.self, "the length of \(what())")
    let range = try skip(length, what())
    guard let string = String(validating: bytes[range], as: UTF8.self) else {
      throw error(.malformed, at: range.lowerBound, "expected \(what()) in UTF-8")
    }
    return string
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
