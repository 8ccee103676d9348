import Checkpoints
import MethodKit
import Quantizers
import Tensors
import TestSupport
import Testing
import Transformers

/// Ten steps of learned clipping and smoothing on one layer, against the official code's.
@Suite("OmniQuant's traces")
struct OmniQuantTraceTests {
  /// What a trace was made with.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let bits: (weights: Int, activations: Int?, group: Int?)
    let rates: (smoothing: Double, clipping: Double)
    let isAugmented: Bool
    let isZeroQAT: Bool
    var testDescription: String { name }
    var floor: Float { isZeroQAT ? 1e-4 : 1e-5 }

    init(
      _ name: String, _ weights: Int, _ activations: Int?, group: Int? = nil,
      _ smoothing: Double, _ clipping: Double, isAugmented: Bool = false, isZeroQAT: Bool = false
    ) {
      self.name = name
      bits = (weights, activations, group)
      rates = (smoothing, clipping)
      self.isAugmented = isAugmented
      self.isZeroQAT = isZeroQAT
    }
  }

  static let cases = [
    Case("opt_w4a4_layerpath", 4, 4, 5e-3, 1e-2), Case("opt_w3a16_layerpath", 3, nil, 5e-3, 1e-2),
    Case("opt_w4a4_zeroqat_init", 4, 4, 5e-3, 1e-2, isAugmented: true, isZeroQAT: true),
    Case("llama_w4a4", 4, 4, 1e-2, 5e-3),
    Case("llama_w4a4_zeroqat_init", 4, 4, 1e-2, 5e-3, isAugmented: true, isZeroQAT: true),
    Case("llama_w2a16g16_lwc", 2, nil, group: 16, 0, 1e-2, isAugmented: true),
    Case("llama_gqa_w4a16_lwc", 4, nil, 0, 5e-3),
  ]

  /// The layer as it is learned, with the parameters that the trace starts from.
  private func learner(_ fixture: LayerFixture, _ test: Case) throws -> LearnableBlocks {
    let c = fixture.configuration
    let quantizer = WeightQuantizer(
      bits: test.bits.weights, groupSize: test.bits.group, minimumScale: test.floor)
    var start = BlockSmoothing()
    if test.rates.smoothing > 0 {
      for member in LearnableSmoothing.Member.allCases {
        let values = try fixture.file.read("init.\(fixture.name(member))")
        // LLaMA's shifts, and those of weight-only runs, are zero and stay so.
        if values.contains(where: { $0 != 0 }) { start[keyPath: member.path] = values }
      }
    }
    let linears = try c.linearIDs.map { id in
      let name = "init.\(fixture.name(id.kind)).weight_quantizer"
      return (
        id,
        LearnableLinear(
          weight: fixture.dense.matrix(id), bias: fixture.dense.bias(id),
          quantizer: .clipping(
            quantizer,
            ClipLogits(
              up: Vector(try fixture.file.read("\(name).upbound_factor")),
              low: Vector(try fixture.file.read("\(name).lowbound_factor")),
              groups: quantizer.groups(in: c.shape(of: id.kind).inputs))))
      )
    }
    return LearnableBlocks(
      configuration: c, linears: Dictionary(uniqueKeysWithValues: linears),
      norms: [
        0: NormKind.halves.map { kind in
          let (gain, bias) = fixture.dense.norm(kind, block: 0)
          return .init(gain: gain, bias: bias)
        }
      ],
      // The official form, one q/k scale a channel: that is what the trace has.
      smoothing: [0: LearnableSmoothing(start, c, sharesRotaryPairs: false)],
      activationQuantizer: test.bits.activations.map {
        TokenQuantizer(bits: $0, minimumScale: test.floor)
      })
  }

  /// Learned tensors by their official names.
  private func tensors(_ fixture: LayerFixture, _ learner: LearnableBlocks) -> [(
    name: String, tensor: LearnedTensor
  )] {
    var result = fixture.configuration.linearIDs.flatMap { id -> [(String, LearnedTensor)] in
      let name = "\(fixture.name(id.kind)).weight_quantizer"
      let tensors = learner.linears[id]?.quantizerTensors("") ?? []
      return zip(["\(name).upbound_factor", "\(name).lowbound_factor"], tensors).map { ($0, $1) }
    }
    for (member, tensor) in learner.smoothing[0]?.members ?? [:] {
      result.append((fixture.name(member), tensor))
    }
    return result.map { (name: $0.0, tensor: $0.1) }
  }

  @Test("First gradients, losses, final parameters and folded weights", arguments: cases)
  func trace(test: Case) throws {
    let fixture = try LayerFixture("omniquant/\(test.name)")
    let file = fixture.file
    let learner = try learner(fixture, test)
    let named = tensors(fixture, learner)
    // Shifts that stay zero aren't learned here; everything else that has a gradient is.
    let learned = try file.tensors.map(\.name).filter {
      try $0.hasPrefix("grad0.") && !file.read("init." + $0.dropFirst(6)).allSatisfy { $0 == 0 }
    }
    #expect(Set(learned) == Set(named.map { "grad0.\($0.name)" }))
    func run(steps: Int) throws -> BlockReconstruction {
      let reconstruction = try fixture.reconstruction(
        steps: steps, isAugmented: test.isAugmented,
        quantizesActivations: test.bits.activations != nil)
      _ = reconstruction.observe(block: 0, operators: fixture.dense)
      return reconstruction
    }
    // A step of nothing leaves the first gradients behind.
    var still = GroupedAdamW([ParameterGroup(named.map(\.tensor), learningRate: 0)])
    _ = try run(steps: 1).train(block: 0, learner, &still)
    var vanishing: [String: [Bool]] = [:]
    for (name, tensor) in named {
      let expected = try file.read("grad0.\(name)")
      // Weight-only, q and k rows are quantized independently of their scale: noise.
      let isNoise = name == "qkt_smooth_scale" && test.bits.activations == nil
      if !isNoise {
        expectClose(
          tensor.gradient.elements, expected, relativeToLargest: 1e-4, "\(test.name) grad0.\(name)")
      }
      let largest = expected.map(abs).max() ?? 0
      vanishing[name] = expected.map { isNoise || abs($0) < 1e-6 * largest }
    }
    func group(_ names: (String) -> Bool, _ rate: Double) -> ParameterGroup {
      ParameterGroup(named.filter { names($0.name) }.map(\.tensor), learningRate: rate)
    }
    var optimizer = GroupedAdamW([
      group({ $0.contains("smooth") }, test.rates.smoothing),
      group({ !$0.contains("smooth") }, test.rates.clipping),
    ])
    let reconstruction = try run(steps: 10)
    let means = try file.read("mean_losses")
    let before = reconstruction.loss(block: 0, learner)
    expectClose([Float(before)], [means[0]], .elementwise(relative: 1e-4, absolute: 0))
    let losses = try reconstruction.train(block: 0, learner, &optimizer)
    expectClose(
      losses.map(Float.init), try file.read("losses"), .elementwise(relative: 1e-4, absolute: 0),
      "\(test.name) losses")
    let after = reconstruction.loss(block: 0, learner)
    expectClose([Float(after)], [means[3]], .elementwise(relative: 1e-4, absolute: 0))
    for (name, tensor) in named {
      let expected = try file.read("final.\(name)")
      let skipped = vanishing[name] ?? []
      let kept = expected.indices.filter { !skipped[$0] }
      expectClose(
        kept.map { tensor.value.elements[$0] }, kept.map { expected[$0] }, absolute: 1e-4,
        "\(test.name) final.\(name)")
    }
    try folded(fixture, test, learner)
  }

  /// The weights that a method hands over equal the officially folded ones, and compute the same.
  private func folded(_ fixture: LayerFixture, _ test: Case, _ learner: LearnableBlocks) throws {
    let c = fixture.configuration
    let smoothing = learner.smoothing[0]?.current ?? BlockSmoothing()
    let norms = fixture.dense.norms(of: 0..<1, smoothing: [smoothing])
    for (kind, norm) in zip(NormKind.halves, norms[0]) {
      expectClose(
        norm.gain.elements, try fixture.file.read("folded.\(fixture.name(kind)).weight"),
        relativeToLargest: 1e-4, "\(test.name) \(kind)")
      if let bias = norm.bias, fixture.isOPT {
        expectClose(
          bias.elements, try fixture.file.read("folded.\(fixture.name(kind)).bias"),
          relativeToLargest: 1e-4, "\(test.name) \(kind)")
      }
    }
    for id in c.linearIDs {
      guard case .clipping(let quantizer, let logits) = learner.linears[id]?.quantizer else {
        Issue.record("\(id) isn't clipped")
        continue
      }
      let linear = fixture.dense.quantizeInPlace(
        id, smoothing: smoothing.smoothing(of: id.kind, c), quantizer: quantizer,
        clip: logits.fractions)
      let expected = try fixture.file.read("folded.\(fixture.name(id.kind)).weight")
      // Noise in the q/k scale shows in whole rows of weight-only q and k.
      let isNoise =
        test.bits.activations == nil && test.rates.smoothing > 0
        && (id.kind == .query || id.kind == .key)
      if !isNoise {
        let error = relativeError(fixture.dense.matrix(id).elements, expected)
        #expect(error < 1e-4, "\(test.name) folded \(id.kind): \(error)")
      }
      if let bias = linear.bias, fixture.isOPT, !isNoise {
        expectClose(
          bias.elements, try fixture.file.read("folded.\(fixture.name(id.kind)).bias"),
          relativeToLargest: 1e-4, "\(test.name) folded bias of \(id.kind)")
      }
    }
  }
}
