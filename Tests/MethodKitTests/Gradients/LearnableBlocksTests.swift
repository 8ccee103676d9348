import Checkpoints
import MethodKit
import Quantizers
import Tensors
import TestSupport
import Testing
import Transformers
import Vocabulary

/// Learnable blocks against plain ones, and smoothing against what it promises.
@Suite("Learnable blocks")
struct LearnableBlocksTests {
  private static let names = ["opt_preln", "opt_preln_nobias", "llama_gqa_untied", "qwen2"]

  private let c: ModelConfiguration
  private let dense: DenseParameters
  private let transformer: Transformer
  private let file: SafetensorsFile
  private let name: String

  init() throws { try self.init("llama_gqa_untied") }

  private init(_ name: String) throws {
    self.name = name
    let source = try ModelSource(path: Vectors.path("model/\(name)"))
    c = source.configuration
    dense = try DenseParameters(source: source)
    transformer = Transformer(
      configuration: c, frame: try source.frame(precision: .single))
    file = try Vectors.safetensors("model/\(name)/expected")
  }

  private func learner(
    _ smoothing: [Int: LearnableSmoothing] = [:], learns: Bool,
    _ quantizer: (LinearID) -> LearnableQuantizer = { _ in .none },
    activations: (any ActivationQuantizer)? = nil
  ) -> LearnableBlocks {
    let linears = c.linearIDs.map { id in
      (
        id,
        LearnableLinear(
          weight: dense.matrix(id), bias: dense.bias(id), quantizer: quantizer(id),
          learnsWeight: learns, learnsBias: learns)
      )
    }
    let norms = (0..<c.blocks).map { block in
      (
        block,
        NormKind.halves.map { kind -> LearnableBlocks.Norm in
          let (gain, bias) = dense.norm(kind, block: block)
          return .init(gain: gain, bias: bias, learnsGain: learns, learnsBias: learns)
        }
      )
    }
    return LearnableBlocks(
      configuration: c, linears: Dictionary(uniqueKeysWithValues: linears),
      norms: Dictionary(uniqueKeysWithValues: norms), smoothing: smoothing,
      activationQuantizer: activations)
  }

  /// Smoothing of every kind, far from 1 and 0; rotary pairs share theirs if asked to.
  private func smoothing(pairs: Bool, seed: UInt64 = 1) -> [Int: LearnableSmoothing] {
    var generator = SplitMix64(seed: seed)
    let keys = c.keyHeads * c.headSize
    let blocks = (0..<c.blocks).map { block in
      var start = BlockSmoothing()
      start.attentionScale = generator.uniform(c.channels, in: 0.5..<2)
      start.feedForwardScale = generator.uniform(c.channels, in: 0.5..<2)
      start.outputScale = generator.uniform(keys, in: 0.5..<2)
      start.attentionShift = generator.normal(c.channels)
      start.feedForwardShift = generator.normal(c.channels)
      start.outputShift = generator.normal(keys)
      var between = generator.uniform(keys, in: 0.5..<2)
      if pairs && c.architecture == .llama {
        for i in 0..<keys where i % c.headSize >= c.headSize / 2 {
          between[i] = between[i - c.headSize / 2]
        }
      }
      start.queryKeyScale = between
      return (block, LearnableSmoothing(start, c, sharesRotaryPairs: pairs))
    }
    return Dictionary(uniqueKeysWithValues: blocks)
  }

  private func loss(_ learner: LearnableBlocks) throws -> Double {
    let ids = try file.readIntegers("input_ids")
    let pass = TrainingPass(
      transformer: transformer, tokens: ids.count,
      quantizesActivations: learner.quantizesActivations)
    return try pass(ids, windowTokens: 17, loss: .nextToken, operators: learner, frame: nil)
  }

  /// PyTorch's gradients by the places of ours.
  private func expected(_ tensor: String) throws -> [Float] {
    let isOPT = c.architecture == .opt
    return try file.read("grad.model.\(isOPT ? "decoder." : "")layers.\(tensor)")
  }

  @Test(
    "Without quantization: PyTorch's gradients of weights, biases and norms", arguments: names)
  func gradients(name: String) throws {
    let test = try Self(name)
    let learner = test.learner(learns: true)
    let loss = try test.loss(learner)
    expectClose([Float(loss)], [try test.file.read("loss")[0]], .absolute(1e-5))
    let isOPT = test.c.architecture == .opt
    for id in test.c.linearIDs {
      let part =
        switch id.kind {
        case .query, .key, .value: "self_attn.\(id.kind.name)"
        case .output: isOPT ? "self_attn.out_proj" : "self_attn.o_proj"
        case .up where isOPT: "fc1"
        case .down where isOPT: "fc2"
        case .gate, .up, .down: "mlp.\(id.kind.name)"
        }
      let linear = try #require(learner.linears[id])
      expectClose(
        linear.dWeight?.elements ?? [], try test.expected("\(id.block).\(part).weight"),
        relativeToLargest: 1e-4, "\(name) \(id)")
      if let bias = linear.dBias {
        // That of K has a gradient of zero: softmax doesn't see it.
        let found = try test.expected("\(id.block).\(part).bias")
        let largest = found.map(abs).max() ?? 0
        expectClose(
          bias.elements, found, absolute: max(1e-4 * largest, 1e-7), "\(name) bias of \(id)")
      }
    }
    for block in 0..<test.c.blocks {
      for (kind, norm) in zip(NormKind.halves, learner.norms[block] ?? []) {
        let part =
          switch (kind, isOPT) {
          case (.attention, true): "self_attn_layer_norm"
          case (.attention, false): "input_layernorm"
          case (.feedForward, true): "final_layer_norm"
          case (.feedForward, false): "post_attention_layernorm"
          default: "no norm of these models"
          }
        expectClose(
          norm.dGain?.elements ?? [], try test.expected("\(block).\(part).weight"),
          relativeToLargest: 1e-4, "\(name) \(part)")
        if let bias = norm.dBias {
          expectClose(
            bias.elements, try test.expected("\(block).\(part).bias"), relativeToLargest: 1e-4,
            "\(name) bias of \(part)")
        }
      }
    }
  }

  @Test("Smoothing doesn't change what is computed, nor the gradients of weights", arguments: names)
  func preserved(name: String) throws {
    let test = try Self(name)
    let plain = test.learner(learns: true)
    let smoothed = test.learner(test.smoothing(pairs: true), learns: true)
    let (a, b) = (try test.loss(plain), try test.loss(smoothed))
    #expect(abs(a - b) < 1e-5 * a, "\(name): \(a), \(b)")
    for id in test.c.linearIDs {
      expectClose(
        smoothed.linears[id]?.dWeight?.elements ?? [], plain.linears[id]?.dWeight?.elements ?? [],
        relativeToLargest: 1e-4, "\(name) \(id)")
    }
    // With a q/k scale for each channel LLaMA computes something else: hence the pairs.
    if test.c.architecture == .llama {
      let other = try test.loss(test.learner(test.smoothing(pairs: false), learns: false))
      #expect(abs(a - other) > 1e-4, "\(name): \(a), \(other)")
    }
  }

  @Test(
    "As nothing depends on smoothing, its gradients cancel, whatever heads share", arguments: names)
  func cancelling(name: String) throws {
    let test = try Self(name)
    let smoothing = test.smoothing(pairs: true, seed: 3)
    let learner = test.learner(smoothing, learns: false)
    _ = try test.loss(learner)
    let before = smoothing[0]?.members[.queryKeyScale]?.gradient.elements ?? []
    learner.settleGradients()
    // With rounding to 3 bits the same gradients don't cancel: that is their size.
    let rounded = test.smoothing(pairs: true, seed: 3)
    let learning = test.learner(
      rounded, learns: false,
      { _ in .range(WeightQuantizer(bits: 3, groupSize: nil), nil) },
      activations: TokenQuantizer(bits: 4))
    _ = try test.loss(learning)
    learning.settleGradients()
    for block in 0..<test.c.blocks {
      for (member, tensor) in smoothing[block]?.members ?? [:] {
        let size = rounded[block]?.members[member]?.gradient.elements.map(abs).max() ?? 0
        let rest = tensor.gradient.elements.map(abs).max() ?? .infinity
        #expect(
          size > 1e-3 && rest < 2e-3 * size, "\(name) block \(block) \(member): \(rest), \(size)")
      }
    }
    if test.c.architecture == .llama {
      // One channel of a pair alone would change the function.
      let rest = before.map(abs).max() ?? 0
      #expect(rest > 1e-3)
    }
  }

  @Test("Shared rotary pairs stay equal, and scales stay away from zero with their signs")
  func settling() {
    let smoothing = smoothing(pairs: true)
    let learner = learner(smoothing, learns: false)
    let tensor = smoothing[0]?.members[.queryKeyScale]
    for i in 0..<(tensor?.gradient.count ?? 0) { tensor?.gradient.pointer[i] = Float(i) }
    learner.settleGradients()
    let half = c.headSize / 2
    let gradient = tensor?.gradient.elements ?? []
    for i in 0..<half {
      #expect(gradient[i] == gradient[i + half] && gradient[i] == Float(2 * i + half))
    }
    let scale = smoothing[1]?.members[.attentionScale]?.value
    let shift = smoothing[1]?.members[.attentionShift]?.value
    for (i, value) in ([0.001, -0.001, 0, 0.5] as [Float]).enumerated() {
      scale?.pointer[i] = value
      shift?.pointer[i] = value
    }
    learner.settleParameters()
    #expect(Array((scale?.elements ?? []).prefix(4)) == [0.01, -0.01, 0.01, 0.5])
    #expect(Array((shift?.elements ?? []).prefix(4)) == [0.001, -0.001, 0, 0.5])
  }

  @Test("Gradients don't depend on the number of threads")
  func threads() throws {
    let before = Threads.count
    defer { Threads.count = before }
    var found: [[[Float]]] = []
    for threads in 1...4 {
      Threads.count = threads
      let smoothing = smoothing(pairs: true)
      let learner = learner(
        smoothing, learns: true,
        { id in
          let (rows, columns) = c.shape(of: id.kind)
          return .clipping(
            WeightQuantizer(bits: 4, groupSize: 4),
            ClipLogits(constant: 3, rows: rows, groups: columns / 4))
        }, activations: TokenQuantizer(bits: 4))
      _ = try loss(learner)
      let tensors =
        learner.smoothingTensors + learner.quantizerTensors + learner.weightTensors
        + learner.vectorTensors
      found.append(tensors.map { $0.gradient.elements })
    }
    for other in found.dropFirst() { #expect(other == found[0]) }
  }
}
