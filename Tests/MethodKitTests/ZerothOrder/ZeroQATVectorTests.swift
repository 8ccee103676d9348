import Checkpoints
import JSONText
import MethodKit
import Optimizers
import Quantizers
import Tensors
import TestSupport
import Testing
import Transformers

/// Directions that are given, one matrix a tensor.
struct GivenDirections: Directions {
  let matrices: [Int: Matrix]

  func add(
    to w: UnsafeMutablePointer<Float>, factor: Float, count: Int, row: Int, tensor: Int
  ) {
    guard let z = matrices[tensor] else { preconditionFailure("no direction of tensor \(tensor)") }
    for i in 0..<count { w[i] += factor * z.row(row)[i] }
  }

  func fillUniforms(
    _ out: UnsafeMutablePointer<Float>, count: Int, row: Int, tensor: Int, _ purpose: NoisePurpose
  ) {
    preconditionFailure("nothing is rounded stochastically")
  }
}

/// Two-block models with given quantization parameters and directions, by the official layers.
@Suite("Quantized losses and updates equal the official code's")
struct ZeroQATVectorTests {
  static let names = ["opt_w4a4", "opt_w2a16g16", "llama_w4a4", "llama_gqa_w2a16g16"]

  private struct Case {
    let file: SafetensorsFile
    let values: JSON
    let dense: DenseParameters
    let model: QuantizedModel
    let tokens: [Int32]
    let directions: GivenDirections
    let names: [LinearID: String]

    func loss() -> QuantizedLoss { QuantizedLoss(model: model, tokens: tokens, windowTokens: 17) }

    func number(_ path: String...) throws -> Double {
      var value: JSON? = values
      for name in path { value = value?[name] }
      guard case .number(let number, _) = value else {
        Issue.record("no \(path) in the manifest")
        return .nan
      }
      return number
    }
  }

  private func load(_ name: String) throws -> Case {
    let file = try Vectors.safetensors("zo/\(name)")
    let isOPT = name.hasPrefix("opt")
    // The model as a folder of its own, its tensors under their own names.
    let folder = try TemporaryFolder()
    try SafetensorsWriter.write(
      try file.tensors.filter { $0.name.hasPrefix("model.") }.map {
        (String($0.name.dropFirst(6)), $0.shape, try file.read($0.name))
      }, to: folder.path("model.safetensors"))
    let heads = isOPT ? (3, 3) : name.contains("gqa") ? (6, 2) : (6, 6)
    let own =
      isOPT
      ? "\"ffn_dim\": 112"
      : "\"num_key_value_heads\": \(heads.1), \"intermediate_size\": 112, \"rms_norm_eps\": 1e-5, "
        + "\"rope_theta\": 10000.0"
    try folder.write(
      """
      { "model_type": "\(isOPT ? "opt" : "llama")", "vocab_size": 211, "hidden_size": 48,
        "num_hidden_layers": 2, "num_attention_heads": \(heads.0),
        "max_position_embeddings": 64, \(own), "tie_word_embeddings": \(isOPT) }
      """, to: "config.json")
    let source = try ModelSource(path: folder.path)
    let c = source.configuration
    let dense = try DenseParameters(source: source)
    let label = name.split(separator: "_").last ?? ""
    let (bits, group) = label == "w4a4" ? (4, nil) : (2, 16 as Int?)
    let quantizer = WeightQuantizer(bits: bits, groupSize: group)
    func optional(_ name: String) throws -> [Float]? {
      file.descriptor(of: name) == nil ? nil : try file.read(name)
    }
    let smoothing = try (0..<c.blocks).map { block in
      var smoothing = BlockSmoothing()
      smoothing.attentionScale = try optional("\(block).qkv_smooth_scale")
      smoothing.attentionShift = try optional("\(block).qkv_smooth_shift")
      smoothing.feedForwardScale = try optional("\(block).fc1_smooth_scale")
      smoothing.feedForwardShift = try optional("\(block).fc1_smooth_shift")
      smoothing.outputScale = try optional("\(block).out_smooth_scale")
      smoothing.outputShift = try optional("\(block).out_smooth_shift")
      smoothing.queryKeyScale = try optional("\(block).qkt_smooth_scale")
      #expect((smoothing.attentionScale != nil) == (bits == 4))
      return smoothing
    }
    var linears: [LinearID: QuantizedBlocks.Linear] = [:]
    var (directions, names) = ([Int: Matrix](), [LinearID: String]())
    for id in c.linearIDs {
      let own = "\(id.block).\(Self.name(of: id.kind, isOPT))"
      names[id] = own
      let (rows, columns) = c.shape(of: id.kind)
      func fractions(_ side: String) throws -> [Float] {
        try file.read("\(own).weight_quantizer.\(side)bound_factor").map {
          1 / (1 + exponential(-$0))
        }
      }
      linears[id] = .init(
        storage: .live(dense.matrix(id)), bias: dense.bias(id),
        smoothing: smoothing[id.block].smoothing(of: id.kind, c),
        clip: ClipFractions(
          up: try fractions("up"), low: try fractions("low"),
          groups: quantizer.groups(in: columns)))
      directions[id.tensor] = Matrix(
        rows: rows, columns: columns, elements: try file.read("z.\(own)"))
    }
    return Case(
      file: file, values: try #require(try Vectors.manifest("zo/\(name)")?["values"]),
      dense: dense,
      model: QuantizedModel(
        transformer: Transformer(
          configuration: c, frame: try source.frame(precision: .single)),
        blocks: QuantizedBlocks(
          linears: linears, norms: dense.norms(of: 0..<c.blocks, smoothing: smoothing),
          weightQuantizer: quantizer,
          tokenQuantizer: bits == 4 ? TokenQuantizer(bits: 4) : nil)),
      tokens: try file.readIntegers("input_ids"), directions: GivenDirections(matrices: directions),
      names: names)
  }

  private static func name(of kind: LinearKind, _ isOPT: Bool) -> String {
    switch kind {
    case .query, .key, .value: "self_attn.\(kind.name)"
    case .output: isOPT ? "self_attn.out_proj" : "self_attn.o_proj"
    case .gate: "mlp.gate_proj"
    case .up: isOPT ? "fc1" : "mlp.up_proj"
    case .down: isOPT ? "fc2" : "mlp.down_proj"
    }
  }

  @Test("The full-precision and the quantized loss", arguments: names)
  func losses(name: String) throws {
    let c = try load(name)
    let plain = try c.model.transformer.negativeLogLikelihood(
      c.tokens, windowTokens: 17, operators: c.dense)
    let full = try c.number("loss_fp")
    #expect(abs(plain.reduce(0, +) / 32 / full - 1) < 1e-5, "\(plain.reduce(0, +) / 32), \(full)")
    let quantized = try c.number("loss_q")
    let found = try c.loss().loss(perturbation: nil)
    #expect(abs(found / quantized - 1) < 1e-5, "\(found), \(quantized)")
  }

  @Test("L+, L−, g and its clip at each ε", arguments: names, ["0.001", "0.01", "0.05"])
  func probes(name: String, epsilon: String) throws {
    let c = try load(name)
    struct Given: ProbedLoss {
      let base: QuantizedLoss
      let z: GivenDirections
      func loss(epsilon: Float, along directions: any Directions) throws -> Double {
        try base.loss(epsilon: epsilon, along: z)
      }
      mutating func update(factor: Float, along directions: any Directions) {}
    }
    let step = try #require(Float(epsilon))
    let optimizer = ZerothOrderSGD(
      learningRate: 1e-3, epsilon: step, differenceBound: 0.4, seed: 0)
    let probe = try optimizer.probe(
      Given(base: c.loss(), z: c.directions), step: 0, direction: 0)
    let (plus, minus) = try (c.number("e" + epsilon, "plus"), c.number("e" + epsilon, "minus"))
    #expect(abs(probe.plus / plus - 1) < 1e-5, "\(probe.plus), \(plus)")
    #expect(abs(probe.minus / minus - 1) < 1e-5, "\(probe.minus), \(minus)")
    #expect(probe.plus != probe.minus)
    let (g, clipped) = try (c.number("e" + epsilon, "g"), c.number("e" + epsilon, "clipped"))
    // What an error of 1e-5 in each loss makes of g.
    let bound = 1e-5 * (plus + minus) / (2 * Double(step))
    #expect(
      abs(probe.projectedGradient - clipped) < bound, "\(probe.projectedGradient), \(clipped)")
    let difference = (probe.plus - probe.minus) / (2 * Double(step))
    #expect(abs(difference - g) < bound)
    #expect(probe.isClipped == (g != clipped))
  }

  @Test("The updated weights, and none touched by a probe", arguments: names)
  func update(name: String) throws {
    let c = try load(name)
    var loss = c.loss()
    let before = c.model.transformer.configuration.linearIDs.map { c.dense.matrix($0).elements }
    _ = try loss.loss(epsilon: 0.01, along: c.directions)
    _ = try loss.loss(epsilon: -0.01, along: c.directions)
    for (id, elements) in zip(c.model.transformer.configuration.linearIDs, before) {
      #expect(c.dense.matrix(id).elements == elements, "\(id)")
    }
    loss.update(factor: Float(-1e-3 * (try c.number("e0.01", "clipped"))), along: c.directions)
    var checked = 0
    for (id, own) in c.names where c.file.descriptor(of: "updated.\(own)") != nil {
      expectClose(
        c.dense.matrix(id).elements, try c.file.read("updated.\(own)"), .absolute(1e-6), own)
      checked += 1
    }
    #expect(checked == 2)
    // Every other one moved as well.
    for (id, elements) in zip(c.model.transformer.configuration.linearIDs, before) {
      #expect(c.dense.matrix(id).elements != elements, "\(id)")
    }
  }
}
