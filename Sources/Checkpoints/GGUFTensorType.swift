/// The numbers by which a GGUF file names tensor types.
///
/// > Source: `enum ggml_type` in the ggml project's description of the format.
enum GGUFTensorType {
  /// The element type of a number, if it is read here.
  static func elementType(_ number: UInt32) -> ElementType? {
    switch number {
    case 0: .f32
    case 1: .f16
    case 2: .q4_0
    case 3: .q4_1
    case 8: .q8_0
    case 24: .i8
    case 25: .i16
    case 26: .i32
    case 27: .i64
    case 28: .f64
    case 30: .bf16
    default: nil
    }
  }

  /// The name of a type that isn't read here, if it has one.
  static func name(_ number: UInt32) -> String? {
    switch number {
    case 6: "Q5_0"
    case 7: "Q5_1"
    case 9: "Q8_1"
    case 10: "Q2_K"
    case 11: "Q3_K"
    case 12: "Q4_K"
    case 13: "Q5_K"
    case 14: "Q6_K"
    case 15: "Q8_K"
    case 16: "IQ2_XXS"
    case 17: "IQ2_XS"
    case 18: "IQ3_XXS"
    case 19: "IQ1_S"
    case 20: "IQ4_NL"
    case 21: "IQ3_S"
    case 22: "IQ2_S"
    case 23: "IQ4_XS"
    case 29: "IQ1_M"
    case 34: "TQ1_0"
    case 35: "TQ2_0"
    case 39: "MXFP4"
    default: nil
    }
  }
}
