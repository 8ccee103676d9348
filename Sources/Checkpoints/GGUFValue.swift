/// One value of a GGUF file's metadata.
public enum GGUFValue: Sendable, Equatable {
  /// `uint8` to `uint64`.
  case unsigned(UInt64)
  /// `int8` to `int64`.
  case signed(Int64)
  /// `float32` or `float64`.
  case float(Double)
  /// One byte, 0 or 1.
  case bool(Bool)
  /// UTF-8 text.
  case string(String)
  /// Elements that stay in the file until one of ``GGUFFile``'s getters reads them.
  case array(GGUFArray)

  /// Whether it is an array, of which only the place in the file is known.
  var isArray: Bool {
    if case .array = self { true } else { false }
  }
}

/// An array of a GGUF file's metadata, which stays in the file until it is asked for.
public struct GGUFArray: Sendable, Equatable {
  /// What the elements are.
  public let elementType: GGUFValueType
  /// How many there are.
  public let count: Int
  /// Where in the file they are.
  let bytes: Range<Int>
}

/// The types that a metadata value can have, by their numbers in the file.
///
/// > Source: `gguf_metadata_value_type` in the ggml project's description of the format.
public enum GGUFValueType: UInt32, Sendable, Equatable, CaseIterable {
  /// Unsigned 8-bit integer.
  case uint8 = 0
  /// Signed 8-bit integer.
  case int8 = 1
  /// Unsigned 16-bit integer.
  case uint16 = 2
  /// Signed 16-bit integer.
  case int16 = 3
  /// Unsigned 32-bit integer.
  case uint32 = 4
  /// Signed 32-bit integer.
  case int32 = 5
  /// IEEE 754 binary32.
  case float32 = 6
  /// One byte, 0 or 1.
  case bool = 7
  /// 64-bit length, then UTF-8 bytes.
  case string = 8
  /// 32-bit element type, 64-bit count, then the elements.
  case array = 9
  /// Unsigned 64-bit integer.
  case uint64 = 10
  /// Signed 64-bit integer.
  case int64 = 11
  /// IEEE 754 binary64.
  case float64 = 12

  /// Bytes of one value; nil where that depends on the value.
  var size: Int? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .string, .array: nil
    }
  }

  /// Fewest bytes that a value can take.
  var leastSize: Int {
    switch self {
    case .string: 8
    case .array: 12
    default: size ?? 1
    }
  }
}

extension GGUFValue {
  /// What the value is, in words for an error.
  var words: String {
    switch self {
    case .unsigned(let value): "the integer \(value)"
    case .signed(let value): "the integer \(value)"
    case .float(let value): "the float \(value)"
    case .bool(let value): "the bool \(value)"
    case .string(let value): "the string \"\(value.prefix(40))\""
    case .array(let array): "an array of \(array.count) \(array.elementType)"
    }
  }
}
