package import MethodKit
package import Quantizers
import Transformers
import Vocabulary

/// ZeroQAT: zeroth-order training of full-precision master weights through the quantized forward pass.
///
/// Every linear weight of every block is perturbed, smoothed and quantized at each forward, two forwards
/// per direction and step. Training back-propagates nothing; the paper's start, block reconstruction
/// of clipping and smoothing, does, one block at a time.
///
/// > Source: ZeroQAT, arXiv:2509.00031v2, section 4, Eqs. 2 and 3.
///
/// DEVIATION: s, δ and γ stay at their start, as in all of the released code's live paths, unless the
/// option `learn` asks for the abstract's joint learning.
package struct ZeroQAT: QuantizationMethod {
  package typealias Options = ZeroQATOptions

  package static let card = MethodCard(
    name: "zeroqat",
    summary:
      "zeroth-order QAT of all block weights from a block-wise reconstructed start",
    category: .zerothOrder, citation: "Tan et al. 2025, arXiv:2509.00031",
    trainsOnText: true, trainsOnTasks: true, cost: .forwardTraining)

  let options: Options
  let bits: QuantizationSpec

  package init(options: Options, bits: QuantizationSpec) throws {
    try requireBits(bits, Self.card)
    try options.validate()
    try options.validateArithmetic(bits)
    if let trainable = options.trainable, trainable != .all {
      throw MethodError.option(
        name: "trainable", expected: "'all'; 'zeroqat-light' trains fewer linears",
        found: "'\(trainable.rawValue)'")
    }
    if options.weightType != .float32 {
      throw MethodError.option(
        name: "weightType", expected: "'float32'; 'zeroqat-light' holds weights in fewer bits",
        found: "'\(options.weightType.rawValue)'")
    }
    self.options = options
    self.bits = bits
  }

  package static func resolved(_ options: Options, for setting: MethodSetting) -> Options {
    var options = options.resolved(at: setting.bits)
    options.trainable = .all
    return options
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    let training = options.training(seed: context.seed)
    let model = try initialModel(context)
    switch options.learn {
    case .weights: return try training.train(model, context)
    case .weightsAndQuantizer:
      return try training.train(options.jointlyTrained(model, context), context)
        .model(beside: nil)
    }
  }

  /// The model before training: master weights with their quantization parameters.
  ///
  /// - Parameters:
  ///   - context: The source and the text.
  ///   - card: Whose name a refusal carries.
  /// - Returns: The model; its weights are the caller's to train.
  /// - Throws: ``MethodKit/MethodError`` for what can't be smoothed or calibrated, and what reading throws.
  func initialModel(
    _ context: MethodContext, for card: MethodCard = Self.card
  ) throws -> QuantizedModel {
    try bits.check(context.source.configuration)
    let c = context.source.configuration
    if options.smooths(bits, c) { try requireNormsFirst(c, card) }
    // Before the whole model is loaded, so that the streams never lie beside it.
    let learned = try options.learnedBlocks(context, bits)
    let (dense, transformer) = try ModelStart(context).parts
    var smoothing = learned.map(\.smoothing)
    if learned.isEmpty, let rule = options.smoothingRule(bits) {
      smoothing = try calibrated(
        transformer, context, windows: options.calibrationWindows, rule: rule
      ) { _ in dense }
    }
    let quantizer = bits.weightQuantizer(minimumScale: options.minimumScale)
    let linears = c.linearIDs.map { id in
      let (rows, columns) = c.shape(of: id.kind)
      return (
        id,
        QuantizedBlocks.Linear(
          storage: .live(dense.matrix(id)), bias: dense.bias(id),
          smoothing: smoothing.isEmpty
            ? LinearSmoothing() : smoothing[id.block].smoothing(of: id.kind, c),
          clip: learned.isEmpty
            ? quantizer.flatMap { options.clip(rows: rows, columns: columns, $0) }
            : learned[id.block].clips[id.kind])
      )
    }
    var blocks = QuantizedBlocks(
      linears: Dictionary(uniqueKeysWithValues: linears),
      norms: dense.norms(of: 0..<c.blocks, smoothing: smoothing), weightQuantizer: quantizer,
      tokenQuantizer: bits.tokenQuantizer(minimumScale: options.minimumScale))
    blocks.arithmetic = options.arithmetic
    return QuantizedModel(transformer: transformer, blocks: blocks)
  }
}
