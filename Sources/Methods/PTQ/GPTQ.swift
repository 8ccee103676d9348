package import MethodKit
package import Quantizers
import Tensors
import Transformers

/// GPTQ: weights rounded column by column, errors made up for by the columns to come.
///
/// Blocks in order; the inputs of a block come from the quantized blocks before it.
///
/// > Source: Frantar et al. 2022, arXiv:2210.17323; official code, opt.py (opt_sequential).
///
/// DEVIATION: the paper quantizes weights only. With activation bits, Hessians are still those of
/// unquantized activations, which are then rounded to nearest per token at use, as in QuaRot's code.
package struct GPTQ: QuantizationMethod {
  /// Options of ``GPTQ``.
  package struct Options: MethodOptions {
    /// Added to the Hessian's diagonal, as a share of its mean; the official `percdamp`.
    package var damping: Float = 0.01
    /// Columns between updates of all the columns to come.
    package var blockSize = 128
    /// Columns by falling diagonal of the Hessian.
    package var actOrder = false
    /// Grids of groups from the weights before any update.
    package var staticGroups = false
    /// Which weights the grids of other groups are taken from.
    package var groupGrids = GPTQRounding.GroupGrids.lagging
    /// Q, K, V, then the output projection, then gate and up, then down, each after the inputs are
    /// collected anew.
    package var trueSequential = false
    /// Grids that minimise an error of the weights instead of spanning them; the official `mse`.
    package var gridSearch = false
    /// Windows of training text to calibrate on.
    package var calibrationWindows = 16

    package static let defaults = Self()
  }

  package static let card = MethodCard(
    name: "gptq", summary: "rounding column by column, later columns make up for the error",
    category: .postTraining, citation: "Frantar et al. 2022, arXiv:2210.17323",
    target: .weights)

  private let bits: QuantizationSpec
  private let rounding: GPTQRounding
  private let isTrueSequential: Bool
  private let calibrationWindows: Int

  package init(options: Options, bits: QuantizationSpec) throws {
    guard let weightBits = bits.weightBits else {
      throw MethodError.bits(
        method: Self.card.name, expected: "weights of 2, 3, 4, 6 or 8 bits", found: "\(bits)")
    }
    self.bits = bits
    var rounding = GPTQRounding(bits: weightBits, groupSize: bits.groupSize)
    rounding.damping = options.damping
    rounding.blockSize = options.blockSize
    rounding.ordersByDiagonal = options.actOrder
    rounding.hasStaticGroups = options.staticGroups
    rounding.groupGrids = options.groupGrids
    rounding.searchesGrids = options.gridSearch
    self.rounding = rounding
    isTrueSequential = options.trueSequential
    calibrationWindows = options.calibrationWindows
    try check("damping", rounding.damping, expected: "a number from 0 to 10") {
      (0...10).contains($0)
    }
    try check("blockSize", rounding.blockSize, expected: "at least 1") { $0 >= 1 }
    try check("calibrationWindows", calibrationWindows, expected: "at least 1") { $0 >= 1 }
    if bits.groupSize == nil {
      try check(
        "staticGroups", rounding.hasStaticGroups, expected: "false where there are no groups"
      ) { !$0 }
    }
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    let c = context.source.configuration
    try bits.check(c)
    let (dense, transformer) = try ModelStart(context).parts
    let calibration = try context.observer.during(.calibrate) {
      try Calibration(transformer, context.training, windows: calibrationWindows)
    }
    try GPTQPass(rounding: rounding, isTrueSequential: isTrueSequential, method: Self.card.name)
      .run(calibration, c, operators: dense, context.observer) { dense.matrix($0) }
    return QuantizedModel(
      transformer: transformer,
      blocks: QuantizedBlocks(
        linears: Dictionary(
          uniqueKeysWithValues: c.linearIDs.map {
            ($0, .init(storage: .ready(dense.matrix($0)), bias: dense.bias($0)))
          }),
        norms: dense.norms(of: 0..<c.blocks, smoothing: []),
        tokenQuantizer: bits.tokenQuantizer()))
  }
}
