import Checkpoints
import MethodKit
import Quantizers
import Tensors
import TestSupport
import Testing
import Transformers

/// Where learned smoothing starts, against what the official code started from.
@Suite("Starts of learned smoothing")
struct SmoothingStartTests {
  @Test(
    "Statistics of the full-precision stream, scales and shifts",
    arguments: [
      ("opt_w4a4_layerpath", 0.5), ("opt_w4a4_zeroqat_init", 0.5), ("llama_w4a4", 0.5),
      ("llama_w4a4_zeroqat_init", 0.75),
    ] as [(String, Float)])
  func official(name: String, alpha: Float) throws {
    let fixture = try LayerFixture("omniquant/\(name)")
    let file = fixture.file
    let reconstruction = try fixture.reconstruction(steps: 1, quantizesActivations: true)
    let statistics = reconstruction.observe(block: 0, operators: fixture.dense)
    for (pair, maxima) in [
      ("qkv", statistics.maxima.attention), ("out", statistics.maxima.output),
      ("fc1", statistics.maxima.feedForward),
    ] {
      expectClose(maxima, try file.read("act.\(pair)"), relativeToLargest: 1e-5, "\(name) \(pair)")
    }
    let start = SmoothingStart(
      rule: .zeroQAT(least: alpha, most: alpha), outputAlpha: alpha, shifts: fixture.isOPT,
      scalesQueryKey: true
    ).smoothing(block: 0, statistics: statistics, fixture.configuration) {
      fixture.dense.matrix($0)
    }
    for member in LearnableSmoothing.Member.allCases {
      let expected = try file.read("init.\(fixture.name(member))")
      guard let found = start[keyPath: member.path] else {
        #expect(!fixture.isOPT && expected.allSatisfy { $0 == 0 }, "\(name) \(member)")
        continue
      }
      expectClose(found, expected, relativeToLargest: 1e-5, "\(name) \(member)")
    }
  }

  @Test("With grouped queries, a key head's scale covers the query heads that share it")
  func grouped() throws {
    let fixture = try LayerFixture("omniquant/rtn_llama_gqa")
    let c = fixture.configuration
    let x = Matrix(rows: 4 * 24, columns: 48, elements: try fixture.file.read("X"))
    let reconstruction = BlockReconstruction(
      fixture.transformer, full: x, quantized: Matrix(rows: 4 * 24, columns: 48),
      windowTokens: 24, settings: .init(epochs: 1), quantizesActivations: false)
    let statistics = reconstruction.observe(block: 0, operators: fixture.dense)
    let start = SmoothingStart(
      rule: .smoothQuant(alpha: 0.5), outputAlpha: 1, shifts: false, scalesQueryKey: false
    ).smoothing(block: 0, statistics: statistics, c) { fixture.dense.matrix($0) }
    let scale = try #require(start.outputScale)
    #expect(scale.count == c.keyHeads * c.headSize && c.keyHeads < c.heads)
    // At α = 1 a scale is the largest activation itself.
    for (channel, value) in scale.enumerated() {
      let head = channel / c.headSize * (c.heads / c.keyHeads)
      let all = (head..<head + c.heads / c.keyHeads).map {
        statistics.maxima.output[$0 * c.headSize + channel % c.headSize]
      }
      #expect(value == max(all.max() ?? 0, 1e-5))
    }
    #expect(start.queryKeyScale == nil && start.attentionShift == nil)
  }
}
