package import MethodKit
package import Quantizers
import Tensors
import Transformers

/// Lightweight ZeroQAT: everything frozen, quantised and packed but the Q and V projections, or those
/// that the option `trainable` names.
///
/// The checkpoint is streamed block by block: a block is calibrated, smoothed, packed and forgotten before
/// the next is read, so that the full-precision model never exists. Q and V stay in float32, unsmoothed;
/// embedding and head are held in half precision, as in the paper's memory figures.
///
/// > Source: ZeroQAT, arXiv:2509.00031v2, section 4.3; official code, quantize/utils.py
///   (smooth_and_quant_inplace).
///
/// DEVIATION: the paper keeps Q and V in fp16; in float32 no update is lost to rounding.
package struct LightweightZeroQAT: QuantizationMethod {
  package typealias Options = ZeroQATOptions

  package static let card = MethodCard(
    name: "zeroqat-light", summary: "zeroth-order QAT of Q and V, the rest packed and frozen",
    category: .zerothOrder, citation: "Tan et al. 2025, arXiv:2509.00031v2")

  private let options: Options
  private let bits: QuantizationSpec
  private let quantizer: WeightQuantizer

  package init(options: Options, bits: QuantizationSpec) throws {
    try options.validate()
    if let learn = options.learn, learn != .weights {
      throw MethodError.option(
        name: "learn", expected: "'weights': what is packed keeps its clipping and smoothing",
        found: "'\(learn.rawValue)'")
    }
    guard let quantizer = bits.weightQuantizer(minimumScale: options.minimumScale ?? 1e-4) else {
      throw MethodError.bits(
        method: Self.card.name, expected: "weights of 2, 3, 4, 6 or 8 bits", found: "\(bits)")
    }
    self.options = options
    self.bits = bits
    self.quantizer = quantizer
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    try options.training(seed: context.seed).train(packedModel(context), context)
  }

  /// The model before training; what calibration held is gone when it is there.
  private func packedModel(_ context: MethodContext) throws -> QuantizedModel {
    let c = context.source.configuration
    try bits.check(c)
    let rule = options.smoothingRule(bits)
    if rule != nil { try requireNormsFirst(c, Self.card) }
    let transformer = try context.observer.during(.load) {
      Transformer(configuration: c, frame: try context.source.frame(precision: .half))
    }
    let calibration = try context.observer.during(.calibrate) {
      try rule.map { _ in
        try Calibration(
          transformer, context.training, windows: options.calibrationWindows ?? 16)
      }
    }
    var linears: [LinearID: QuantizedBlocks.Linear] = [:]
    var norms: [[(gain: Vector, bias: Vector?)]] = []
    for block in 0..<c.blocks {
      // The block's float32 weights live inside this turn only.
      let dense = try context.observer.during(.load) {
        try DenseParameters(source: context.source, blocks: block..<block + 1)
      }
      var smoothing = BlockSmoothing()
      if let rule, let calibration {
        smoothing = context.observer.during(.calibrate) {
          let maxima = calibration.run(block: block, operators: dense)
          return rule.smoothing(block: block, maxima: maxima, c) { dense.matrix($0) }
        }
      }
      context.observer.during(.quantize) {
        norms.append(
          NormKind.allCases.map { kind in
            let (gain, bias) = dense.norm(kind, block: block)
            let smoothed = smoothing.norm(kind, gain: gain.elements, bias: bias?.elements)
            return (gain: Vector(smoothed.gain), bias: smoothed.bias.map { Vector($0) })
          })
        for kind in c.linears {
          let id = LinearID(block: block, kind: kind)
          linears[id] = linear(id, dense, smoothing.smoothing(of: kind, c))
        }
      }
      context.observer.progress(block + 1, of: c.blocks, "block packed")
    }
    return QuantizedModel(
      transformer: transformer,
      blocks: QuantizedBlocks(
        linears: linears, norms: norms, weightQuantizer: quantizer,
        tokenQuantizer: bits.tokenQuantizer(minimumScale: options.minimumScale ?? 1e-4)))
  }

  private func linear(_ id: LinearID, _ dense: DenseParameters, _ smoothing: LinearSmoothing)
    -> QuantizedBlocks.Linear
  {
    let matrix = dense.matrix(id)
    let clip = options.clip(rows: matrix.rows, columns: matrix.columns, quantizer)
    guard (options.trainable ?? .queryAndValue).contains(id.kind) else {
      return dense.packed(id, smoothing: smoothing, quantizer: quantizer, clip: clip)
    }
    let own = Matrix(rows: matrix.rows, columns: matrix.columns)
    own.copy(from: matrix)
    return QuantizedBlocks.Linear(
      storage: .live(own), bias: dense.bias(id), smoothing: smoothing, clip: clip)
  }
}
