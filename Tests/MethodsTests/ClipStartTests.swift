import Checkpoints
import MethodKit
import Methods
import Quantizers
import TestSupport
import Testing
import Transformers

@Suite("Where learned clipping starts")
struct ClipStartTests {
  private let step = #""learningRate": 1e-4, "epsilon": 1e-3"#

  @Test(
    "Clipping that starts from a search has the ranges of least squared error before it learns",
    arguments: [false, true])
  func clipStart(isOmniQuant: Bool) throws {
    func model(_ others: String) throws -> QuantizedModel {
      let rehearsal = try Rehearsal(model: Vectors.path("model/llama_gqa_untied"))
      if isOmniQuant {
        return try rehearsal(
          make(OmniQuant.self, "{\"epochs\": 1, \"lwcLearningRate\": 0\(others)}", spec(2, nil)))
      }
      return try rehearsal(
        make(
          ZeroQAT.self,
          "{\(step), \"steps\": 0, \"initialisation\": \"blocks\"\(others)}", spec(2, nil)))
    }
    let (constant, search) = (try model(""), try model(#", "clipStart": "search""#))
    let dense = try DenseParameters(
      source: ModelSource(path: Vectors.path("model/llama_gqa_untied")))
    let quantizer = WeightQuantizer(bits: 2, groupSize: nil)
    var narrower = 0
    for id in dense.configuration.linearIDs {
      func error(_ model: QuantizedModel) -> Double {
        zip(model.blocks.current(id).elements, dense.matrix(id).elements).reduce(0) {
          $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1)
        }
      }
      if error(search) < error(constant) { narrower += 1 }
      guard isOmniQuant else { continue }
      // Nothing was learned: the logits' own fractions, at most σ(4).
      let expected = dense.matrix(id)
      quantizer.fakeQuantize(
        expected, clip: RangeSearch().logits(of: dense.matrix(id), quantizer, most: 4).fractions)
      expectClose(
        search.blocks.current(id).elements, expected.elements, .absolute(1e-6), "\(id)")
    }
    #expect(narrower > dense.configuration.linearIDs.count / 2)
  }
}
