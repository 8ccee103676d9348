/// How the elements of a tensor are stored in a file.
///
/// The raw value is the name that both formats print (`F32`, `Q4_1`).
public enum ElementType: String, Sendable, Hashable, CaseIterable {
  /// IEEE 754 binary64.
  case f64 = "F64"
  /// IEEE 754 binary32.
  case f32 = "F32"
  /// IEEE 754 binary16.
  case f16 = "F16"
  /// The upper half of a binary32.
  case bf16 = "BF16"
  /// Signed 64-bit integer.
  case i64 = "I64"
  /// Signed 32-bit integer.
  case i32 = "I32"
  /// Signed 16-bit integer.
  case i16 = "I16"
  /// Signed 8-bit integer.
  case i8 = "I8"
  /// Unsigned 64-bit integer.
  case u64 = "U64"
  /// Unsigned 32-bit integer.
  case u32 = "U32"
  /// Unsigned 16-bit integer.
  case u16 = "U16"
  /// Unsigned 8-bit integer.
  case u8 = "U8"
  /// One byte, 0 or 1.
  case bool = "BOOL"
  /// 32 weights in 34 bytes: binary16 `d`, 32 signed bytes `q`; `w = d·q`.
  case q8_0 = "Q8_0"
  /// 32 weights in 18 bytes: binary16 `d`, 16 bytes of nibbles `q`; `w = d·(q − 8)`.
  case q4_0 = "Q4_0"
  /// 32 weights in 20 bytes: binary16 `d` and `m`, 16 bytes of nibbles `q`; `w = d·q + m`.
  case q4_1 = "Q4_1"
  /// 32 weights in 22 bytes: binary16 `d`, 32 high bits, 16 bytes of nibbles; `w = d·(q − 16)`.
  case q5_0 = "Q5_0"
  /// 32 weights in 24 bytes: binary16 `d` and `m`, 32 high bits, 16 bytes of nibbles; `w = d·q + m`.
  case q5_1 = "Q5_1"
  /// 256 weights in 84 bytes: 16 groups of 2-bit codes, 4-bit scales and minima; `w = d·s·q − dmin·m`.
  case q2_K = "Q2_K"
  /// 256 weights in 110 bytes: 16 groups of 3-bit codes, 6-bit scales; `w = d·(s − 32)·(q − 4)`.
  case q3_K = "Q3_K"
  /// 256 weights in 144 bytes: 8 groups of 4-bit codes, 6-bit scales and minima; `w = d·s·q − dmin·m`.
  case q4_K = "Q4_K"
  /// 256 weights in 176 bytes: as Q4_K with 5-bit codes.
  case q5_K = "Q5_K"
  /// 256 weights in 210 bytes: 16 groups of 6-bit codes, signed 8-bit scales; `w = d·s·(q − 32)`.
  case q6_K = "Q6_K"
  /// 32 weights in 18 bytes: binary16 `d`, nibbles that choose among 16 fixed values; `w = d·value[q]`.
  case iq4_NL = "IQ4_NL"
  /// A type of the format that isn't read here; ``TensorDescriptor/typeName`` names it.
  case other = "another type"

  /// How many elements share one block; 1 for everything but the quantized types.
  public var elementsPerBlock: Int {
    switch self {
    case .q8_0, .q4_0, .q4_1, .q5_0, .q5_1, .iq4_NL: 32
    case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K: 256
    case .f64, .f32, .f16, .bf16, .i64, .i32, .i16, .i8, .u64, .u32, .u16, .u8, .bool, .other: 1
    }
  }

  /// Size of one block (of one element where there are no blocks), in bytes.
  public var bytesPerBlock: Int {
    switch self {
    case .f64, .i64, .u64: 8
    case .f32, .i32, .u32: 4
    case .f16, .bf16, .i16, .u16: 2
    case .i8, .u8, .bool, .other: 1
    case .q8_0: 34
    case .q4_0, .iq4_NL: 18
    case .q4_1: 20
    case .q5_0: 22
    case .q5_1: 24
    case .q2_K: 84
    case .q3_K: 110
    case .q4_K: 144
    case .q5_K: 176
    case .q6_K: 210
    }
  }

  /// The binary16 scales of a block and their offsets in it, in bytes; none where there are no blocks.
  var scales: [(name: String, offset: Int)] {
    switch self {
    case .q8_0, .q4_0, .q5_0, .iq4_NL: [("d", 0)]
    case .q4_1, .q5_1: [("d", 0), ("m", 2)]
    case .q2_K: [("d", 80), ("dmin", 82)]
    case .q3_K: [("d", 108)]
    case .q4_K, .q5_K: [("d", 0), ("dmin", 2)]
    case .q6_K: [("d", 208)]
    case .f64, .f32, .f16, .bf16, .i64, .i32, .i16, .i8, .u64, .u32, .u16, .u8, .bool, .other: []
    }
  }

  /// Whether the elements are integers, which are read with `readIntegers` and never as floats.
  public var isInteger: Bool {
    switch self {
    case .i64, .i32, .i16, .i8, .u64, .u32, .u16, .u8, .bool: true
    case .f64, .f32, .f16, .bf16, .other: false
    case .q8_0, .q4_0, .q4_1, .q5_0, .q5_1, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_NL: false
    }
  }

  /// Whether the elements are read as float32.
  public var isFloat: Bool { !isInteger && self != .other }
}
