package import MethodKit
import Optimizers
package import Quantizers
import Tasks
import Tensors
import Transformers

/// EfficientQAT: weights, scales and zero points of each block trained by reconstruction (Block-AP), then
/// the scales of the whole model on its loss (E2E-QP).
///
/// > Source: Chen et al. 2024, arXiv:2407.11062, sections 3.2 and 3.3; official code, quantize/block_ap.py and
///   main_e2e_qp.py.
///
/// DEVIATION: activations, which the paper leaves alone, are quantized in both phases where the bits ask
/// for it.
package struct EfficientQAT: QuantizationMethod {
  /// Options of ``EfficientQAT``.
  package struct Options: MethodOptions {
    /// Passes over the calibration windows per block; 2 in the official code.
    package var epochs = 2
    /// Windows per step of Block-AP; 2 as in the official code where not given, or all there are.
    package var batchWindows: Int?
    /// Windows of training text for Block-AP; 4,096 of 2,048 tokens in the official code.
    package var calibrationWindows = 16
    /// η of scales and zero points in Block-AP; 1e-4 in the official code.
    package var quantizerLearningRate = 1e-4
    /// η of weights and norm gains in Block-AP; 2e-5 at 2 bits and 1e-5 above in the official code.
    package var weightLearningRate: Double?
    /// Updates of E2E-QP; null for one pass over the training text.
    package var endToEndSteps: Int?
    /// Windows per step of E2E-QP; null for the 32 of the official code, or all of the training text.
    package var endToEndBatchWindows: Int?
    /// η of scales in E2E-QP; 2e-5 at 2 bits and 1e-5 above in the official code.
    package var endToEndLearningRate: Double?

    package static let defaults = Self()
  }

  package static let card = MethodCard(
    name: "efficientqat", summary: "block-wise training of weights and grids, then of all scales",
    category: .firstOrder, citation: "Chen et al. 2024, arXiv:2407.11062", target: .weights,
    trainsOnText: true, trainsOnTasks: true, cost: .gradientTraining)

  let options: Options
  let bits: QuantizationSpec
  let quantizer: WeightQuantizer

  package init(options: Options, bits: QuantizationSpec) throws {
    guard let quantizer = bits.weightQuantizer() else {
      throw MethodError.bits(
        method: Self.card.name, expected: "weights of 2, 3, 4, 6 or 8 bits", found: "\(bits)")
    }
    try checkEpochs("epochs", options.epochs)
    try check("endToEndSteps", options.endToEndSteps ?? 0, expected: "at least 0") { $0 >= 0 }
    for (name, value) in [
      ("batchWindows", options.batchWindows), ("calibrationWindows", options.calibrationWindows),
      ("endToEndBatchWindows", options.endToEndBatchWindows),
    ] {
      guard let value else { continue }
      try check(name, value, expected: "at least 1") { $0 >= 1 }
    }
    try checkRate("quantizerLearningRate", options.quantizerLearningRate)
    self.options = options
    self.bits = bits
    self.quantizer = quantizer
    try checkRate("weightLearningRate", weightRate)
    try checkRate("endToEndLearningRate", endToEndRate)
  }

  package static func resolved(_ options: Options, for setting: MethodSetting) throws -> Options {
    let method = try Self(options: options, bits: setting.bits)
    var options = options
    options.batchWindows = method.batchWindows
    options.weightLearningRate = method.weightRate
    options.endToEndLearningRate = method.endToEndRate
    return options
  }

  /// The official rate of weights in Block-AP and of scales in E2E-QP.
  private var slowRate: Double { quantizer.bits == 2 ? 2e-5 : 1e-5 }
  private var weightRate: Double { options.weightLearningRate ?? slowRate }
  private var endToEndRate: Double { options.endToEndLearningRate ?? slowRate }

  /// Windows per step of Block-AP.
  var batchWindows: Int { options.batchWindows ?? min(2, options.calibrationWindows) }

  /// Windows per step of E2E-QP, of so many that there are.
  func endToEndBatchWindows(of count: Int) -> Int { options.endToEndBatchWindows ?? min(32, count) }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    let c = context.source.configuration
    try bits.check(c)
    let batchWindows = endToEndBatchWindows(of: context.training.count)
    let text = try context.trainingText(
      Self.card, batchWindows: batchWindows, option: "endToEndBatchWindows")
    let transformer = try context.observer.during(.load) {
      Transformer(configuration: c, frame: try context.source.frame(precision: .single))
    }
    let learner = try blocks(transformer, context)
    let steps = options.endToEndSteps ?? tileCount(text.count, size: batchWindows)
    let training = GradientTraining(
      steps: steps, batchWindows: batchWindows,
      schedule: LearningRate(peak: 1, schedule: .cosine, steps: max(steps, 1)))
    try training.train(
      learner, transformer, frame: nil,
      groups: [
        ParameterGroup(
          learner.quantizerTensors, learningRate: endToEndRate)
      ], on: text, context.observer, checkpoints: nil)
    return context.observer.during(.quantize) { model(learner, transformer) }
  }

  /// Block-AP: the model's blocks with frozen levels and learnable scales.
  private func blocks(_ transformer: Transformer, _ context: MethodContext) throws
    -> LearnableBlocks
  {
    let c = transformer.configuration
    let windows = options.calibrationWindows
    let reconstruction = try context.observer.during(.calibrate) {
      try BlockReconstruction(
        transformer, context.training, windows: windows,
        settings: .init(
          epochs: options.epochs, batchWindows: batchWindows),
        quantizesActivations: bits.activationBits != nil)
    }
    var linears: [LinearID: LearnableLinear] = [:]
    var (norms, report) = ([Int: [LearnableBlocks.Norm]](), ReconstructionReport())
    for block in 0..<c.blocks {
      let dense = try context.observer.during(.load) {
        try DenseParameters(source: context.source, blocks: block..<block + 1)
      }
      context.observer.during(.calibrate) {
        _ = reconstruction.observe(block: block, operators: dense)
      }
      let learner = learner(block, dense)
      try context.observer.during(.quantize) {
        report.add(
          try train(block, learner, reconstruction),
          passLength: reconstruction.steps / max(options.epochs, 1))
        reconstruction.advance(block: block, operators: learner)
        for (id, linear) in learner.linears {
          guard case .grid(let grid) = linear.quantizer else { continue }
          let scale = grid.freeze(linear.weight)
          linears[id] = LearnableLinear(
            weight: linear.weight, bias: linear.bias, quantizer: .levels(scale))
        }
        norms[block] = learner.norms[block]?.map { .init(gain: $0.gain, bias: $0.bias) }
      }
      context.observer.progress(block + 1, of: c.blocks, .blockReconstructed)
    }
    report.keep(context.observer)
    return LearnableBlocks(
      configuration: c, linears: linears, norms: norms,
      activationQuantizer: bits.tokenQuantizer())
  }

  /// One block as Block-AP trains it: weights, grids and norm gains; biases stay.
  private func learner(_ block: Int, _ dense: DenseParameters) -> LearnableBlocks {
    let c = dense.configuration
    let linears = c.linears.map { kind in
      let id = LinearID(block: block, kind: kind)
      let weight = dense.matrix(id)
      return (
        id,
        LearnableLinear(
          weight: weight, bias: dense.bias(id),
          quantizer: .grid(LearnableGrid(of: weight, quantizer: quantizer)), learnsWeight: true)
      )
    }
    let norms = c.norms.map { kind in
      let (gain, bias) = dense.norm(kind, block: block)
      return LearnableBlocks.Norm(gain: gain, bias: bias, learnsGain: true)
    }
    return LearnableBlocks(
      configuration: c, linears: Dictionary(uniqueKeysWithValues: linears), norms: [block: norms],
      activationQuantizer: bits.tokenQuantizer())
  }

  private func train(
    _ block: Int, _ learner: LearnableBlocks, _ reconstruction: BlockReconstruction
  ) throws -> [Double] {
    var optimizer = GroupedAdamW([
      ParameterGroup(
        learner.quantizerTensors, learningRate: options.quantizerLearningRate),
      ParameterGroup(
        learner.weightTensors + learner.vectorTensors,
        learningRate: weightRate),
    ])
    let steps = max(reconstruction.steps, 1)
    // Both rates fall to a twentieth (official code, main_block_ap.py, min_lr_factor).
    let schedule = LearningRate(peak: 1, schedule: .cosine, final: 0.05, steps: steps)
    return try reconstruction.train(
      block: block, learner, &optimizer, schedule: { schedule.rate(at: $0) })
  }

  /// The model with weights multiplied out.
  private func model(_ learner: LearnableBlocks, _ transformer: Transformer) -> QuantizedModel {
    let linears = learner.linears.map { id, linear in
      if case .levels(let scale) = linear.quantizer { scale.multiply(linear.weight) }
      return (id, QuantizedBlocks.Linear(storage: .ready(linear.weight), bias: linear.bias))
    }
    return QuantizedModel(
      transformer: transformer,
      blocks: QuantizedBlocks(
        linears: Dictionary(uniqueKeysWithValues: linears),
        norms: learner.norms.keys.sorted().map { block in
          (learner.norms[block] ?? []).map { ($0.gain, $0.bias) }
        }, tokenQuantizer: bits.tokenQuantizer()))
  }
}
