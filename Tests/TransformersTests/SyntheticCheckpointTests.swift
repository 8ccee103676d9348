import Checkpoints
import JSONText
import Tensors
import TestSupport
import Testing
import Transformers

/// Weights that are drawn in the shape of a configuration.
@Suite("Synthetic weights")
struct SyntheticCheckpointTests {
  private static let configuration = """
    {"model_type": "MODEL", "vocab_size": 300, "hidden_size": 64, "num_hidden_layers": 2,
     "num_attention_heads": 4, HIDDEN,
     "max_position_embeddings": 32, "tie_word_embeddings": TIED, "synthetic_seed": SEED}
    """

  /// Each architecture with the members that it reads.
  private static func configuration(of model: String) -> String {
    configuration.replacing("MODEL", with: model).replacing(
      "HIDDEN", with: model == "opt" ? "\"ffn_dim\": 256" : "\"intermediate_size\": 160")
  }

  private func source(_ model: String, tied: Bool = true, seed: Int = 1) throws -> ModelSource {
    let folder = try TemporaryFolder()
    try folder.write(
      Self.configuration(of: model).replacing("TIED", with: "\(tied)")
        .replacing("SEED", with: "\(seed)"), to: "config.json")
    return try ModelSource(path: folder.path(""))
  }

  @Test(
    "Any rows are those of the whole, and depend on seed and tensor", arguments: ["opt", "llama"])
  func rows(model: String) throws {
    let source = try source(model)
    let id = LinearID(block: 1, kind: .up)
    let (outputs, inputs) = source.configuration.shape(of: .up)
    let whole = Matrix(rows: outputs, columns: inputs)
    try source.read(id, into: whole)
    let piece = Matrix(rows: 37, columns: inputs)
    try source.read(id, rows: 50..<87, into: piece)
    #expect(piece.elements == whole.rows(50..<87).elements)
    let other = Matrix(rows: outputs, columns: inputs)
    try source.read(LinearID(block: 0, kind: .up), into: other)
    #expect(other.elements != whole.elements)
    try self.source(model, seed: 2).read(id, into: other)
    #expect(other.elements != whole.elements)
    // Uniform: nothing beyond √3 deviations, and the deviation is the published one.
    let values = whole.elements.map(Double.init)
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    #expect(values.allSatisfy { abs($0) <= 0.02 * 3.0.squareRoot() + 1e-6 })
    #expect(abs(mean) < 5 * 0.02 / Double(values.count).squareRoot())
    #expect(abs(variance.squareRoot() / 0.02 - 1) < 0.03)
  }

  @Test(
    "Gains are 1 and biases 0; the model computes", arguments: [("opt", true), ("llama", false)])
  func whole(model: String, tied: Bool) throws {
    let source = try source(model, tied: tied)
    let (gain, bias) = try source.norm(.attention, block: 0)
    #expect(gain.allSatisfy { $0 == 1 } && (bias ?? []).allSatisfy { $0 == 0 })
    let dense = try DenseParameters(source: source)
    let transformer = Transformer(
      configuration: source.configuration, frame: try source.frame(precision: .single))
    let losses = try transformer.negativeLogLikelihood(
      (0..<32).map { Int32($0 * 9) }, windowTokens: 32, operators: dense)
    // Nothing is known: about log V nats per token.
    let mean = losses.reduce(0, +) / 31
    #expect(abs(mean - 5.7) < 0.3, "\(mean)")
  }

  @Test("The committed shapes have the parameters that their models are known to have")
  func shapes() throws {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
      .joined(separator: "/")
    var seen = 0
    for folder in TemporaryFolder.names(in: root + "/models") where folder.hasSuffix("-shape") {
      let manifest = try JSONDocument(contentsOf: "\(root)/models/\(folder)/manifest.json")
      guard case .integer(let parameters)? = manifest.root["parameters"] else {
        Issue.record("no parameters in \(folder)")
        continue
      }
      let source = try ModelSource(path: "\(root)/models/\(folder)")
      #expect(
        source.checkpoint.tensors.reduce(0) { $0 + $1.elementCount } == parameters, "\(folder)")
      seen += 1
    }
    #expect(seen == 8)
  }

  @Test("A folder that doesn't ask for it needs weights; odd requests are errors")
  func refusals() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      Self.configuration(of: "opt").replacing("TIED", with: "true")
        .replacing(", \"synthetic_seed\": SEED", with: ""), to: "config.json")
    #expect(throws: CheckpointError.self) { try ModelSource(path: folder.path("")) }
    // Weights beside a seed would be digested and never read.
    let both = try TemporaryFolder()
    try both.write(
      Self.configuration(of: "opt").replacing("TIED", with: "true")
        .replacing("SEED", with: "1"), to: "config.json")
    try both.write("", to: "model.safetensors")
    let refusal = #expect(throws: JSONError.self) { try ModelSource(path: both.path("")) }
    #expect(
      "\(try #require(refusal))".contains(
        "expected none beside model.safetensors, which would be ignored"))
    let source = try source("opt")
    #expect(throws: CheckpointError.self) { try source.checkpoint.readIntegers("a") }
    #expect(throws: CheckpointError.self) { try source.checkpoint.read("a") as [Float] }
    var few = [Float](repeating: 0, count: 3)
    let error = #expect(throws: CheckpointError.self) {
      try few.withUnsafeMutableBufferPointer { buffer in
        try source.checkpoint.read(
          "model.decoder.embed_tokens.weight", rows: 0..<1, into: buffer)
      }
    }
    #expect("\(try #require(error))".contains("expected 64 elements in rows of 300, found 3"))
  }
}
