package import MethodKit
package import Quantizers
import Tensors
import Transformers

/// OmniQuant: clipping and smoothing of each block learned by gradients, weights as they are.
///
/// Per block, `min ‖F(W, X) − F(Q(W; γ, s, δ), X_q)‖²` over the clip logits γ and the smoothing scales and
/// shifts, by AdamW with straight-through rounding; then everything is folded and rounded once.
///
/// > Source: Shao et al. 2023, arXiv:2308.13137, eqs. 1 to 5; official code, quantize/omniquant.py.
///
/// DEVIATION: OPT is trained along the path of its own layer; the official training loop divides columns
/// of V where the final fold divides its rows, and so folds another layer than it trained. LLaMA's q/k
/// scales are shared by rotary pairs, and weight-only runs have none, where they'd have no gradient.
package struct OmniQuant: QuantizationMethod {
  /// Options of ``OmniQuant``.
  package struct Options: MethodOptions {
    /// Passes over the calibration windows per block; 20 in the official code, 40 for 2 bits.
    package var epochs = 20
    /// Windows per step; 1 in the official code.
    package var batchWindows = 1
    /// Windows of training text; 128 of 2,048 tokens in the official code.
    package var calibrationWindows = 16
    /// Whether clipping is learned (LWC); where not given, true if weights are quantized.
    package var lwc: Bool?
    /// Whether smoothing is learned (LET); where not given, true but for weight-only LLaMA.
    package var `let`: Bool?
    /// η of clipping; 1e-2 in the official command line.
    package var lwcLearningRate = 1e-2
    /// η of smoothing; 5e-3 in the official command line.
    package var letLearningRate = 5e-3
    /// Whether the loss gains the distance to the full-precision block on the quantized stream.
    package var augmentedLoss = false
    /// γ that clipping starts from; 4 in the official code.
    package var clipGamma: Float = 4
    /// What clipping starts from: that γ everywhere as in the official code, or a search.
    package var clipStart = ClipStart.constant
    /// Migration strength that scales start from; 0.5, or 0.75 in some official scripts.
    package var alpha: Float = 0.5
    /// Floor under Δ; 1e-5 in the official code.
    package var minimumScale: Float = 1e-5

    package static let defaults = Self()

    /// Every option by default.
    package init() {}
  }

  package static let card = MethodCard(
    name: "omniquant", summary: "learned clipping and smoothing, block by block",
    category: .postTraining, citation: "Shao et al. 2023, arXiv:2308.13137",
    cost: .blockGradients)

  let options: Options
  let bits: QuantizationSpec

  package init(options: Options, bits: QuantizationSpec) throws {
    try requireBits(bits, Self.card)
    try checkEpochs("epochs", options.epochs)
    try check("batchWindows", options.batchWindows, expected: "at least 1") { $0 >= 1 }
    try check("calibrationWindows", options.calibrationWindows, expected: "at least 1") {
      $0 >= 1
    }
    try checkRate("lwcLearningRate", options.lwcLearningRate)
    try checkRate("letLearningRate", options.letLearningRate)
    try check("clipGamma", options.clipGamma, expected: "a finite number") { $0.isFinite }
    try check("alpha", options.alpha, expected: "a number from 0 to 1") {
      (0...1).contains($0)
    }
    try check("minimumScale", options.minimumScale, expected: "a number above 0") { $0 > 0 }
    if options.lwc == true && bits.weightBits == nil {
      throw MethodError.option(
        name: "lwc", expected: "false where weights keep 16 bits", found: "true")
    }
    if options.clipStart == .search, options.lwc == false || bits.weightBits == nil {
      throw MethodError.option(
        name: "clipStart", expected: "'constant' where clipping isn't learned", found: "'search'")
    }
    if options.let == false && (options.lwc == false || bits.weightBits == nil) {
      throw MethodError.option(
        name: "let", expected: "true where clipping isn't learned: nothing would be",
        found: "false")
    }
    self.options = options
    self.bits = bits
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    let c = context.source.configuration
    try bits.check(c)
    let learning = learning(c)
    if learning.smoothing != nil { try requireNormsFirst(c, Self.card) }
    let transformer = try context.observer.during(.load) {
      Transformer(configuration: c, frame: try context.source.frame(precision: .single))
    }
    let reconstruction = try context.observer.during(.calibrate) {
      try learning.reconstruction(
        transformer, context, windows: options.calibrationWindows)
    }
    var (linears, report) = ([LinearID: QuantizedBlocks.Linear](), ReconstructionReport())
    var norms: [[(gain: Vector, bias: Vector?)]] = []
    let quantizer = bits.weightQuantizer(minimumScale: learning.minimumScale)
    for block in 0..<c.blocks {
      let dense = try context.observer.during(.load) {
        try DenseParameters(source: context.source, blocks: block..<block + 1)
      }
      let learned = try learning.learn(
        block: block, of: dense, reconstruction, context.observer)
      report.add(
        learned.losses, passLength: reconstruction.steps / max(learning.settings.epochs, 1))
      context.observer.during(.quantize) {
        norms.append(dense.norms(ofBlock: block, smoothing: learned.smoothing))
        for kind in c.linears {
          let id = LinearID(block: block, kind: kind)
          linears[id] = dense.quantizeInPlace(
            id, smoothing: learned.smoothing.smoothing(of: kind, c), quantizer: quantizer,
            clip: learned.clips[kind])
        }
      }
      context.observer.progress(block + 1, of: c.blocks, .blockReconstructed)
    }
    report.keep(context.observer)
    return QuantizedModel(
      transformer: transformer,
      blocks: QuantizedBlocks(
        linears: linears, norms: norms,
        tokenQuantizer: bits.tokenQuantizer(minimumScale: learning.minimumScale)))
  }

  package static func resolved(_ options: Options, for setting: MethodSetting) throws -> Options {
    let method = try OmniQuant(options: options, bits: setting.bits)
    var options = options
    options.lwc = method.learnsClipping
    options.let = setting.architecture?.parts.map(method.learnsSmoothing) ?? options.let
    return options
  }

  /// Whether clipping is learned: the option `lwc`, or its default.
  private var learnsClipping: Bool { options.lwc ?? (bits.weightBits != nil) }

  /// Whether smoothing is learned: the option `let`, or its default.
  private func learnsSmoothing(_ parts: ModelParts) -> Bool {
    options.let ?? !(bits.activationBits == nil && !parts.hasNormBias)
  }

  func learning(_ c: ModelConfiguration) -> QuantizerLearning {
    let isWeightOnly = bits.activationBits == nil
    let alpha = options.alpha
    var smoothing: SmoothingStart?
    if learnsSmoothing(c.parts) {
      smoothing = SmoothingStart(
        rule: .zeroQAT(least: alpha, most: alpha), outputAlpha: alpha,
        // Shifts are for OPT, whose norms have biases to take them in, with quantized activations only
        // (official code, quantize/omniquant.py).
        shifts: c.parts.hasNormBias && !isWeightOnly,
        scalesQueryKey: c.parts.canScaleQueries && !isWeightOnly)
    }
    return QuantizerLearning(
      bits: bits, minimumScale: options.minimumScale,
      clipGamma: learnsClipping ? options.clipGamma : nil,
      rangeSearch: options.clipStart == .search ? RangeSearch() : nil, smoothing: smoothing,
      clippingRate: options.lwcLearningRate,
      smoothingRate: options.letLearningRate,
      settings: BlockReconstruction.Settings(
        epochs: options.epochs, batchWindows: options.batchWindows,
        isAugmented: options.augmentedLoss))
  }
}
