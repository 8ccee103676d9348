import MethodKit
import Methods
import Quantizers
import TestSupport
import Testing
import Transformers

/// Cells on architectures that the methods were not written for: they ask for facts, and these are others.
@Suite("Methods on further families")
struct FamilyCellTests {
  static let models = ["qwen3", "gemma3", "phi3", "smollm3"]

  private func rehearsal(_ model: String) throws -> Rehearsal {
    try Rehearsal(model: Vectors.path("model/\(model)"), vocabulary: 37)
  }

  @Test("At 8 bits RTN, GPTQ, SmoothQuant and AWQ are nearly the model itself", arguments: models)
  func nearly(model: String) throws {
    let rehearsal = try rehearsal(model)
    let full = try rehearsal.score(rehearsal(make(FullPrecision.self, "{}", .none)))
    func check(_ type: (some QuantizationMethod).Type) throws {
      let score = try rehearsal.score(rehearsal(make(type, "{}", spec(8, 8))))
      #expect(abs(score / full - 1) < 0.02, "\(type.card.name): \(score), \(full)")
      #expect(score != full)
    }
    try check(RTN.self)
    try check(GPTQ.self)
    try check(SmoothQuant.self)
    try check(AWQ.self)
  }

  @Test("SmoothQuant folds into norms and changes nothing but rounding", arguments: models)
  func smoothing(model: String) throws {
    let rehearsal = try rehearsal(model)
    let full = try rehearsal.score(rehearsal(make(FullPrecision.self, "{}", .none)))
    var result = try rehearsal(make(SmoothQuant.self, #"{"alpha": 0.5}"#, spec(nil, 8)))
    result.blocks.tokenQuantizer = nil
    let score = try rehearsal.score(result)
    #expect(abs(score / full - 1) < 1e-5, "\(score), \(full)")
  }

  @Test("Steps of zeroth order train weights, MeZO every parameter", arguments: models)
  func steps(model: String) throws {
    for (type, bits) in try [(ZeroQAT.self, spec(4, 4)), (MeZO.self, .none)]
      as [(any QuantizationMethod.Type, QuantizationSpec)]
    {
      func run(_ steps: Int) throws -> (String, Double) {
        let rehearsal = try rehearsal(model)
        let text = "{\"steps\": \(steps), \"learningRate\": 1e-3, \"epsilon\": 1e-3}"
        let result = try rehearsal(make(type, text, bits))
        return (digest(of: result), try rehearsal.score(result))
      }
      let (start, moved) = try (run(0), run(2))
      #expect(start.0 != moved.0 && moved.1.isFinite)
      #expect(try run(2).0 == moved.0)
    }
  }

  @Test(
    "A block's reconstruction moves clipping, and smoothing where the model allows it",
    arguments: models)
  func reconstruction(model: String) throws {
    let rehearsal = try rehearsal(model)
    let result = try rehearsal(make(OmniQuant.self, #"{"epochs": 1}"#, spec(4, 4)))
    #expect(try rehearsal.score(result).isFinite)
    let c = result.transformer.configuration
    #expect(c.parts.canScaleQueries == !c.parts.hasHeadNorms)
  }

  @Test("A rotation that can't pass is refused by name")
  func rotation() throws {
    let rehearsal = try rehearsal("gemma3")
    let error = #expect(throws: MethodError.self) {
      try rehearsal(make(Hadamard.self, "{}", spec(4, 4)))
    }
    #expect(
      try #require(error).description
        == "method 'hadamard': the rotation doesn't pass through the norms that this model has before its "
        + "sums"
    )
  }
}
