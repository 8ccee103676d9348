import Checkpoints
import MethodKit
import Quantizers
import Tensors
import TestSupport
import Testing
import Transformers

/// Ten steps of Block-AP on one layer, against the official code's.
@Suite("EfficientQAT's traces")
struct EfficientQATTraceTests {
  @Test(
    "First gradients, losses and final weights, grids and gains",
    arguments: [("block_ap_w2g16", 2), ("block_ap_w4g16", 4)])
  func trace(name: String, bits: Int) throws {
    let fixture = try LayerFixture("efficientqat/\(name)")
    let (file, c) = (fixture.file, fixture.configuration)
    let quantizer = WeightQuantizer(bits: bits, groupSize: 16)
    let linears = c.linearIDs.map { id in
      let weight = fixture.dense.matrix(id)
      return (
        id,
        LearnableLinear(
          weight: weight, bias: nil,
          quantizer: .grid(LearnableGrid(of: weight, quantizer: quantizer)), learnsWeight: true)
      )
    }
    let learner = LearnableBlocks(
      configuration: c, linears: Dictionary(uniqueKeysWithValues: linears),
      norms: [
        0: NormKind.halves.map {
          .init(gain: fixture.dense.norm($0, block: 0).gain, bias: nil, learnsGain: true)
        }
      ])
    var named: [(name: String, tensor: LearnedTensor)] = []
    for id in c.linearIDs {
      let name = fixture.name(id.kind)
      let grids = learner.linears[id]?.quantizerTensors("") ?? []
      for (part, tensor) in zip(["scale", "zero_point"], grids) {
        named.append(("\(name).weight_quantizer.\(part)", tensor))
        expectClose(
          tensor.value.elements, try file.read("init.\(name).weight_quantizer.\(part)"),
          .elementwise(relative: 1e-6, absolute: 0), "\(name) \(part)")
      }
    }
    let ids = c.linearIDs
    for (id, tensor) in zip(ids, learner.weightTensors) {
      named.append(("\(fixture.name(id.kind)).weight", tensor))
    }
    for (kind, tensor) in zip(NormKind.halves, learner.vectorTensors) {
      named.append(("\(fixture.name(kind)).weight", tensor))
    }
    #expect(
      Set(named.map { "grad0.\($0.name)" })
        == Set(file.tensors.map(\.name).filter { $0.hasPrefix("grad0.") }))
    func reconstruction(steps: Int, fullPrecision: DenseParameters) throws -> BlockReconstruction {
      let result = try fixture.reconstruction(
        steps: steps, batchWindows: 2, quantizesActivations: false)
      _ = result.observe(block: 0, operators: fullPrecision)
      return result
    }
    var still = GroupedAdamW([ParameterGroup(named.map(\.tensor), learningRate: 0)])
    _ = try reconstruction(steps: 1, fullPrecision: fixture.dense).train(
      block: 0, learner, &still)
    var vanishing: [String: [Bool]] = [:]
    for (name, tensor) in named {
      let expected = try file.read("grad0.\(name)")
      expectClose(tensor.gradient.elements, expected, relativeToLargest: 1e-4, "grad0.\(name)")
      let largest = expected.map(abs).max() ?? 0
      vanishing[name] = expected.map { abs($0) < 1e-6 * largest }
    }
    // Weights are trained in place, the target needs them as they were: it is found before.
    let training = try reconstruction(steps: 10, fullPrecision: fixture.dense)
    let means = try file.read("mean_losses")
    expectClose(
      [Float(training.loss(block: 0, learner))], [means[0]],
      .elementwise(relative: 1e-4, absolute: 0))
    var optimizer = GroupedAdamW([
      ParameterGroup(learner.quantizerTensors, learningRate: 1e-3),
      ParameterGroup(learner.weightTensors + learner.vectorTensors, learningRate: 2e-4),
    ])
    let losses = try training.train(block: 0, learner, &optimizer)
    expectClose(
      losses.map(Float.init), try file.read("losses"), .elementwise(relative: 1e-4, absolute: 0),
      "losses")
    expectClose(
      [Float(training.loss(block: 0, learner))], [means[3]],
      .elementwise(relative: 1e-4, absolute: 0))
    for (name, tensor) in named {
      let expected = try file.read("final.\(name)")
      let kept = expected.indices.filter { !(vanishing[name]?[$0] ?? false) }
      expectClose(
        kept.map { tensor.value.elements[$0] }, kept.map { expected[$0] }, absolute: 1e-4,
        "final.\(name)")
    }
  }
}
