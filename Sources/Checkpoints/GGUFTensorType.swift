/// The types that a GGUF file names by number, and the blocks that they come in.
///
/// > Source: `enum ggml_type` in the ggml project's description of the format; sizes of blocks as in
/// > `GGML_QUANT_SIZES` of the gguf package, 0.19.
struct GGUFTensorType {
  /// The type's name in the format.
  let name: String
  /// How it is read; ``ElementType/other`` where it isn't.
  let element: ElementType
  /// How many elements share one block.
  let elementsPerBlock: Int
  /// Size of one block, in bytes; 0 where the type never stands in a file.
  let bytesPerBlock: Int

  /// The type of a number, if the format has one.
  init?(_ number: UInt32) {
    if let element = Self.readable[number] {
      name = element.rawValue
      self.element = element
      (elementsPerBlock, bytesPerBlock) = (element.elementsPerBlock, element.bytesPerBlock)
    } else if let other = Self.others[number] {
      (name, elementsPerBlock, bytesPerBlock) = other
      element = .other
    } else {
      return nil
    }
  }

  /// A tensor of the type; nil when its number of bytes overflows.
  ///
  /// - Precondition: the last dimension is a multiple of the block length.
  func descriptor(name: String, shape: [Int]) -> TensorDescriptor? {
    if element != .other { return TensorDescriptor(name: name, shape: shape, type: element) }
    return TensorDescriptor(
      name: name, shape: shape, typeName: self.name, elementsPerBlock: elementsPerBlock,
      bytesPerBlock: bytesPerBlock)
  }

  private static let readable: [UInt32: ElementType] = [
    0: .f32, 1: .f16, 2: .q4_0, 3: .q4_1, 6: .q5_0, 7: .q5_1, 8: .q8_0, 10: .q2_K, 11: .q3_K,
    12: .q4_K, 13: .q5_K, 14: .q6_K, 20: .iq4_NL, 24: .i8, 25: .i16, 26: .i32, 27: .i64, 28: .f64,
    30: .bf16,
  ]

  private static let others: [UInt32: (String, Int, Int)] = [
    // Of sums in flight, never of weights in a file.
    9: ("Q8_1", 32, 0), 15: ("Q8_K", 256, 0),
    16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136), 29: ("IQ1_M", 256, 56), 34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17), 40: ("NVFP4", 64, 36), 41: ("Q1_0", 128, 18),
  ]

  /// The names of all types whose elements are read, as an error lists them.
  static let readableNames = readable.sorted { $0.key < $1.key }
    .map(\.value.rawValue).joined(separator: ", ")
}
