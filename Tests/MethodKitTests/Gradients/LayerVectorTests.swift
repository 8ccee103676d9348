import Checkpoints
import MethodKit
import Quantizers
import Tensors
import TestSupport
import Testing
import Transformers

/// Single decoder layers, rounded to nearest, against the official code's outputs.
@Suite("Layers rounded to nearest")
struct LayerVectorTests {
  /// A model of one block: the layer's tensors under the hub's names, and a frame of ones.
  private func source(_ name: String, _ file: SafetensorsFile, _ folder: TemporaryFolder) throws
    -> ModelSource
  {
    let isOPT = name == "rtn_opt"
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
       "rms_norm_eps": \(Self.epsilon), "tie_word_embeddings": true}
      """
    try folder.write(configuration, to: "config.json")
    return try ModelSource(path: folder.path)
  }

  private static let epsilon = 1e-5

  @Test(
    "fp, W4A16, W2A16g16, W8A8, W6A6, W4A4", arguments: ["rtn_opt", "rtn_llama", "rtn_llama_gqa"],
    [
      ("fp", nil, nil, nil), ("W4A16", 4, nil, nil), ("W2A16g16", 2, nil, 16),
      ("W8A8", 8, 8, nil), ("W6A6", 6, 6, nil), ("W4A4", 4, 4, nil),
    ] as [(String, Int?, Int?, Int?)])
  func layer(name: String, bits: (label: String, weights: Int?, activations: Int?, group: Int?))
    throws
  {
    let file = try Vectors.safetensors("omniquant/\(name)")
    let folder = try TemporaryFolder()
    let source = try source(name, file, folder)
    let dense = try DenseParameters(source: source)
    let c = source.configuration
    let quantizer = bits.weights.map { WeightQuantizer(bits: $0, groupSize: bits.group) }
    let transformer = Transformer(configuration: c, frame: try source.frame(precision: .single))
    let expected = try file.read(bits.label == "fp" ? "fp" : "\(bits.label).out")
    let input = try file.read("X")
    var outputs: [[Float]] = []
    for storage in ["live", "packed", "ready"] {
      let norms = dense.norms(of: 0..<1, smoothing: [])
      let linears = try c.linearIDs.map { id -> (LinearID, QuantizedBlocks.Linear) in
        switch (storage, quantizer) {
        case ("packed", let quantizer?):
          return (id, dense.packed(id, smoothing: LinearSmoothing(), quantizer: quantizer))
        case ("ready", _):
          let copy = try DenseParameters(source: source)
          return (
            id, copy.quantizeInPlace(id, smoothing: LinearSmoothing(), quantizer: quantizer)
          )
        default: return (id, .init(storage: .live(dense.matrix(id)), bias: dense.bias(id)))
        }
      }
      let blocks = QuantizedBlocks(
        linears: Dictionary(uniqueKeysWithValues: linears), norms: norms,
        weightQuantizer: quantizer,
        tokenQuantizer: bits.activations.map { TokenQuantizer(bits: $0) })
      let x = Matrix(rows: 4 * 24, columns: 48, elements: input)
      transformer.runBlock(
        0, on: x, windowTokens: 24, rotary: transformer.rotaryTable(windowTokens: 24),
        operators: blocks, workspace: Workspace(configuration: c, rows: 4 * 24))
      outputs.append(x.elements)
      let limit = bits.label == "fp" ? 1e-5 : 1e-4
      let relative = relativeError(x.elements, expected[...])
      // The bound is for the kernels that cells run on (`reproduce.sh test` sets them): under another
      // order of summation a code may flip, and every later token of its window follows.
      #expect(
        relative < limit,
        "\(name) \(bits.label) \(storage) on \(BLAS.coreName): \(relative)")
    }
    #expect(outputs[0] == outputs[1] && outputs[0] == outputs[2], "storage makes no difference")
  }

  /// ‖actual − expected‖ / ‖expected‖.
  private func relativeError(_ actual: [Float], _ expected: ArraySlice<Float>) -> Double {
    var (error, size) = (0.0, 0.0)
    for (a, b) in zip(actual, expected) {
      error += Double(a - b) * Double(a - b)
      size += Double(b) * Double(b)
    }
    return (error / size).squareRoot()
  }
}
