import Testing
import Vocabulary

@Suite struct BitsLabelTests {
  @Test(
    arguments: [
      ("W4A4", 4, 4, nil), ("W2A16", 2, 16, nil), ("W2A16g64", 2, 16, 64), ("W6A6", 6, 6, nil),
      ("W8A8g128", 8, 8, 128), ("W16A8", 16, 8, nil), ("FP", 16, 16, nil),
    ] as [(String, Int, Int, Int?)])
  func readsAndPrints(text: String, weights: Int, activations: Int, groupSize: Int?) throws {
    let label = try BitsLabel(text)
    #expect(label.weights == weights)
    #expect(label.activations == activations)
    #expect(label.groupSize == groupSize)
    #expect(label.description == text)
    #expect(label.isFullPrecision == (text == "FP"))
  }

  @Test(arguments: [
    ("", "expected 'FP' or a label such as 'W4A4' or 'W2A16g64'"),
    ("w4a4", "expected 'FP' or a label such as 'W4A4' or 'W2A16g64'"),
    ("W4", "expected 'FP' or a label such as 'W4A4' or 'W2A16g64'"),
    ("W4A4 ", "expected 'FP' or a label such as 'W4A4' or 'W2A16g64'"),
    ("W4A4g", "expected 'FP' or a label such as 'W4A4' or 'W2A16g64'"),
    ("W4A4g64x", "expected 'FP' or a label such as 'W4A4' or 'W2A16g64'"),
    ("W04A4", "expected 'FP' or a label such as 'W4A4' or 'W2A16g64'"),
    ("W٤A٤", "expected 'FP' or a label such as 'W4A4' or 'W2A16g64'"),
    ("W99999999999999999999A4", "expected 'FP' or a label such as 'W4A4' or 'W2A16g64'"),
    ("W1A4", "weights have 2, 3, 4, 6 or 8 bits, or 16; found 1"),
    ("W9A4", "weights have 2, 3, 4, 6 or 8 bits, or 16; found 9"),
    ("W5A4", "weights have 2, 3, 4, 6 or 8 bits, or 16; found 5"),
    ("W4A12", "activations have 2 to 8 bits, or 16; found 12"),
    ("W16A16", "nothing is quantized; write 'FP'"),
    ("FPg64", "full precision has no group size"),
    ("W16A8g64", "16-bit weights have no group size"),
    ("W4A4g1", "a group has at least 2 columns; found 1"),
  ])
  func refuses(text: String, reason: String) {
    let error = #expect(throws: BitsLabelError.self) { try BitsLabel(text) }
    #expect(error?.description == "bad bits label '\(text)': \(reason)")
  }
}
