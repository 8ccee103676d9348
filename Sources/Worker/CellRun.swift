import Digests
import Glibc
import JSONText
import MethodKit
import Methods
import Optimizers
import Quantizers
import Records
import Tasks
import Tensors
import Transformers

/// One cell on its way to a record: runs the method, hears what it has to say, scores the result.
final class CellRun: RunObserver {
  let cell: Cell
  let meter = Meter()
  private let workFolder: String
  private let plannedFiles: [DigestedFile]
  private var inputs: InputFiles?
  private let memoryBytes: Int
  /// The memory that the cell should need; nil before it is known, and where it isn't modelled.
  private(set) var estimate: MemoryEstimate?
  private let progress = WorkerProgress()
  private var openLog: ReplayLog?
  private var chosen: Int?
  private(set) var tasks: TaskScoring?
  /// The model of the checkpoint that was scored last, until it is chosen or another comes.
  private var candidate: (step: Int, model: QuantizedModel)?
  /// Scores of the tasks: of the checkpoint that is chosen, or of the final model.
  var taskScores: [Score] = []
  private var development: TokenWindows<DevelopmentSplit>?
  private var test: TokenWindows<TestSplit>?
  var trajectory: [TrajectoryPoint] = []
  private var summary: ZerothOrderSummary?
  private var digests: [NamedText] = []
  private var facts: [NamedNumber] = []
  private var series: [RunSeries] = []
  private var events: [String] = []
  private(set) var resumes = 0

  /// A cell that keeps its journal in `workFolder`, on a machine of `memoryBytes`.
  init(cell: Cell, workFolder: String, plannedFiles: [DigestedFile], memoryBytes: Int) {
    self.cell = cell
    self.workFolder = workFolder
    self.plannedFiles = plannedFiles
    self.memoryBytes = memoryBytes
  }

  /// Runs the whole cell.
  ///
  /// - Throws: Whatever the method, the checkpoint or the text throws; what was kept so far stays
  ///   available to ``record(status:reason:scores:)``.
  func execute(_ document: JSONDocument) throws -> RunRecord {
    let bits = try QuantizationSpec(BitsLabel(cell.bits))
    let method = try MethodCatalog.make(
      cell.method.name, options: document, at: "/method/options", bits: bits)
    inputs = try during(.load) { try InputFiles(of: cell, planned: plannedFiles) }
    let source = try ModelSource(
      path: cell.model.path,
      outliers: cell.model.outliers.map {
        ChannelScaling(channels: $0.channels, factor: Float($0.factor))
      })
    let isSynthetic = source.checkpoint is SyntheticCheckpoint
    guard isSynthetic == (cell.model.synthetic ?? false) else {
      throw WorkerError.syntheticWeights(path: cell.model.path, found: isSynthetic)
    }
    let context: MethodContext = try during(.load) { try self.context(source) }
    try inputs?.check()
    ProcessMemory.giveBackFreed()
    // Sizes of groups that don't divide are an error of their own, and have no memory.
    try bits.check(source.configuration)
    estimate = memory(of: method, context)
    if let estimate, !MachineMemory.holds(estimate.bytes, on: memoryBytes) {
      throw TooLarge(estimate: estimate, machineBytes: memoryBytes)
    }
    let model = try method.quantize(context)
    keepShape(of: model)
    try diagnose(model, source)
    // Nobody compares synthetic weights, and hashing 13 billion of them takes minutes.
    if !isSynthetic {
      digests.append(NamedText("weights.final", model.weightDigest))
      digests.append(NamedText("others.final", model.otherDigest))
    }
    return record(status: .finished, reason: nil, scores: try scores(of: model, bits))
  }

  /// The memory that the cell should need; nil where the method, tasks or diagnostics aren't modelled.
  private func memory(
    of method: any QuantizationMethod, _ context: MethodContext
  ) -> MemoryEstimate? {
    guard let development, let test, tasks?.isEmpty ?? true, (cell.diagnostics ?? []).isEmpty else {
      return nil
    }
    let shape = MemoryShape(
      configuration: context.source.configuration, windowTokens: context.training.windowTokens,
      trainingWindows: context.training.count, developmentWindows: development.count,
      testWindows: test.count, threads: Threads.count, processors: Machine.this.processors)
    return method.memory(shape)?.inProcess(shape)
  }

  /// How many weights the blocks' linear layers have: what shares of memory refer to.
  private func keepShape(of model: QuantizedModel) {
    let configuration = model.transformer.configuration
    let count = configuration.linearIDs.reduce(0) { sum, id in
      let (outputs, inputs) = configuration.shape(of: id.kind)
      return sum + outputs * inputs
    }
    keep("linear parameters", Double(count), unit: "weights")
  }

  /// Measures what the cell asks for beside its score, on development text.
  private func diagnose(_ model: QuantizedModel, _ source: ModelSource) throws {
    guard let development else { return }
    for diagnostic in cell.diagnostics ?? [] {
      switch diagnostic {
      case .blockErrors:
        let errors = try during(.evaluate) {
          try model.blockErrors(against: source, on: development)
        }
        keep(
          MeasuredSeries(
            "block error", per: "block", unit: "", x: errors.indices.map(Double.init), y: errors))
      }
    }
  }

  /// The record of what is known so far.
  func record(status: RunStatus, reason: String?, scores: [Score] = []) -> RunRecord {
    RunRecord(
      cell: cell, status: status, reason: reason, scores: scores, trajectory: trajectory,
      zerothOrder: summary, digests: digests, facts: facts, series: series,
      events: events)
  }

  /// Tokenises all three texts; the tokenizer is gone when the weights come.
  private func context(_ source: ModelSource) throws -> MethodContext {
    let settings = cell.protocolSettings
    let found = try ModelTokenizer(cell.model.path, source.checkpoint)
    let tokenizer = found.tokenizer
    events += source.notes + found.notes
    let text = try CellText(settings, tokenizer)
    let tasks = try CellTasks(settings, tokenizer, positions: source.configuration.positions)
    digests += text.digests + tasks.digests
    facts += tasks.facts
    events += text.events + tasks.events
    development = text.development
    test = text.test
    self.tasks = TaskScoring(tasks: tasks, meter: meter, progress: progress)
    return MethodContext(
      source: source, training: text.training, material: tasks.fineTuning?.training,
      development: text.development, seed: cell.seed, observer: self)
  }

  /// Scores the final model, or takes the scores of the checkpoint that development chose.
  private func scores(of model: QuantizedModel, _ bits: QuantizationSpec) throws -> [Score] {
    if chosen == nil { try scoreTasks(of: model, step: nil) }
    guard let development, let test, tasks?.tasks.fineTuning == nil else { return taskScores }
    let last = trajectory.last?.step
    var other: Double?
    if bits.activationBits != nil {
      // The rounding floor: the same weights under another, equally valid order of summation.
      other = try during(.evaluate) { try score(model, test, order: .halves).meanNLL }
    }
    if let chosen, let point = trajectory.first(where: { $0.step == chosen }) {
      let developmentScores = try windowScores(
        of: DevelopmentSplit.self, point.developmentWindowNLL)
      let testScores = try windowScores(of: TestSplit.self, point.testWindowNLL)
      if chosen != last, let other, let mean = trajectory.last.flatMap({ meanNLL($0) }) {
        keep("rounding floor of the last weights", abs(other - mean), unit: "nats per token")
      }
      return [
        Score(testScores, alternativeMeanNLL: chosen == last ? other : nil),
        Score(developmentScores),
      ] + taskScores
    }
    return try during(.evaluate) {
      try [
        Score(score(model, test), alternativeMeanNLL: other), Score(score(model, development)),
      ] + taskScores
    }
  }

  private func meanNLL(_ point: TrajectoryPoint) -> Double? {
    let values = point.testWindowNLL.compactMap { $0 }
    guard values.count == point.testWindowNLL.count, !values.isEmpty else { return nil }
    return values.reduce(0, +) / Double(values.count)
  }

  private func windowScores<S: Split>(of split: S.Type, _ values: [Double?]) throws
    -> WindowScores<S>
  {
    try WindowScores(
      windowNLL: values.map { $0 ?? .nan },
      scoredTokensPerWindow: cell.protocolSettings.windowTokens - 1)
  }

  private func score<S: Split>(
    _ model: QuantizedModel, _ windows: TokenWindows<S>, order: SummationOrder = .whole,
    step: Int? = nil
  ) throws -> WindowScores<S> {
    let scores = try model.score(windows, order: order) { done in
      progress.show("evaluate \(S.name)", done, of: windows.count, "window")
    }
    if let window = scores.firstNonFiniteWindow {
      throw NotFinite(split: S.name, number: window, step: step)
    }
    return scores
  }

  // MARK: - RunObserver

  func during<R>(_ phase: RunPhase, _ body: () throws -> R) rethrows -> R {
    try meter.during(phase.rawValue, body)
  }

  func progress(_ done: Int, of total: Int, _ what: String) {
    progress.show(meter.current ?? "", done, of: total, what)
  }

  func keep(_ name: String, _ value: Double, unit: String) {
    facts.append(NamedNumber(name, value, unit: unit))
  }

  func keep(_ series: MeasuredSeries) { self.series.append(RunSeries(series)) }

  func remark(_ sentence: String) { events.append(sentence) }

  func journalledProbes(directions: Int) throws -> [Probe] {
    try log().keepWholeSteps(of: directions)
  }

  /// The cell's replay log, opened when it is first needed.
  func log() throws -> ReplayLog {
    if let openLog { return openLog }
    let log = try ReplayLog(
      path: workFolder + "/replay.log", binding: "cell \(cell.id), model \(cell.model.digest)")
    openLog = log
    if !log.probes.isEmpty || !log.evaluations.isEmpty { resumes = 1 }
    return log
  }

  /// The replay log, for something that was computed with the weights: they must still be the cell's.
  ///
  /// So a log never holds what other weights gave, and can be gone on from when they are back.
  func logForAppending() throws -> ReplayLog {
    try checkWeights()
    return try log()
  }

  /// Throws when a file of the model changed since the cell began.
  ///
  /// - Throws: ``ChangedFile``.
  func checkWeights() throws(ChangedFile) { try inputs?.checkWeights() }

  func journal(_ probe: Probe) throws { try logForAppending().append(probe) }

  func checkpoint(step: Int, _ model: QuantizedModel) throws -> DevelopmentScore {
    guard let development, let test else {
      preconditionFailure("a checkpoint before the texts are there")
    }
    if let tasks, !tasks.isEmpty { candidate = (step, model) }
    if let task = tasks?.tasks.fineTuning { return try checkpoint(of: task, step: step, model) }
    let evaluation: ReplayLog.Evaluation
    if let known = try log().evaluations.first(where: { $0.step == step }) {
      evaluation = known
    } else {
      evaluation = try during(.evaluate) {
        ReplayLog.Evaluation(
          step: step, development: try score(model, development, step: step).windowNLL,
          test: try score(model, test, step: step).windowNLL)
      }
      try logForAppending().append(evaluation)
    }
    trajectory.append(
      TrajectoryPoint(
        step: step, developmentWindowNLL: evaluation.development,
        testWindowNLL: evaluation.test))
    return DevelopmentScore(
      try windowScores(of: DevelopmentSplit.self, evaluation.development))
  }

  func choose(step: Int) throws {
    chosen = step
    guard let candidate, candidate.step == step else { return }
    self.candidate = nil
    try scoreTasks(of: candidate.model, step: step)
  }

  func keep(_ summary: TrainingSummary) { self.summary = ZerothOrderSummary(summary) }
}
