package import MethodKit
import Optimizers
package import Quantizers
import Tasks
import Tensors
import Transformers

/// LLM-QAT: distillation of the full-precision model into its quantized copy, on text that it wrote itself.
///
/// Student and teacher see windows that the teacher generated; the loss is the teacher's divergence summed over
/// tokens and divided by windows, gradients pass rounding straight through.
///
/// > Source: Liu et al. 2023, arXiv:2305.17888; official code, models/utils_quant.py, utils/kd_trainer.py,
///   generate_data.py.
///
/// DEVIATION: keys and values are quantized after the rotation and, for LLaMA, by head, where attention
/// reads them; the official code does so right after the projections. Groups of columns, which the
/// official code lacks, have grids of their own.
package struct LLMQAT: QuantizationMethod {
  /// Options of ``LLMQAT``.
  package struct Options: MethodOptions {
    /// Updates; one pass over the generated windows where none are given.
    package var steps: Int?
    /// η at the start; it falls along half a cosine.
    package var learningRate = 2e-5
    /// Windows per step; where not given, 8 as in the official code, one on each device, or all there are.
    package var batchWindows: Int?
    /// λ of AdamW; 0 in the official code.
    package var weightDecay = 0.0
    /// Windows that the model writes.
    package var generatedWindows = 64
    /// Divisor of the logits that tokens are drawn from.
    package var temperature = 1.0
    /// Which parameters are trained; all in the official code.
    package var learn = LearnedParameters.all
    /// Steps between checkpoints.
    package var checkpointEvery = 50

    package static let defaults = Self()
  }

  package static let card = MethodCard(
    name: "llm-qat", summary: "data-free distillation by backpropagation, symmetric grids",
    category: .firstOrder, citation: "Liu et al. 2023, arXiv:2305.17888", trainsOnText: true,
    cost: .gradientTraining)

  private let options: Options
  private let bits: QuantizationSpec

  package init(options: Options, bits: QuantizationSpec) throws {
    try requireBits(bits, Self.card)
    try checkFirstOrder(
      steps: options.steps ?? 0, learningRate: options.learningRate,
      weightDecay: options.weightDecay,
      batchWindows: options.batchWindows ?? 1, checkpointEvery: options.checkpointEvery)
    let count = options.generatedWindows
    try check("generatedWindows", count, expected: "from 1 to 1000000") {
      (1...1_000_000).contains($0)
    }
    try check(
      "batchWindows", options.batchWindows ?? 1, expected: "at most the \(count) generated windows"
    ) { $0 <= count }
    try check("temperature", options.temperature, expected: "a finite number above 0") {
      $0 > 0 && $0.isFinite
    }
    self.options = options
    self.bits = bits
  }

  package static func resolved(_ options: Options, for setting: MethodSetting) throws -> Options {
    let method = try Self(options: options, bits: setting.bits)
    var options = options
    options.batchWindows = method.batchWindows
    options.steps = method.steps
    return options
  }

  /// Windows per step.
  private var batchWindows: Int { options.batchWindows ?? min(8, options.generatedWindows) }

  /// Updates.
  private var steps: Int {
    options.steps ?? tileCount(options.generatedWindows, size: batchWindows)
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    try bits.check(context.source.configuration)
    let teacher = try Teacher(context)
    let windowTokens = context.training.windowTokens
    let count = options.generatedWindows
    let ids = try context.observer.during(.calibrate) {
      try TextGeneration(
        teacher.transformer, seed: context.seed, temperature: options.temperature
      ).windows(count, tokens: windowTokens, operators: teacher.dense) {
        context.observer.progress($0, of: count, .windowWritten)
      }
    }
    let text = GradientTraining.Text(ids: ids, windowTokens: windowTokens)
    let student = try ModelStart(context).parts
    let learner = learner(student.0)
    let transformer = student.1
    let frame =
      options.learn == .all
      ? FrameGradients(transformer.frame, tiesHead: transformer.configuration.tiesHead) : nil
    let training = GradientTraining(
      steps: steps, batchWindows: batchWindows,
      schedule: LearningRate(peak: 1, schedule: .cosine, steps: max(steps, 1)),
      optimizer: AdamW(weightDecay: options.weightDecay))
    try training.train(
      learner, transformer, frame: frame,
      groups: learner.groups(
        frame, of: transformer, learningRate: options.learningRate), on: text,
      context.observer, teacher: { try teacher.logits($0, windowTokens: windowTokens) },
      checkpoints: (options.checkpointEvery, { model(learner, transformer) }))
    return model(learner, transformer)
  }

  private var activationQuantizer: AbsoluteQuantizer? {
    bits.activationBits.flatMap { AbsoluteQuantizer.activations(bits: $0) }
  }

  private func learner(_ dense: DenseParameters) -> LearnableBlocks {
    let c = dense.configuration
    let learnsVectors = options.learn != .weights
    let linears = c.linearIDs.map { id in
      (
        id,
        LearnableLinear(
          weight: dense.matrix(id), bias: dense.bias(id),
          quantizer: bits.weightBits.map {
            .absolute(AbsoluteQuantizer.weights(bits: $0), groupSize: bits.groupSize)
          } ?? .none, learnsWeight: true, learnsBias: learnsVectors)
      )
    }
    let norms = (0..<c.blocks).map { block in
      (
        block,
        c.norms.map { kind in
          let (gain, bias) = dense.norm(kind, block: block)
          return LearnableBlocks.Norm(
            gain: gain, bias: bias, learnsGain: learnsVectors, learnsBias: learnsVectors)
        }
      )
    }
    return LearnableBlocks(
      configuration: c, linears: Dictionary(uniqueKeysWithValues: linears),
      norms: Dictionary(uniqueKeysWithValues: norms), activationQuantizer: activationQuantizer,
      quantizedOperands: [.key, .value])
  }

  /// The student as it is now, its weights rounded into storage of their own.
  private func model(_ learner: LearnableBlocks, _ transformer: Transformer) -> QuantizedModel {
    let linears = learner.linears.map { id, linear in
      let matrix = Matrix(rows: linear.weight.rows, columns: linear.weight.columns)
      matrix.copy(from: linear.weight)
      if let weightBits = bits.weightBits {
        AbsoluteQuantizer.weights(bits: weightBits).fakeQuantize(
          matrix, groupSize: bits.groupSize)
      }
      return (id, QuantizedBlocks.Linear(storage: .ready(matrix), bias: linear.bias))
    }
    var blocks = QuantizedBlocks(
      linears: Dictionary(uniqueKeysWithValues: linears),
      norms: learner.norms.keys.sorted().map { block in
        (learner.norms[block] ?? []).map { ($0.gain, $0.bias) }
      }, tokenQuantizer: activationQuantizer)
    blocks.quantizedOperands = [.key, .value]
    return QuantizedModel(transformer: transformer, blocks: blocks)
  }
}
