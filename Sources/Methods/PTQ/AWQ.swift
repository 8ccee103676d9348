package import MethodKit
package import Quantizers
import Tensors
import Transformers

/// AWQ: columns that meet large activations are scaled up before rounding, then weights are clipped.
///
/// Both by search, block by block, on the inputs that the full-precision model gives.
///
/// > Source: Lin et al. 2023, arXiv:2306.00978; official code, entry.py and pre_quant.py (run_awq).
///
/// DEVIATION: the paper quantizes weights only. With activation bits, the searches still see unquantized
/// activations, which are then rounded to nearest per token at use.
package struct AWQ: QuantizationMethod {
  /// Options of ``AWQ``.
  package struct Options: MethodOptions {
    /// Whether scales are searched.
    package var scaleSearch = true
    /// Whether clips are searched.
    package var clipSearch = true
    /// Windows of training text to calibrate on.
    package var calibrationWindows = 16

    package static let defaults = Self()
  }

  package static let card = MethodCard(
    name: "awq", summary: "salient columns scaled up by search, weights clipped, then rounded",
    category: .postTraining, citation: "Lin et al. 2023, arXiv:2306.00978", target: .weights)

  private let bits: QuantizationSpec
  private let quantizer: AWQQuantizer
  private let searchesScales: Bool
  private let searchesClips: Bool
  private let calibrationWindows: Int

  package init(options: Options, bits: QuantizationSpec) throws {
    guard let weightBits = bits.weightBits else {
      throw MethodError.bits(
        method: Self.card.name, expected: "weights of 2, 3, 4, 6 or 8 bits", found: "\(bits)")
    }
    self.bits = bits
    quantizer = AWQQuantizer(bits: weightBits, groupSize: bits.groupSize)
    searchesScales = options.scaleSearch
    searchesClips = options.clipSearch
    calibrationWindows = options.calibrationWindows
    try check("calibrationWindows", calibrationWindows, expected: "at least 1") { $0 >= 1 }
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    let c = context.source.configuration
    try bits.check(c)
    if searchesScales { try requireNormsFirst(c, Self.card) }
    let (dense, transformer) = try ModelStart(context).parts
    let calibration = try context.observer.during(.calibrate) {
      try Calibration(transformer, context.training, windows: calibrationWindows)
    }
    let search = AWQSearch(
      transformer: transformer, windowTokens: calibration.windowTokens, quantizer: quantizer)
    var linears: [LinearID: QuantizedBlocks.Linear] = [:]
    var norms: [[(gain: Vector, bias: Vector?)]] = []
    var pairs: [AWQSearch.Pair] = []
    for block in 0..<c.blocks {
      // Full-precision outputs go on to the next block, so that this comes before any weight changes.
      let inputs = context.observer.during(.calibrate) {
        calibration.collectInputs(block: block, operators: dense)
      }
      try context.observer.during(.quantize) {
        var smoothing = BlockSmoothing()
        if searchesScales {
          let found = try search.scales(block: block, inputs: inputs, dense: dense)
          pairs += found.pairs
          smoothing = found.smoothing
        }
        norms.append(dense.norms(ofBlock: block, smoothing: smoothing))
        for kind in c.linears {
          let id = LinearID(block: block, kind: kind)
          linears[id] = dense.quantizeInPlace(
            id, smoothing: smoothing.smoothing(of: kind, c), quantizer: nil)
        }
        if searchesClips {
          for (kind, maxima) in search.clips(
            block: block, inputs: inputs, smoothing: smoothing, dense: dense)
          {
            quantizer.clamp(dense.matrix(LinearID(block: block, kind: kind)), to: maxima)
          }
        }
        for kind in c.linears {
          quantizer.fakeQuantize(dense.matrix(LinearID(block: block, kind: kind)))
        }
      }
      context.observer.progress(block + 1, of: c.blocks, .blockSearched)
    }
    keep(pairs, context.observer)
    return QuantizedModel(
      transformer: transformer,
      blocks: QuantizedBlocks(
        linears: linears, norms: norms, tokenQuantizer: bits.tokenQuantizer()))
  }

  private func keep(_ pairs: [AWQSearch.Pair], _ observer: any RunObserver) {
    if pairs.isEmpty { return }
    let count = Double(pairs.count)
    let ratios = pairs.reduce(0.0) { $0 + Double($1.ratio) }
    // Scales of 1 are the first candidate, so that this is at most 1.
    let gains = pairs.reduce(0.0) { sum, pair in
      sum + (pair.losses.min() ?? 0) / max(pair.losses.first ?? 1, .leastNormalMagnitude)
    }
    observer.keep("AWQ: mean exponent of the scales", ratios / count, unit: "1")
    observer.keep("AWQ: mean error left by the scales", gains / count, unit: "1")
  }
}
