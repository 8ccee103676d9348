import Checkpoints
import MethodKit
import Quantizers
import Tensors
import TestSupport
import Testing
import Transformers

/// One decoder layer of the official traces as a model of one block.
struct LayerFixture {
  let file: SafetensorsFile
  let isOPT: Bool
  let source: ModelSource
  let dense: DenseParameters
  let transformer: Transformer
  var configuration: ModelConfiguration { source.configuration }
  private let folder: TemporaryFolder

  /// The layer of a case such as `omniquant/opt_w4a4_layerpath`; OPT's are called after it.
  init(_ name: String) throws {
    file = try Vectors.safetensors(name)
    isOPT = name.contains("opt_")
    folder = try TemporaryFolder()
    source = try Self.source(file, isOPT, folder)
    dense = try DenseParameters(source: source)
    transformer = Transformer(
      configuration: source.configuration, frame: try source.frame(precision: .single))
  }

  /// A model of one block: the layer's tensors under the hub's names, and a frame of ones.
  private static func source(_ file: SafetensorsFile, _ isOPT: Bool, _ folder: TemporaryFolder)
    throws -> ModelSource
  {
    let outer = isOPT ? "model.decoder." : "model."
    var tensors: [(name: String, shape: [Int])] = file.tensors
      .filter { $0.name.hasPrefix("layer.") }.map { ($0.name, $0.shape) }
    tensors += [("embed_tokens.weight", [2, 48])]
    tensors +=
      isOPT
      ? [
        ("embed_positions.weight", [34, 48]), ("final_layer_norm.weight", [48]),
        ("final_layer_norm.bias", [48]),
      ] : [("norm.weight", [48])]
    let written = try tensors.map { inner, shape -> SafetensorsWriter.Tensor in
      let isLayer = inner.hasPrefix("layer.")
      return (
        outer + (isLayer ? "layers.0." + inner.dropFirst(6) : inner), shape,
        isLayer ? try file.read(inner) : [Float](repeating: 1, count: shape.reduce(1, *))
      )
    }
    try SafetensorsWriter.write(written, to: folder.path("model.safetensors"))
    let keyRows = try file.requireTensor("layer.self_attn.k_proj.weight").shape[0]
    let heads = isOPT ? 3 : 6
    let configuration =
      isOPT
      ? """
      {"model_type": "opt", "hidden_size": 48, "num_attention_heads": 3, "ffn_dim": 112,
       "num_hidden_layers": 1, "vocab_size": 2, "max_position_embeddings": 32}
      """
      : """
      {"model_type": "llama", "hidden_size": 48, "num_attention_heads": \(heads),
       "num_key_value_heads": \(keyRows * heads / 48), "intermediate_size": 112,
       "num_hidden_layers": 1, "vocab_size": 2, "max_position_embeddings": 32,
       "rms_norm_eps": 1e-5, "tie_word_embeddings": true}
      """
    try folder.write(configuration, to: "config.json")
    return try ModelSource(path: folder.path)
  }

  /// The official name of a linear.
  func name(_ kind: LinearKind) -> String {
    switch kind {
    case .query, .key, .value: "self_attn.\(kind.name)"
    case .output: isOPT ? "self_attn.out_proj" : "self_attn.o_proj"
    case .up where isOPT: "fc1"
    case .down where isOPT: "fc2"
    case .gate, .up, .down: "mlp.\(kind.name)"
    }
  }

  /// The official name of a norm.
  func name(_ kind: NormKind) -> String {
    switch kind {
    case .attention: isOPT ? "self_attn_layer_norm" : "input_layernorm"
    case .feedForward: isOPT ? "final_layer_norm" : "post_attention_layernorm"
    case .query, .key, .attentionOutput, .feedForwardOutput: "no norm of these models"
    }
  }

  /// The official name of a smoothing member.
  func name(_ member: LearnableSmoothing.Member) -> String {
    switch member {
    case .attentionScale: "qkv_smooth_scale"
    case .attentionShift: "qkv_smooth_shift"
    case .feedForwardScale: "fc1_smooth_scale"
    case .feedForwardShift: "fc1_smooth_shift"
    case .outputScale: "out_smooth_scale"
    case .outputShift: "out_smooth_shift"
    case .queryKeyScale: "qkt_smooth_scale"
    }
  }

  /// A stream of four windows of 24 tokens.
  func stream(_ name: String) throws -> Matrix {
    Matrix(rows: 4 * 24, columns: 48, elements: try file.read(name))
  }

  /// A reconstruction over the case's streams.
  func reconstruction(
    steps: Int, batchWindows: Int = 1, isAugmented: Bool = false, quantizesActivations: Bool
  ) throws -> BlockReconstruction {
    BlockReconstruction(
      transformer, full: try stream("X_fp"), quantized: try stream("X_q"), windowTokens: 24,
      settings: .init(
        epochs: steps, batchWindows: batchWindows, isAugmented: isAugmented, mostSteps: steps),
      quantizesActivations: quantizesActivations)
  }
}

/// ‖actual − expected‖ / ‖expected‖.
func relativeError(_ actual: [Float], _ expected: [Float]) -> Double {
  var (error, size) = (0.0, 0.0)
  for (a, b) in zip(actual, expected) {
    error += Double(a - b) * Double(a - b)
    size += Double(b) * Double(b)
  }
  return (error / size).squareRoot()
}
