import Tensors
import TestSupport
import Testing
import Transformers

/// The tiny models' committed weights, token by token against numpy in float64.
///
/// Numbers from `Reference/tiny_losses.py`.
@Suite("The tiny models' committed weights")
struct CommittedModelTests {
  private static let ids: [Int32] = [
    2285, 54, 2520, 50, 17, 202, 877, 336, 1033, 1571, 435, 373, 270, 10, 267, 260,
    1044, 15, 673, 779, 683, 533, 1570, 298, 375, 362, 739, 788, 30, 289, 68, 131, 111,
    308, 224, 164, 120, 248, 1546, 21, 22, 23,
  ]
  private static let llama: [Double] = [
    8.68228, 8.616907, 9.960994, 5.140875, 0.080166, 3.953176, 7.052096, 9.284396,
    2.586058, 1.547042, 4.171989, 5.41372, 0.532061, 0.893742, 7.216028, 2.623633,
    1.850874, 11.041307, 6.249916, 3.354437, 5.613553, 8.19716, 2.98427, 2.057849,
    8.617298, 7.462769, 2.492007, 3.068864, 9.887896, 9.060843, 16.350731, 14.19319,
    10.451986, 7.0828, 14.052355, 14.215351, 14.215971, 9.257094, 3.108598, 5.02955,
    4.424756,
  ]
  private static let opt: [Double] = [
    9.211781, 10.480388, 8.864087, 3.987817, 0.115409, 4.248804, 6.035555, 7.915592,
    2.513332, 2.801549, 3.896691, 6.035702, 0.889048, 0.488081, 7.517333, 4.526671,
    2.461979, 8.465504, 4.093364, 2.695674, 5.269536, 8.367256, 3.779925, 2.201619,
    7.949579, 5.881294, 1.972977, 3.709687, 8.544187, 7.472748, 16.056976, 21.094034,
    13.83576, 7.291447, 17.260314, 20.999637, 21.472202, 12.096108, 2.516377, 5.922989,
    7.746742,
  ]

  private func losses(_ model: String, _ outliers: ChannelScaling?) throws -> [Double] {
    let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
    let source = try ModelSource(path: "\(root)/models/\(model)", outliers: outliers)
    let transformer = Transformer(
      configuration: source.configuration, frame: try source.frame(precision: .single))
    return try transformer.negativeLogLikelihood(
      Self.ids, windowTokens: Self.ids.count, operators: try DenseParameters(source: source))
  }

  @Test(
    "Losses, and the same bits from the variant with outliers",
    arguments: [("tiny-llama", llama), ("tiny-opt", opt)])
  func losses(model: String, expected: [Double]) throws {
    let found = try losses(model, nil)
    // The last token of a window predicts nothing.
    #expect(found.count == expected.count + 1 && found.last == 0)
    for (position, (a, b)) in zip(found, expected).enumerated() {
      #expect(abs(a - b) < 2e-4, "\(model), position \(position + 1): \(a), numpy \(b)")
    }
    let outliers = ChannelScaling(channels: [7, 44, 91, 130, 171, 222], factor: 16)
    #expect(try losses(model, outliers) == found)
  }
}
