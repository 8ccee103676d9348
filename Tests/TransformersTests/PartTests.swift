import Checkpoints
import Tensors
import TestSupport
import Testing
import Transformers

@Suite("Parts of a block")
struct PartTests {
  @Test(
    "Norm, part and sum, twice, are the block",
    arguments: [
      "opt_preln", "opt_preln_nobias", "llama_gqa_untied", "llama_mha", "qwen2", "qwen3", "phi3",
      "smollm3",
    ])
  func parts(name: String) throws {
    let source = try ModelSource(path: Vectors.path("model/\(name)"))
    let (c, dense) = (source.configuration, try DenseParameters(source: source))
    let transformer = Transformer(configuration: c, frame: try source.frame(precision: .single))
    let ids = try Vectors.safetensors("model/\(name)/expected").readIntegers("input_ids")
    let rotary = transformer.rotaryTable(windowTokens: 17)
    let workspace = Workspace(configuration: c, rows: ids.count)
    let whole = try transformer.embed(ids, windowTokens: 17)
    let parts = try transformer.embed(ids, windowTokens: 17)
    for block in 0..<c.blocks {
      transformer.runBlock(
        block, on: whole, windowTokens: 17, rotary: rotary, operators: dense,
        workspace: workspace)
      for kind in NormKind.halves {
        let (gain, bias) = dense.norm(kind, block: block)
        let normed = Matrix(rows: ids.count, columns: c.channels)
        if let bias {
          layerNorm(parts, gain: gain, bias: bias, epsilon: c.normEpsilon, into: normed)
        } else {
          rmsNorm(parts, gain: gain, bias: nil, epsilon: c.normEpsilon, into: normed)
        }
        let before = normed.elements
        add(
          transformer.runPart(
            kind, ofBlock: block, on: normed, windowTokens: 17, rotary: rotary,
            operators: dense, workspace: workspace), to: parts)
        #expect(normed.elements == before, "the input was written to")
      }
      #expect(parts.elements == whole.elements, "\(name), block \(block)")
    }
  }
}
