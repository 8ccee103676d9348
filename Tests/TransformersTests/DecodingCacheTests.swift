import Checkpoints
import Tensors
import TestSupport
import Testing
import Transformers

/// Decoding token by token gives what a pass over the whole window gives.
@Suite("Decoding with kept keys and values")
struct DecodingCacheTests {
  @Test(
    "Every token's logits are those of the whole window",
    arguments: [
      "opt_preln", "opt_preln_nobias", "opt_postln_proj", "llama_gqa_untied", "llama_gqa_tied",
      "llama_mha", "llama_theta500k", "llama_rope_llama3", "qwen2", "mistral_window", "qwen3",
      "gemma3", "phi3", "smollm3",
    ])
  func logits(name: String) throws {
    let source = try ModelSource(path: Vectors.path("model/\(name)"))
    let dense = try DenseParameters(source: source)
    let model = Transformer(
      configuration: source.configuration, frame: try source.frame(precision: .single))
    let file = try Vectors.safetensors("model/\(name)/expected")
    let ids = try file.readIntegers("input_ids")
    let expected = try file.read("logits")
    var cache = try DecodingCache(model, sequences: 2, capacity: 20)
    let head = model.frame.head
    let v = head.vocabularySize
    let rows = head.rows(
      0..<v, scratch: Matrix(rows: v, columns: model.configuration.embeddingWidth))
    for position in 0..<17 {
      let hidden = try model.decode(
        [ids[position], ids[17 + position]], &cache, operators: dense)
      let found = Tensors.logits(hidden: hidden, head: rows).elements
      for sequence in 0..<2 {
        let start = (sequence * 17 + position) * v
        expectClose(
          Array(found[sequence * v..<(sequence + 1) * v]),
          Array(expected[start..<start + v]), relativeToLargest: 1e-5,
          "\(name), sequence \(sequence), position \(position)")
      }
    }
    #expect(cache.length == 17)
  }

  @Test("More tokens than positions, and ids outside the vocabulary, are refused")
  func refusals() throws {
    let source = try ModelSource(path: Vectors.path("model/opt_preln"))
    let dense = try DenseParameters(source: source)
    let model = Transformer(
      configuration: source.configuration, frame: try source.frame(precision: .single))
    let positions = source.configuration.positions
    #expect(throws: ModelError.windowTooLong(tokens: positions + 1, positions: positions)) {
      try DecodingCache(model, sequences: 1, capacity: positions + 1)
    }
    var cache = try DecodingCache(model, sequences: 1, capacity: 2)
    #expect(throws: ModelError.tokenOutOfRange(token: 211, vocabularySize: 211)) {
      try model.decode([211], &cache, operators: dense)
    }
    #expect(cache.length == 0)
  }
}
