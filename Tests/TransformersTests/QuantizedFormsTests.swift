import Checkpoints
import Glibc
import TestSupport
import Testing
import Transformers

/// A whole model whose matrices are blocks of a GGUF type, and what those stand for in every other form: one
/// and the same loss of each window, to the last bit.
@Suite struct QuantizedFormsTests {
  /// A type of blocks: its number, weights and bytes of one, and where its scales stand.
  struct Blocks: Sendable {
    let type: UInt32
    let name: ElementType
    var weights = 256
    let bytes: Int
    /// Offsets of binary16 numbers; the second, if any, is a minimum.
    let scales: [Int]
    /// Exponent of the scales, so that weights are of the order of a tenth.
    let exponent: Int
  }

  static let types = [
    Blocks(type: 2, name: .q4_0, weights: 32, bytes: 18, scales: [0], exponent: -7),
    Blocks(type: 3, name: .q4_1, weights: 32, bytes: 20, scales: [0, 2], exponent: -7),
    Blocks(type: 6, name: .q5_0, weights: 32, bytes: 22, scales: [0], exponent: -8),
    Blocks(type: 7, name: .q5_1, weights: 32, bytes: 24, scales: [0, 2], exponent: -8),
    Blocks(type: 8, name: .q8_0, weights: 32, bytes: 34, scales: [0], exponent: -10),
    Blocks(type: 10, name: .q2_K, bytes: 84, scales: [80, 82], exponent: -9),
    Blocks(type: 11, name: .q3_K, bytes: 110, scales: [108], exponent: -10),
    Blocks(type: 12, name: .q4_K, bytes: 144, scales: [0, 2], exponent: -13),
    Blocks(type: 13, name: .q5_K, bytes: 176, scales: [0, 2], exponent: -14),
    Blocks(type: 14, name: .q6_K, bytes: 210, scales: [208], exponent: -14),
    Blocks(type: 20, name: .iq4_NL, weights: 32, bytes: 18, scales: [0], exponent: -10),
  ]

  /// Matrices of the model by name in GGUF and on the hub; `B` stands for the block.
  private static let matrices: [(gguf: String, hub: String, shape: [Int])] = [
    ("attn_q", "self_attn.q_proj", [256, 256]), ("attn_k", "self_attn.k_proj", [64, 256]),
    ("attn_v", "self_attn.v_proj", [64, 256]), ("attn_output", "self_attn.o_proj", [256, 256]),
    ("ffn_gate", "mlp.gate_proj", [256, 256]), ("ffn_up", "mlp.up_proj", [256, 256]),
    ("ffn_down", "mlp.down_proj", [256, 256]),
  ]
  private static let norms: [(gguf: String, hub: String, count: Int)] = [
    ("attn_norm", "input_layernorm", 256), ("ffn_norm", "post_attention_layernorm", 256),
    ("attn_q_norm", "self_attn.q_norm", 64), ("attn_k_norm", "self_attn.k_norm", 64),
  ]
  private static let blocks = 2

  /// A tensor as it lies in the file.
  private typealias Stored = (name: String, shape: [Int], type: UInt32, data: [UInt8])

  private static let configuration = """
    {"model_type": "qwen3", "vocab_size": 40, "hidden_size": 256, "intermediate_size": 256,
     "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 64,
     "max_position_embeddings": 32, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
     "tie_word_embeddings": false}
    """

  /// The file's tensors: every matrix in the next of `types`, norms as they are.
  private static func tensors(_ types: [Blocks], seed: UInt64) -> [Stored] {
    var (random, next) = (SplitMix64(seed: seed), 0)
    func matrix(_ name: String, _ shape: [Int]) -> Stored {
      let blocks = types[next % types.count]
      next += 1
      var data: [UInt8] = []
      for _ in 0..<shape[0] * shape[1] / blocks.weights {
        var block = (0..<blocks.bytes).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for at in blocks.scales {
          // 2^exponent to twice that, of either sign.
          let bits = UInt16(blocks.exponent + 15) << 10 | UInt16(random.next() & 0x83ff)
          (block[at], block[at + 1]) = (UInt8(bits & 255), UInt8(bits >> 8))
        }
        data += block
      }
      return (name, shape, blocks.type, data)
    }
    func vector(_ name: String, _ count: Int) -> Stored {
      let values = (0..<count).map { _ in 0.5 + Float(random.next() & 0xffff) / 0x10000 }
      return (name, [count], 0, little(values))
    }
    var tensors = [matrix("token_embd.weight", [40, 256]), matrix("output.weight", [40, 256])]
    for block in 0..<blocks {
      tensors += norms.map { vector("blk.\(block).\($0.gguf).weight", $0.count) }
      tensors += matrices.map { matrix("blk.\(block).\($0.gguf).weight", $0.shape) }
    }
    return tensors + [vector("output_norm.weight", 256)]
  }

  /// A GGUF file of the model; one part of several where `part` says so.
  private static func file(_ tensors: [Stored], part: (number: Int, all: Int)? = nil) -> [UInt8] {
    var gguf = GGUFBytes()
    if part == nil || part?.number == 0 {
      gguf.add("general.architecture", type: 8, string("qwen3"))
      for (key, value) in [
        ("context_length", 32), ("embedding_length", 256), ("block_count", blocks),
        ("feed_forward_length", 256), ("attention.head_count", 4), ("attention.head_count_kv", 1),
        ("attention.key_length", 64), ("attention.value_length", 64),
      ] { gguf.add("qwen3." + key, type: 4, little(UInt32(value))) }
      gguf.add("qwen3.attention.layer_norm_rms_epsilon", type: 6, little([1e-5]))
      gguf.add("qwen3.rope.freq_base", type: 6, little([10000]))
    }
    if let part {
      gguf.add("split.no", type: 2, little(UInt16(part.number)))
      gguf.add("split.count", type: 2, little(UInt16(3)))
      gguf.add("split.tensors.count", type: 5, little(Int32(part.all)))
    }
    for tensor in tensors {
      gguf.add(
        tensor: tensor.name, tensor.shape.reversed().map { UInt64($0) }, type: tensor.type,
        tensor.data)
    }
    return gguf.file
  }

  /// The hub's name of a tensor.
  private static func hubName(_ name: String) -> String {
    switch name {
    case "token_embd.weight": return "model.embed_tokens.weight"
    case "output.weight": return "lm_head.weight"
    case "output_norm.weight": return "model.norm.weight"
    default:
      let parts = name.split(separator: ".")
      let hub =
        matrices.first { $0.gguf == parts[2] }?.hub ?? norms.first { $0.gguf == parts[2] }?.hub
      return "model.layers.\(parts[1]).\(hub ?? "").weight"
    }
  }

  /// Writes the model in every form, and returns their paths.
  private static func forms(_ types: [Blocks], seed: UInt64, in folder: TemporaryFolder) throws
    -> [String]
  {
    let tensors = tensors(types, seed: seed)
    let quantized = try folder.write(file(tensors), to: "quantized.gguf")
    let thirds = [0..<7, 7..<15, 15..<tensors.count]
    let parts = try thirds.enumerated().map { number, range in
      try folder.write(
        file(Array(tensors[range]), part: (number, tensors.count)),
        to: "parts-0000\(number + 1)-of-00003.gguf")
    }
    // What the blocks stand for; held to the gguf package's own numbers in the tests of Checkpoints.
    let reader = try GGUFFile(quantized)
    let values = try reader.tensors.map { ($0.name, $0.shape, try reader.read($0.name)) }
    let plain = try folder.write(
      file(values.map { ($0.0, $0.1, 0, little($0.2)) }), to: "plain.gguf")
    let hub = values.map { (hubName($0.0), $0.1, $0.2) }
    for form in ["single", "sharded"] {
      mkdir(folder.path(form), 0o777)
      try folder.write(configuration, to: form + "/config.json")
    }
    try SafetensorsWriter.write(hub, to: folder.path("single/model.safetensors"))
    var homes: [String] = []
    for (number, range) in thirds.enumerated() {
      let name = "model-0000\(number + 1)-of-00003.safetensors"
      try SafetensorsWriter.write(Array(hub[range]), to: folder.path("sharded/" + name))
      homes += hub[range].map { "\"\($0.0)\": \"\(name)\"" }
    }
    try folder.write(
      "{\"metadata\": {\"total_size\": 0}, \"weight_map\": {\(homes.joined(separator: ", "))}}",
      to: "sharded/model.safetensors.index.json")
    return [quantized, parts[0], plain, folder.path("single"), folder.path("sharded")]
  }

  private static func losses(_ path: String) throws -> [UInt64] {
    let source = try ModelSource(path: path)
    let transformer = Transformer(
      configuration: source.configuration, frame: try source.frame(precision: .single))
    let tokens = (0..<96).map { Int32(($0 * $0 + 3 * $0) % 40) }
    return try transformer.negativeLogLikelihood(
      tokens, windowTokens: 32, operators: DenseParameters(source: source)
    ).map(\.bitPattern)
  }

  private func expectSame(_ types: [Blocks], seed: UInt64) throws {
    let folder = try TemporaryFolder()
    let paths = try Self.forms(types, seed: seed, in: folder)
    let right = try Self.losses(paths[0])
    let values = right.map { Double(bitPattern: $0) }
    #expect(values.allSatisfy { $0.isFinite } && Set(right).count > 80)
    for path in paths.dropFirst() { #expect(try Self.losses(path) == right, "\(path)") }
    let stored = Set(try GGUFFile(paths[0]).tensors.filter { $0.shape.count == 2 }.map(\.type))
    #expect(stored == Set(types.map(\.name)))
  }

  @Test("One type of blocks", arguments: types.indices)
  func ofOneType(index: Int) throws {
    try expectSame([Self.types[index]], seed: UInt64(index))
  }

  @Test("All types in one model, as mixtures are written")
  func mixed() throws { try expectSame(Self.types, seed: 99) }
}
