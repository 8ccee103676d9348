/// The numbers of bits that weights and activations can have, wherever one is read, checked or packed.
package enum BitWidths {
  /// Bits per weight that can be packed.
  package static let weights = [2, 3, 4, 6, 8]
  /// Bits per activation.
  package static let activations = 2...8
  /// What stands for "not quantized".
  package static let full = 16

  /// The widths of weights in words.
  package static let weightsInWords = "2, 3, 4, 6 or 8 bits, or 16"
  /// The widths of activations in words.
  package static let activationsInWords = "2 to 8 bits, or 16"
}
