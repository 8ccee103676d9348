package import MethodKit
package import Optimizers
package import Quantizers
import Tensors
import Transformers

/// Quantization-aware training by backpropagation with straight-through rounding: ZeroQAT's model, quantizer
/// and loss, with exact gradients of the surrogate in the place of two forwards.
///
/// > Source: the recipe of LLM-QAT, Liu et al. 2023, arXiv:2305.17888 (AdamW, cosine), on ZeroQAT's
///   quantizer; straight-through estimator: Bengio et al. 2013, arXiv:1308.3432.
package struct STEQAT: QuantizationMethod {
  /// Options of ``STEQAT``.
  package struct Options: MethodOptions {
    /// What gradients do at a quantizer.
    package enum Estimator: String, Codable, Sendable, CaseIterable {
      /// Through clamps and ranges, as automatic differentiation does.
      case grid
      /// Unchanged where |x| is below `straightThroughBound`, zero elsewhere.
      case identity
    }

    /// What the loss compares with.
    package enum Loss: String, Codable, Sendable, CaseIterable {
      /// The next token.
      case crossEntropy
      /// The full-precision model's distribution.
      case distillation
    }

    /// Updates.
    package var steps: Int
    /// η at the start.
    package var learningRate: Double
    /// Windows per step.
    package var batchWindows = 1
    /// How η falls.
    package var schedule = LearningRate.Schedule.cosine
    /// λ of AdamW.
    package var weightDecay = 0.0
    /// Cross-entropy, or divergence from the full-precision model.
    package var loss = Loss.crossEntropy
    /// Which parameters are trained.
    package var learn = LearnedParameters.weights
    /// How gradients pass quantizers.
    package var straightThrough = Estimator.grid
    /// Where `identity` stops passing; null for nowhere.
    package var straightThroughBound: Float?
    /// How quantization parameters start; where not given, as ZeroQAT's.
    package var initialisation: ZeroQATOptions.Initialisation?
    /// Passes over the calibration windows by which blocks learn, as ZeroQAT's; null where none do.
    package var initialisationEpochs: Int?
    /// Migration strength of all channels.
    package var alpha: Float = 0.5
    /// γ of both clip fractions σ(γ); null for no clipping.
    package var clipGamma: Float?
    /// Floor under Δ.
    package var minimumScale: Float = 1e-4
    /// Windows of training text to calibrate on.
    package var calibrationWindows = 16
    /// Steps between checkpoints.
    package var checkpointEvery = 50

    package static let defaults = Self(steps: 0, learningRate: 0)
    package static let required = ["steps", "learningRate"]
  }

  package static let card = MethodCard(
    name: "ste-qat", summary: "backpropagation through ZeroQAT's quantized model, by AdamW",
    category: .firstOrder, citation: "common baseline; recipe of arXiv:2305.17888",
    trainsOnText: true, trainsOnTasks: true, cost: .gradientTraining)

  let options: Options
  let bits: QuantizationSpec
  let base: ZeroQAT

  package init(options: Options, bits: QuantizationSpec) throws {
    try requireBits(bits, Self.card)
    try checkFirstOrder(
      steps: options.steps, learningRate: options.learningRate, weightDecay: options.weightDecay,
      batchWindows: options.batchWindows, checkpointEvery: options.checkpointEvery)
    try check(
      "straightThroughBound", options.straightThroughBound ?? 1, expected: "a number above 0"
    ) { $0 > 0 }
    if let bound = options.straightThroughBound, options.straightThrough != .identity {
      throw MethodError.option(
        name: "straightThroughBound", expected: "none without \"straightThrough\": \"identity\"",
        found: "\(bound)")
    }
    try check("alpha", options.alpha, expected: "a number from 0 to 1.5") {
      (0...1.5).contains($0)
    }
    self.options = options
    self.bits = bits
    base = try ZeroQAT(
      options: ZeroQATOptions(
        steps: 0, learningRate: 0, epsilon: 1, minimumScale: options.minimumScale,
        initialisation: options.initialisation, alphaLeast: options.alpha,
        clipGamma: options.clipGamma, initialisationEpochs: options.initialisationEpochs,
        calibrationWindows: options.calibrationWindows), bits: bits)
  }

  package static func resolved(_ options: Options, for setting: MethodSetting) throws -> Options {
    let start = try Self(options: options, bits: setting.bits).base.options
    var options = options
    options.initialisation = start.start(at: setting.bits)
    options.initialisationEpochs = start.passes
    options.clipGamma = start.startingGamma
    return options
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    let batchWindows = options.batchWindows
    try bits.check(context.source.configuration)
    // A teacher's distribution is learned at every token, filling included.
    let text = try context.trainingText(
      Self.card, batchWindows: batchWindows, takesTasks: options.loss != .distillation)
    let model = try base.initialModel(context, for: Self.card)
    let transformer = model.transformer
    let learner = learner(model)
    let frame =
      options.learn == .all
      ? FrameGradients(transformer.frame, tiesHead: transformer.configuration.tiesHead) : nil
    let teacher = options.loss == .distillation ? try Teacher(context) : nil
    let training = GradientTraining(
      steps: options.steps, batchWindows: batchWindows,
      schedule: LearningRate(
        peak: 1, schedule: options.schedule, steps: max(options.steps, 1)),
      optimizer: AdamW(weightDecay: options.weightDecay))
    try training.train(
      learner, transformer, frame: frame,
      groups: learner.groups(frame, of: transformer, learningRate: options.learningRate), on: text,
      context.observer,
      teacher: teacher.map { teacher in
        { try teacher.logits($0, windowTokens: text.windowTokens) }
      }, checkpoints: (options.checkpointEvery, { model }))
    return model
  }

  /// The live linears and the norms of `model`, trained in place.
  private func learner(_ model: QuantizedModel) -> LearnableBlocks {
    let c = model.transformer.configuration
    let learnsVectors = options.learn != .weights
    let estimator: StraightThrough =
      options.straightThrough == .identity
      ? .identity(bound: options.straightThroughBound ?? .infinity) : .throughGrid
    var linears: [LinearID: LearnableLinear] = [:]
    for id in c.linearIDs {
      guard let linear = model.blocks.linears[id], case .live(let weights) = linear.storage else {
        continue
      }
      guard let matrix = weights as? Matrix else {
        preconditionFailure("gradients need \(id) in float32")
      }
      linears[id] = LearnableLinear(
        weight: matrix, bias: linear.bias,
        quantizer: model.blocks.weightQuantizer.map { .range($0, linear.clip, estimator) } ?? .none,
        smoothing: linear.smoothing, learnsWeight: true, learnsBias: learnsVectors)
    }
    let norms = model.blocks.norms.enumerated().map { block, norms in
      (
        block,
        norms.map {
          LearnableBlocks.Norm(
            gain: $0.gain, bias: $0.bias, learnsGain: learnsVectors, learnsBias: learnsVectors)
        }
      )
    }
    return LearnableBlocks(
      configuration: c, linears: linears, norms: Dictionary(uniqueKeysWithValues: norms),
      activationQuantizer: bits.tokenQuantizer(minimumScale: options.minimumScale).map {
        EstimatedTokenQuantizer($0, estimator)
      })
  }
}
