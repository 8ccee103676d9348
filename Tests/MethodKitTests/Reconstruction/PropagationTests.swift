import MethodKit
import Quantizers
import Tensors
import TestSupport
import Testing
import Transformers

/// One NaN anywhere in a model must end as a NaN loss: divergence may not look like a number.
@Suite("NaN reaches the loss")
struct PropagationTests {
  private static let bits: [(Int?, Int?)] = [(nil, nil), (4, nil), (4, 4), (8, 8)]

  @Test(
    "From one weight of any linear, whatever is quantized",
    arguments: ["opt_preln", "llama_gqa_untied"], bits)
  func weights(name: String, bits: (weights: Int?, activations: Int?)) throws {
    let source = try ModelSource(path: Vectors.path("model/\(name)"))
    let c = source.configuration
    let transformer = Transformer(configuration: c, frame: try source.frame(precision: .single))
    let ids = (0..<12).map { Int32($0 * 17 % 211) }
    let quantizer = bits.weights.map { WeightQuantizer(bits: $0, groupSize: nil) }
    func loss(_ poisoned: LinearID?, packed: Bool) throws -> Double {
      let dense = try DenseParameters(source: source)
      if let poisoned {
        let matrix = dense.matrix(poisoned)
        // Neither the first of its row nor in the first sixteen.
        matrix.row(matrix.rows / 2)[matrix.columns / 2 + 1] = .nan
      }
      var blocks = QuantizedBlocks(
        linears: Dictionary(
          uniqueKeysWithValues: c.linearIDs.map { id in
            if packed, let quantizer {
              return (id, dense.packed(id, smoothing: LinearSmoothing(), quantizer: quantizer))
            }
            return (id, .init(storage: .live(dense.matrix(id)), bias: dense.bias(id)))
          }), norms: dense.norms(of: 0..<c.blocks, smoothing: []))
      blocks.weightQuantizer = quantizer
      blocks.tokenQuantizer = bits.activations.map { TokenQuantizer(bits: $0) }
      return try transformer.negativeLogLikelihood(ids, windowTokens: 12, operators: blocks)
        .reduce(0, +)
    }
    for packed in quantizer == nil ? [false] : [false, true] {
      #expect(try loss(nil, packed: packed).isFinite)
      for id in c.linearIDs {
        let loss = try loss(id, packed: packed)
        #expect(loss.isNaN, "\(name), \(id), packed \(packed): \(loss)")
      }
    }
  }

  @Test(
    "From one number of the embedding of one token", arguments: ["opt_preln", "llama_gqa_untied"])
  func embedding(name: String) throws {
    let source = try ModelSource(path: Vectors.path("model/\(name)"))
    let c = source.configuration
    let frame = try source.frame(precision: .single)
    let transformer = Transformer(configuration: c, frame: frame)
    let dense = try DenseParameters(source: source)
    for value in [Float.nan, .infinity, -.infinity] {
      let x = try transformer.embed((0..<12).map { Int32($0) }, windowTokens: 12)
      x.row(6)[c.channels - 1] = value
      let workspace = Workspace(configuration: c, rows: 12)
      for block in 0..<c.blocks {
        transformer.runBlock(
          block, on: x, windowTokens: 12, rotary: transformer.rotaryTable(windowTokens: 12),
          operators: dense, workspace: workspace)
      }
      let finished = transformer.finish(x)
      for row in 6..<12 { #expect(!finished.rows(row..<row + 1).isFinite, "\(value), \(row)") }
    }
  }
}
