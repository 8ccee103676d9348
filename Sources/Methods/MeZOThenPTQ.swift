import JSONText
package import MethodKit
package import Optimizers
package import Quantizers
import Tasks
import Transformers

/// MeZO, then post-training quantisation: the baseline that trains without knowing what comes.
///
/// Every checkpoint is quantised, and scored as such: the one that development text likes best is what
/// the baseline could have done at its best.
///
/// > Source: ZeroQAT, arXiv:2509.00031v2, section 5: PTQ rows are fine-tuned by zeroth order in full
///   precision, then quantised. MeZO: Malladi et al. 2023, arXiv:2305.17333.
package struct MeZOThenPTQ: QuantizationMethod {
  /// Options of ``MeZOThenPTQ``: those of MeZO, and who quantises.
  package struct Options: Decodable, Sendable, ZerothOrderSettings {
    /// Updates.
    package var steps: Int
    /// η.
    package var learningRate: Double
    /// ε.
    package var epsilon: Float
    /// Windows per step, where text is trained on.
    package var batchWindows: Int?
    /// Examples per step, where a task is trained on.
    package var batchExamples: Int?
    /// Directions per step.
    package var directions: Int?
    /// Distribution of the directions.
    package var distribution: DirectionDistribution?
    /// Steps between checkpoints.
    package var checkpointEvery: Int?
    /// Name of a post-training method, which runs with its own defaults; `rtn` where not given.
    package var quantizer: String?
    /// Passes of a post-training method that learns, `omniquant`; its own default where not given.
    package var quantizerEpochs: Int?
  }

  package static let card = MethodCard(
    name: "mezo-ptq", summary: "MeZO in full precision, then post-training quantisation",
    category: .zerothOrderTuning, citation: "Malladi et al. 2023, arXiv:2305.17333",
    trainsOnText: true, trainsOnTasks: true, cost: .forwardTraining)

  private let options: Options
  private let bits: QuantizationSpec
  private let quantizer: any QuantizationMethod

  package init(options: Options, bits: QuantizationSpec) throws {
    // Here, so that the refusal names this method and not the one that quantises.
    try requireBits(bits, Self.card)
    try options.validateSettings()
    quantizer = try Self.quantizer(
      named: options.quantizer ?? RTN.card.name, epochs: options.quantizerEpochs, bits)
    self.options = options
    self.bits = bits
  }

  /// The post-training method called `name`, with its own defaults but for the number of passes.
  private static func quantizer(named name: String, epochs: Int?, _ bits: QuantizationSpec) throws
    -> any QuantizationMethod
  {
    if let epochs {
      try checkEpochs("quantizerEpochs", epochs)
      if name != OmniQuant.card.name {
        throw MethodError.option(
          name: "quantizerEpochs",
          expected: "none without \"quantizer\": \"\(OmniQuant.card.name)\"",
          found: "\(epochs)")
      }
    }
    let options = epochs.map { "{\"epochs\": \($0)}" } ?? "{}"
    let known = MethodCatalog.all.filter { $0.card.category == .postTraining }.map { $0.card.name }
    let list = known.joined(separator: ", ")
    try check("quantizer", name, expected: "a post-training method: \(list)") {
      known.contains($0)
    }
    return try MethodCatalog.make(
      name, options: JSONDocument(text: Array(options.utf8), file: "defaults of '\(name)'"), at: "",
      bits: bits)
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    try bits.check(context.source.configuration)
    let trained = try fullyTrained(context)
    let checkpoints = QuantizedCheckpoints(trained.values, quantizer, context)
    let training = options.training(seed: context.seed)
    _ = try training.train(
      trained,
      on: context.material.objective(training.batch, for: context.source.configuration),
      checkpoints)
    // The last checkpoint is taken after the last step, and training always takes one.
    return try checkpoints.handOver()
  }
}

/// An observer of training in full precision that quantises each checkpoint before it is scored.
private final class QuantizedCheckpoints: RunObserver {
  private let values: ModelValues
  private let quantizer: any QuantizationMethod
  private let context: MethodContext
  private var last: QuantizedModel?
  private var facts: [(name: String, value: Double, unit: String)] = []
  private var remarks: [String] = []

  init(_ values: ModelValues, _ quantizer: any QuantizationMethod, _ context: MethodContext) {
    self.values = values
    self.quantizer = quantizer
    self.context = context
  }

  func checkpoint(step: Int, _ model: QuantizedModel) throws -> DevelopmentScore {
    // What the quantizer had to say of an earlier checkpoint is out of date.
    (facts, remarks, last) = ([], [], nil)
    let quantized = try quantizer.quantize(
      MethodContext(
        source: context.source.replaced(by: values), training: context.training,
        material: context.material, development: context.development, seed: context.seed,
        observer: self))
    last = quantized
    return try context.observer.checkpoint(step: step, quantized)
  }

  /// The last checkpoint's model, with what its quantizer had to say.
  func handOver() throws -> QuantizedModel {
    guard let last else { return try quantizer.quantize(context) }
    for fact in facts { context.observer.keep(fact.name, fact.value, unit: fact.unit) }
    for remark in remarks { context.observer.remark(remark) }
    return last
  }

  func during<R>(_ phase: RunPhase, _ body: () throws -> R) rethrows -> R {
    try context.observer.during(phase, body)
  }

  func progress(_ done: Int, of total: Int, _ what: String) {
    context.observer.progress(done, of: total, what)
  }

  func keep(_ name: String, _ value: Double, unit: String) { facts.append((name, value, unit)) }
  func remark(_ sentence: String) { remarks.append(sentence) }

  func journalledProbes(directions: Int) throws -> [Probe] {
    try context.observer.journalledProbes(directions: directions)
  }

  func journal(_ probe: Probe) throws { try context.observer.journal(probe) }
  func choose(step: Int) throws { try context.observer.choose(step: step) }
  func keep(_ summary: TrainingSummary) { context.observer.keep(summary) }
}
