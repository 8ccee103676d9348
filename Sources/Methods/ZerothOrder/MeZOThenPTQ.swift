package import JSONText
package import MethodKit
package import Optimizers
package import Quantizers
import Tasks
import Transformers

/// MeZO, then post-training quantization: the baseline that trains without knowing what comes.
///
/// Every checkpoint is quantized, and scored as such: the one that development text likes best is what
/// the baseline could have done at its best.
///
/// > Source: ZeroQAT, arXiv:2509.00031v2, section 5: PTQ rows are fine-tuned by zeroth order in full
///   precision, then quantized. MeZO: Malladi et al. 2023, arXiv:2305.17333.
package struct MeZOThenPTQ: QuantizationMethod {
  /// Options of ``MeZOThenPTQ``: those of MeZO, and who quantizes.
  package struct Options: ZerothOrderSettings {
    /// Updates.
    package var steps: Int
    /// η.
    package var learningRate: Double
    /// ε.
    package var epsilon: Float
    /// Windows per step, where text is trained on.
    package var batchWindows = 1
    /// Examples per step, where a task is trained on.
    package var batchExamples = 16
    /// Directions per step.
    package var directions = 1
    /// Distribution of the directions.
    package var distribution = DirectionDistribution.gaussian
    /// Steps between checkpoints.
    package var checkpointEvery = 50
    /// How η falls, as MeZO's.
    package var schedule = LearningRate.Schedule.constant
    /// Steps after which a falling η would be 0, as MeZO's.
    package var scheduleSteps: Int?
    /// Name of a post-training method.
    package var quantizer = RTN.card.name
    /// Passes of a post-training method that learns, `omniquant`; its own default where not given, null for
    /// others.
    package var quantizerEpochs: Int?
    /// Options of the post-training method; its own defaults where not given.
    package var quantizerOptions: OtherOptions?

    package static let defaults = Self(steps: 0, learningRate: 0, epsilon: 0)
  }

  /// Options of another method, an object whose members that method knows.
  package struct OtherOptions: Codable, Sendable {
    /// The object's members.
    package var members: [JSON.Member]

    /// Options from their members.
    package init(_ members: [JSON.Member]) { self.members = members }

    package init(from decoder: any Decoder) throws {
      guard case .object(let members) = try decoder.singleValueContainer().decode(JSON.self) else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "expected an object of options"))
      }
      self.members = members
    }

    package func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(JSON.object(members))
    }
  }

  package static let card = MethodCard(
    name: "mezo-ptq", summary: "MeZO in full precision, then post-training quantization",
    category: .zerothOrderTuning, citation: "Malladi et al. 2023, arXiv:2305.17333",
    trainsOnText: true, trainsOnTasks: true, cost: .forwardTraining)

  private let options: Options
  private let bits: QuantizationSpec
  private let quantizer: any QuantizationMethod

  package init(options: Options, bits: QuantizationSpec) throws {
    // Here, so that the refusal names this method and not the one that quantizes.
    try requireBits(bits, Self.card)
    try options.validateSettings()
    let given = try Self.quantizerOptions(options)
    quantizer = try MethodCatalog.make(
      Self.quantizer(named: options.quantizer), options: given, at: Self.pointer, bits: bits)
    self.options = options
    self.bits = bits
  }

  /// Who may quantize.
  ///
  /// Listed here and not read from the catalog: they are part of what this method is.
  private static let quantizers: [any QuantizationMethod.Type] = [
    RTN.self, SmoothQuant.self, GPTQ.self, AWQ.self, Hadamard.self, OmniQuant.self,
  ]

  /// Where the post-training method's options stand among the options.
  private static let pointer = "/quantizerOptions"

  /// The options of the post-training method, with those passes that are given apart.
  ///
  /// - Throws: ``MethodKit/MethodError`` for another kind of method, and for passes that contradict each other.
  private static func quantizerOptions(_ options: Options) throws -> JSONDocument {
    let known = quantizers.map { $0.card.name }
    let list = known.joined(separator: ", ")
    try check("quantizer", options.quantizer, expected: "a post-training method: \(list)") {
      known.contains($0)
    }
    var members = options.quantizerOptions?.members ?? []
    if let epochs = options.quantizerEpochs {
      try checkEpochs("quantizerEpochs", epochs)
      if options.quantizer != OmniQuant.card.name {
        throw MethodError.option(
          name: "quantizerEpochs",
          expected: "none without \"quantizer\": \"\(OmniQuant.card.name)\"",
          found: "\(epochs)")
      }
      let passes = JSON.integer(Int64(epochs))
      if let other = JSON.object(members)["epochs"], other != passes, other != .null {
        throw MethodError.option(
          name: "quantizerEpochs", expected: "what 'quantizerOptions' says", found: "\(epochs)")
      }
      members.removeAll { $0.name == "epochs" }
      members.append(JSON.Member("epochs", passes))
    }
    let whole = JSON.object([JSON.Member(String(pointer.dropFirst()), .object(members))])
    let text = try jsonText(of: whole, style: .compact)
    return try JSONDocument(text: Array(text.utf8), file: "options of '\(options.quantizer)'")
  }

  package static func resolved(_ options: Options, for setting: MethodSetting) throws -> Options {
    var options = options
    options.scheduleSteps = options.decaySteps
    let given = try quantizerOptions(options)
    let whole = try MethodCatalog.resolvedOptions(
      of: quantizer(named: options.quantizer), given, at: pointer, for: setting)
    if options.quantizer == OmniQuant.card.name, case .integer(let epochs)? = whole["epochs"] {
      options.quantizerEpochs = Int(epochs)
    }
    if case .object(let members) = whole { options.quantizerOptions = OtherOptions(members) }
    return options
  }

  /// The post-training method called `name`.
  private static func quantizer(named name: String) throws -> any QuantizationMethod.Type {
    guard let type = quantizers.first(where: { $0.card.name == name }) else {
      throw UnknownMethod(name: name)
    }
    return type
  }

  package func quantize(_ context: MethodContext) throws -> QuantizedModel {
    try bits.check(context.source.configuration)
    let trained = try fullyTrained(context)
    let checkpoints = QuantizedCheckpoints(trained.values, quantizer, context)
    let training = options.fullTraining(seed: context.seed)
    _ = try training.train(
      trained,
      on: context.material.objective(training.batch, for: context.source.configuration),
      checkpoints)
    // The last checkpoint is taken after the last step, and training always takes one.
    return try checkpoints.handOver()
  }
}

/// An observer of training in full precision that quantizes each checkpoint before it is scored.
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

  func progress(_ done: Int, of total: Int, _ item: ProgressItem) {
    context.observer.progress(done, of: total, item)
  }

  func keep(_ name: String, _ value: Double, unit: String) { facts.append((name, value, unit)) }
  func remark(_ sentence: String) { remarks.append(sentence) }

  func journalledProbes(of trajectory: TrainingTrajectory) throws -> [Probe] {
    try context.observer.journalledProbes(of: trajectory)
  }

  func journal(_ probe: Probe) throws { try context.observer.journal(probe) }
  func choose(step: Int) throws { try context.observer.choose(step: step) }
  func keep(_ summary: TrainingSummary) { context.observer.keep(summary) }
}
