import Checkpoints
import MethodKit
import Optimizers
import Quantizers
import Tensors
import TestSupport
import Testing
import Transformers

/// The quantized loss of a real, if tiny, model as the optimizer sees it.
@Suite("The quantized loss")
struct QuantizedLossTests {
  static let names = ["opt_preln", "opt_postln_proj", "llama_gqa_untied", "qwen2"]

  private let order: [LinearID]
  private let dense: DenseParameters
  private let loss: QuantizedLoss

  init() throws { try self.init(model: "llama_gqa_untied") }

  private init(model: String, bits: Int? = 4) throws {
    let source = try ModelSource(path: Vectors.path("model/\(model)"))
    let dense = try DenseParameters(source: source)
    let c = source.configuration
    let tokens = try Vectors.safetensors("model/\(model)/expected").readIntegers("input_ids")
    self.dense = dense
    order = c.linearIDs
    loss = QuantizedLoss(
      model: QuantizedModel(
        transformer: Transformer(
          configuration: c, frame: try source.frame(precision: .single)),
        blocks: QuantizedBlocks(
          linears: Dictionary(
            uniqueKeysWithValues: c.linearIDs.map {
              ($0, .init(storage: .live(dense.matrix($0)), bias: dense.bias($0)))
            }),
          norms: dense.norms(of: 0..<c.blocks, smoothing: []),
          weightQuantizer: bits.map { WeightQuantizer(bits: $0, groupSize: nil) },
          tokenQuantizer: bits.map { TokenQuantizer(bits: $0) })),
      tokens: tokens, windowTokens: 17)
  }

  private func optimizer(rate: Double = 1e-3) -> ZerothOrderSGD {
    ZerothOrderSGD(learningRate: rate, epsilon: 1e-3, seed: 3)
  }

  private var bits: [[UInt32]] { order.map { dense.matrix($0).elements.map(\.bitPattern) } }

  @Test(
    "L+ and L− differ, and any number of probes leaves every weight as it was", arguments: names)
  func probes(name: String) throws {
    let test = try Self(model: name)
    let before = test.bits
    for step in 0..<25 {
      let probe = try test.optimizer().probe(test.loss, step: step, direction: 0)
      #expect(probe.plus != probe.minus, "\(name) at step \(step)")
      // The same probe again says the same, to the last bit.
      if step % 5 == 0 {
        #expect(try test.optimizer().probe(test.loss, step: step, direction: 0) == probe)
      }
    }
    #expect(test.bits == before)
  }

  @Test("A probe is the loss of weights that were really moved", arguments: [1, -1] as [Float])
  func perturbedInPlace(sign: Float) throws {
    let z = optimizer().draw(step: 9, direction: 0)
    let beside = try loss.loss(epsilon: sign * 1e-3, along: z)
    for id in order {
      let matrix = dense.matrix(id)
      for row in 0..<matrix.rows {
        z.add(
          to: matrix.row(row), factor: sign * 1e-3, count: matrix.columns, row: row,
          tensor: id.tensor)
      }
    }
    #expect(try loss.loss(perturbation: nil) == beside)
  }

  @Test("An update moves each weight by factor · z, and tensors by z of their own")
  func update() throws {
    var loss = loss
    let before = order.map { dense.matrix($0).elements }
    let z = optimizer().draw(step: 2, direction: 0)
    loss.update(factor: 0.5, along: z)
    var seen: Set<[Float]> = []
    for (id, old) in zip(order, before) {
      let matrix = dense.matrix(id)
      let expected = Matrix(rows: matrix.rows, columns: matrix.columns, elements: old)
      for row in 0..<matrix.rows {
        z.add(
          to: expected.row(row), factor: 0.5, count: matrix.columns, row: row, tensor: id.tensor)
      }
      #expect(matrix.elements == expected.elements, "\(id)")
      #expect(matrix.elements != old)
      let moved = zip(matrix.elements, old).map { (($0 - $1) * 1024).rounded() }
      #expect(seen.insert(Array(moved.prefix(40))).inserted, "\(id) shares another tensor's z")
    }
  }

  @Test("Without quantization the estimate is the loss's slope along z")
  func slope() throws {
    let test = try Self(model: "llama_gqa_untied", bits: nil)
    let expected = try Vectors.safetensors("model/llama_gqa_untied/expected")
    for step in 0..<8 {
      let optimizer = ZerothOrderSGD(learningRate: 1, epsilon: 5e-4, seed: UInt64(step))
      let z = optimizer.draw(step: 0, direction: 0)
      let g = try optimizer.probe(test.loss, step: 0, direction: 0).projectedGradient
      var (slope, square) = (0.0, 0.0)
      for id in test.order {
        let matrix = test.dense.matrix(id)
        let own = Matrix(rows: matrix.rows, columns: matrix.columns)
        for row in 0..<matrix.rows {
          z.add(to: own.row(row), factor: 1, count: matrix.columns, row: row, tensor: id.tensor)
        }
        let part = id.kind.rawValue < 4 ? "self_attn" : "mlp"
        let gradient = try expected.read(
          "grad.model.layers.\(id.block).\(part).\(id.kind.name).weight")
        for (a, b) in zip(own.elements, gradient) {
          slope += Double(a) * Double(b)
          square += Double(b) * Double(b)
        }
      }
      // Third-order terms and rounding, measured against the gradient's length.
      #expect(abs(g - slope) < 5e-3 * square.squareRoot(), "\(g), \(slope), \(square.squareRoot())")
    }
  }

  @Test("Probes don't depend on the number of threads")
  func threads() throws {
    let before = Threads.count
    defer { Threads.count = before }
    let probes = try (1...4).map { threads in
      Threads.count = threads
      return try optimizer().probe(loss, step: 1, direction: 0)
    }
    for probe in probes { #expect(probe == probes[0]) }
  }
}
