internal import Tensors
package import Transformers
internal import Vocabulary

/// How llama.cpp names and reads a model's tensors.
///
/// > Source: the architectures and standardized names in the ggml project's description of the format; which biases,
/// > norms and row orders its loader expects, as in the gguf package, 0.19, and its conversions.
package struct GGUFArchitecture: Sendable {
  /// `general.architecture`.
  package let name: String
  /// Rows of queries and keys are for pairs (2i, 2i + 1).
  package let isInterleaved: Bool

  /// Architectures that are written, by the name that manifests and records call them, and whether pairs lie together.
  private static let known: [String: (name: String, isInterleaved: Bool)] = [
    // LLaMA's arithmetic, which Mistral and Qwen2 share: biases are optional there.
    "llama": ("llama", true), "qwen3": ("qwen3", false),
  ]

  /// What a tensor holds.
  enum Content {
    case vector([Float])
    case table(any EmbeddingTable)
    case weight(LinearID)
  }

  /// The architecture of a configuration.
  ///
  /// - Throws: ``ExportError`` for one that isn't written, or a convention that the format has no key for here.
  package init(_ c: ModelConfiguration) throws(ExportError) {
    guard let found = Self.known[c.architecture.rawValue] else {
      throw .architecture(
        .gguf, c.architecture.rawValue, known: Self.known.keys.sorted().joined(separator: ", "))
    }
    (name, isInterleaved) = found
    if c.slidingWindow != nil {
      throw .unsaid(
        .gguf, "llama.cpp reads no sliding window of \(name) files, and this model has one")
    }
    if case .yarn? = c.rotaryScaling {
      throw .unsaid(.gguf, "rotary positions stretched by YaRN aren't written")
    }
    if c.hasFeedForwardBias {
      throw .unsaid(.gguf, "biases of the feed-forward part aren't written")
    }
  }

  /// Metadata on the model's shape.
  func keys(of c: ModelConfiguration) -> [(name: String, value: GGUFFileWriter.Value)] {
    var keys: [(String, GGUFFileWriter.Value)] = [("general.architecture", .text(name))]
    for (key, value) in [
      ("vocab_size", c.vocabularySize), ("context_length", c.positions),
      ("embedding_length", c.channels), ("block_count", c.blocks),
      ("feed_forward_length", c.feedForward), ("attention.head_count", c.heads),
      ("attention.head_count_kv", c.keyHeads), ("attention.key_length", c.headSize),
      ("attention.value_length", c.headSize), ("rope.dimension_count", c.headSize),
    ] { keys.append(("\(name).\(key)", .word(UInt32(value)))) }
    keys.append(("\(name).attention.layer_norm_rms_epsilon", .float(c.normEpsilon)))
    keys.append(("\(name).rope.freq_base", .float(Float(c.rotaryBase))))
    if case .linear(let factor)? = c.rotaryScaling {
      keys.append(("\(name).rope.scaling.type", .text("linear")))
      keys.append(("\(name).rope.scaling.factor", .float(Float(factor))))
    }
    return keys
  }

  /// All tensors, embedding first, and what each holds.
  func tensors(of model: PlainModel, _ type: GGUFBlocks) -> [(
    tensor: GGUFFileWriter.Tensor, content: Content
  )] {
    let c = model.configuration
    var list: [(tensor: GGUFFileWriter.Tensor, content: Content)] = []
    func vector(_ name: String, _ values: [Float]?) {
      guard let values else { return }
      list.append((.init(name: name, shape: [values.count], type: .f32), .vector(values)))
    }
    let tables: GGUFBlocks = type == .f32 ? .f32 : .f16
    func table(_ name: String, _ table: any EmbeddingTable) {
      list.append(
        (
          .init(name: name, shape: [table.vocabularySize, table.columns], type: tables),
          .table(table)
        ))
    }
    table("token_embd.weight", model.frame.embedding)
    for block in 0..<c.blocks {
      for (index, kind) in c.norms.enumerated() {
        vector("blk.\(block).\(Self.name(kind)).weight", model.norms[block][index].gain)
      }
      for kind in c.linears {
        let id = LinearID(block: block, kind: kind)
        let (outputs, inputs) = c.shape(of: kind)
        let stem = "blk.\(block).\(Self.name(kind))"
        list.append(
          (.init(name: stem + ".weight", shape: [outputs, inputs], type: type), .weight(id)))
        vector(stem + ".bias", model.bias(id, interleaved: isInterleaved))
      }
    }
    vector("output_norm.weight", model.frame.finalGain?.elements)
    if !c.tiesHead { table("output.weight", model.frame.head) }
    vector("rope_freqs.weight", Self.divisors(c))
    return list
  }

  /// What frequencies are divided by beyond what keys say; nil for nothing.
  private static func divisors(_ c: ModelConfiguration) -> [Float]? {
    var plain = c
    plain.rotaryDivisors = nil
    if case .llama3? = c.rotaryScaling { plain.rotaryScaling = nil }
    let divisors = zip(plain.rotaryFrequencies, c.rotaryFrequencies).map { Float($0 / $1) }
    return divisors.allSatisfy { $0 == 1 } ? nil : divisors
  }

  private static func name(_ norm: NormKind) -> String {
    switch norm {
    case .attention: "attn_norm"
    case .feedForward: "ffn_norm"
    case .query: "attn_q_norm"
    case .key: "attn_k_norm"
    case .attentionOutput: "post_attention_norm"
    case .feedForwardOutput: "post_ffw_norm"
    }
  }

  private static func name(_ linear: LinearKind) -> String {
    switch linear {
    case .query: "attn_q"
    case .key: "attn_k"
    case .value: "attn_v"
    case .output: "attn_output"
    case .gate: "ffn_gate"
    case .up: "ffn_up"
    case .down: "ffn_down"
    }
  }
}
