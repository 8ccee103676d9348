import Checkpoints
import Tensors
import TestSupport
import Testing
import Transformers

/// Outlier channels that leave a model's function alone.
@Suite("Outlier channels")
struct ChannelScalingTests {
  private static let outliers = ChannelScaling(channels: [1, 7, 12], factor: 64)

  private func source(_ name: String, _ outliers: ChannelScaling?) throws -> ModelSource {
    try ModelSource(path: Vectors.path("model/\(name)"), outliers: outliers)
  }

  private func logits(_ source: ModelSource, _ name: String) throws -> [Float] {
    let ids = try Vectors.safetensors("model/\(name)/expected").readIntegers("input_ids")
    let transformer = Transformer(
      configuration: source.configuration, frame: try source.frame(precision: .single))
    return try transformer.logits(
      ids, windowTokens: 17, operators: try DenseParameters(source: source)
    ).elements
  }

  @Test(
    "Logits are the same to the last bit", arguments: ["opt_preln", "llama_gqa_untied", "qwen2"])
  func logitsStay(name: String) throws {
    let plain = try logits(source(name, nil), name)
    #expect(try logits(source(name, Self.outliers), name) == plain)
    // A factor that isn't a power of two is off by rounding, not by more.
    let three = ChannelScaling(channels: [1, 7, 12], factor: 3)
    expectClose(
      try logits(source(name, three), name), plain, .relativeToLargest(1e-5), "\(name), factor 3")
  }

  @Test(
    "Gains grow, the columns that read them shrink, others stay",
    arguments: ["opt_preln", "llama_mha"])
  func tensors(name: String) throws {
    let (plain, scaled) = (try source(name, nil), try source(name, Self.outliers))
    for kind in NormKind.halves {
      let (before, after) = (try plain.norm(kind, block: 1), try scaled.norm(kind, block: 1))
      for channel in before.gain.indices {
        let factor: Float = [1, 7, 12].contains(channel) ? 64 : 1
        #expect(after.gain[channel] == before.gain[channel] * factor)
        #expect(after.bias?[channel] == before.bias.map { $0[channel] * factor })
      }
    }
    for kind in plain.configuration.linears {
      let (outputs, inputs) = plain.configuration.shape(of: kind)
      let (before, after) = (
        Matrix(rows: outputs, columns: inputs), Matrix(rows: outputs, columns: inputs)
      )
      let id = LinearID(block: 0, kind: kind)
      try plain.read(id, into: before)
      try scaled.read(id, into: after)
      let readsNorm = kind != .output && kind != .down
      for row in 0..<outputs {
        for column in 0..<inputs {
          let factor: Float = readsNorm && [1, 7, 12].contains(column) ? 64 : 1
          #expect(after.row(row)[column] == before.row(row)[column] / factor)
        }
      }
    }
  }

  @Test("A channel that isn't there and norms behind the linears are refused")
  func refusals() throws {
    let path = try source("opt_preln", nil).checkpoint.path
    let channels = try source("opt_preln", nil).configuration.channels
    let far = ChannelScaling(channels: [0, channels], factor: 2)
    let error = #expect(throws: ModelError.self) { try source("opt_preln", far) }
    #expect(
      error?.description
        == "\(path): outlier channel \(channels) isn't one of the \(channels) channels")
    let last = try source("opt_postln_proj", nil).checkpoint.path
    let other = #expect(throws: ModelError.self) { try source("opt_postln_proj", Self.outliers) }
    #expect(
      other?.description == "\(last): outlier channels need norms in front of the linears")
  }
}
