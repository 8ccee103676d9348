import Checkpoints
import TestSupport
import Testing
import Transformers

/// What a GGUF file says of its model: read, harmless, or refused by key.
@Suite("GGUF files are accounted for")
struct GGUFModelTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func source(_ change: (inout GGUFModel) -> Void) throws -> ModelSource {
    var model = GGUFModel()
    change(&model)
    return try ModelSource(path: folder.write(model.file, to: "m.gguf"))
  }

  private func complaint(_ change: (inout GGUFModel) -> Void) -> String {
    do {
      _ = try source(change)
      return "opened"
    } catch {
      let text = "\(error)"
      return String(text.dropFirst(folder.path("m.gguf").count))
    }
  }

  @Test("Plain positions, and factors of one")
  func plain() throws {
    let frequencies = (0..<4).map { i in 1 / [1.0, 10, 100, 1000][i] }
    func close(_ change: (inout GGUFModel) -> Void, _ expected: [Double]) throws {
      let found = try source(change).configuration.rotaryFrequencies
      #expect(zip(found, expected).allSatisfy { abs($0 / $1 - 1) < 1e-12 }, "\(found) \(expected)")
    }
    try close({ _ in }, frequencies)
    try close({ $0.set("llama.rope.scaling.type", "none") }, frequencies)
    try close(
      {
        $0.set("llama.rope.scaling.type", "linear")
        $0.set("llama.rope.scaling.factor", Float(4))
      }, frequencies.map { $0 / 4 })
    // A factor without a type is linear, under its older name too.
    try close({ $0.set("llama.rope.scaling.factor", Float(4)) }, frequencies.map { $0 / 4 })
    try close({ $0.set("llama.rope.scale_linear", Float(2)) }, frequencies.map { $0 / 2 })
    try close(
      {
        $0.set("llama.rope.scaling.type", "none")
        $0.set("llama.rope.scaling.factor", Float(4))
      }, frequencies)
    let divisors: [Float] = [1, 1.5, 4, 8]
    try close(
      { $0.tensors.append(("rope_freqs.weight", [4], divisors)) },
      zip(frequencies, divisors).map { $0 / Double($1) })
    try close(
      {
        $0.tensors.append(("rope_freqs.weight", [4], divisors))
        $0.set("llama.rope.scaling.factor", Float(2))
      }, zip(frequencies, divisors).map { $0 / 2 / Double($1) })
  }

  @Test("Biases are read where they are")
  func biases() throws {
    let c = try source { model in
      for block in 0..<2 {
        model.tensors.append(
          ("blk.\(block).attn_output.bias", [32], [Float](repeating: 1, count: 32)))
      }
    }.configuration
    #expect(c.hasAttentionOutputBias && !c.hasAttentionInputBias && !c.hasFeedForwardBias)
    #expect(
      complaint {
        $0.tensors.append(("blk.1.attn_output.bias", [32], [Float](repeating: 1, count: 32)))
      }
        == ": tensor 'blk.1.attn_output.bias': error: nothing in this llama model reads it, so numbers "
        + "would be wrong; is it another architecture, or another number of blocks?")
  }

  @Test("Refusals, word for word")
  func refusals() {
    #expect(
      complaint { $0.set("llama.rope.scaling.type", "yarn") }
        == ": key 'llama.rope.scaling.type': error: expected \"none\" or \"linear\", found \"yarn\""
    )
    #expect(
      complaint { $0.set("split.count", UInt32(3)) }
        == ": key 'split.no': error: there is no such key, but the file is one of 3 parts")
    #expect(
      complaint { $0.set("llama.expert_count", UInt32(8)) }
        == ": key 'llama.expert_count': error: expected 0.0, found 8.0: a llama model of that kind isn't "
        + "computed here")
    #expect(
      complaint { $0.set("llama.attention.temperature_scale", Float(0.1)) }
        == ": key 'llama.attention.temperature_scale': error: this key isn't read, and may change numbers"
    )
    #expect(
      complaint { $0.set("llama.rope.dimension_count", UInt32(4)) }
        == ": key 'llama.rope.dimension_count': error: expected the size of a head, 8, found 4")
    #expect(
      complaint { $0.tensors.append(("rope_freqs.weight", [4], [1, 0, 1, 1])) }
        == ": tensor 'rope_freqs.weight', element 1: error: expected a divisor above 0, found 0.0")
    #expect(
      complaint {
        $0.tensors.append(("blk.0.attn_q_norm.weight", [8], [Float](repeating: 1, count: 8)))
      }
        == ": tensor 'blk.0.attn_q_norm.weight': error: nothing in this llama model reads it, so numbers "
        + "would be wrong; is it another architecture, or another number of blocks?")
  }
}
