import Quantizers
import Testing

/// Labels and the wording of refusals.
@Suite("Quantization specifications")
struct QuantizationSpecTests {
  @Test(
    "Labels",
    arguments: [
      (4, 4, nil, "W4A4"), (2, nil, 128, "W2A16g128"), (3, nil, nil, "W3A16"),
      (nil, 8, nil, "W16A8"),
      (nil, nil, nil, "FP"), (6, 2, 1, "W6A2g1"), (8, 8, 64, "W8A8g64"),
    ] as [(Int?, Int?, Int?, String)])
  func labels(weights: Int?, activations: Int?, group: Int?, label: String) throws {
    let spec = try QuantizationSpec(
      weightBits: weights, activationBits: activations, groupSize: group)
    #expect(spec.description == label)
    #expect((spec == .none) == (label == "FP"))
  }

  @Test("Widths that can't be had")
  func widths() {
    for bits in [-1, 0, 1, 5, 7, 9, 16] {
      #expect(
        throws: QuantizationError.unsupportedWidth(
          bits, of: "weights", supported: "2, 3, 4, 6, 8 or 16")
      ) { try QuantizationSpec(weightBits: bits, activationBits: nil, groupSize: nil) }
    }
    for bits in [-1, 0, 1, 9, 16] {
      #expect(
        throws: QuantizationError.unsupportedWidth(
          bits, of: "activations", supported: "2 to 8, or 16")
      ) { try QuantizationSpec(weightBits: 4, activationBits: bits, groupSize: nil) }
    }
    for group in [0, -1, Int.min] {
      #expect(throws: QuantizationError.groupSize(group)) {
        try QuantizationSpec(weightBits: 4, activationBits: nil, groupSize: group)
      }
    }
    #expect(throws: QuantizationError.groupWithoutBits(64)) {
      try QuantizationSpec(weightBits: nil, activationBits: 8, groupSize: 64)
    }
  }

  @Test("What the errors say")
  func wording() {
    #expect(
      QuantizationError.unsupportedWidth(5, of: "weights", supported: "2, 3, 4, 6, 8 or 16")
        .description == "5-bit weights are not supported; supported: 2, 3, 4, 6, 8 or 16")
    #expect(
      QuantizationError.groupSize(0).description
        == "expected a group size of at least 1, found 0")
    #expect(
      QuantizationError.groupWithoutBits(64).description
        == "the group size 64 contradicts weights of 16 bits, which have no groups")
    for (size, inputs, nearest) in [
      (128, 576, "96 and 144"), (100, 64, "64"), (5, 7, "1 and 7"), (2, 1, "1"),
    ] {
      #expect(
        QuantizationError.groupDoesNotDivide(groupSize: size, inputs: inputs, linear: "q_proj")
          .description
          == "the group size \(size) does not divide the \(inputs) inputs of q_proj; "
          + "nearest that do: \(nearest)")
    }
  }

  @Test("The check names the linear")
  func check() throws {
    let quantizer = WeightQuantizer(bits: 4, groupSize: 64)
    try quantizer.check(columns: 576, linear: "q_proj")
    #expect(
      throws: QuantizationError.groupDoesNotDivide(
        groupSize: 64, inputs: 100, linear: "down_proj")
    ) { try quantizer.check(columns: 100, linear: "down_proj") }
    try WeightQuantizer(bits: 4, groupSize: nil).check(columns: 7, linear: "k_proj")
  }
}
