import Digests
import Glibc
import JSONText
import MethodKit
import Methods
import Optimizers
import Quantizers
import Records
import Statistics
import System
import Tasks
import Tensors
import Transformers
import Vocabulary

/// One cell on its way to a record: runs the method, and hears what it has to say.
///
/// Scoring, the journal and what is told are ``CellScorer``, ``CellJournal`` and ``RecordDraft``.
final class CellRun: RunObserver {
  let cell: Cell
  let meter = Meter()
  let replay: CellJournal
  /// Trainings of other cells; nil for none.
  private let stages: TrainingStages?
  /// The training that this cell did, once it is done.
  private var trained: (trajectory: TrainingTrajectory, probes: [Probe])?
  private var trajectory: TrainingTrajectory?
  /// What is told so far.
  var draft = RecordDraft()
  /// Scores models; nil before the texts are read.
  private(set) var scorer: CellScorer?
  /// The memory that the cell should need; nil before it is known, and where it isn't modelled.
  private(set) var estimate: MemoryEstimate?
  private let plannedFiles: [DigestedFile]
  private let memoryBytes: Int
  private let progress = WorkerProgress()
  private var chosen: Int?
  /// The model of the checkpoint that was scored last, until it is chosen or another comes.
  private var candidate: (step: Int, model: QuantizedModel)?

  /// A cell that keeps its journal in `workFolder` and shares trainings in `stages`, on a machine of `memoryBytes`.
  init(
    cell: Cell, workFolder: String, stages: String? = nil, plannedFiles: [DigestedFile],
    memoryBytes: Int
  ) {
    self.cell = cell
    self.stages = stages.map { TrainingStages(in: $0, for: cell) }
    self.plannedFiles = plannedFiles
    self.memoryBytes = memoryBytes
    replay = CellJournal(of: cell, workFolder: workFolder)
  }

  /// Runs the whole cell.
  ///
  /// - Throws: Whatever the method, the checkpoint or the text throws; what was kept so far stays
  ///   available to ``record(status:reason:scores:)``.
  func execute(_ document: JSONDocument) throws -> RunRecord {
    let bits = try QuantizationSpec(cell.bits)
    let method = try MethodCatalog.make(
      cell.method.name, options: document, at: "/method/options", bits: bits)
    replay.watch(try during(.load) { try InputFiles(of: cell, planned: plannedFiles) })
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
    try replay.checkInputs()
    ProcessMemory.giveBackFreed()
    // Sizes of groups that don't divide are an error of their own, and have no memory.
    try bits.check(source.configuration)
    estimate = memory(of: method, context)
    if let estimate, !MachineMemory.holds(estimate.bytes, on: memoryBytes) {
      throw TooLarge(estimate: estimate, machineBytes: memoryBytes)
    }
    let model = try method.quantize(context)
    shareTraining()
    keepShape(of: model)
    try diagnose(model, source)
    // Nobody compares synthetic weights, nor those that follow from the checkpoint without any text, and
    // hashing 13 billion of them takes minutes.
    if !isSynthetic, !cell.protocolSettings.hasTestAlone {
      draft.digests.append(NamedText("weights.final", model.weightDigest))
      draft.digests.append(NamedText("others.final", model.otherDigest))
    }
    return record(status: .finished, reason: nil, scores: try scores(of: model, bits))
  }

  /// The memory that the cell should need; nil where the method, tasks or diagnostics aren't modelled.
  private func memory(
    of method: any QuantizationMethod, _ context: MethodContext
  ) -> MemoryEstimate? {
    guard let scorer, scorer.tasks.isEmpty, (cell.diagnostics ?? []).isEmpty else { return nil }
    let shape = MemoryShape(
      configuration: context.source.configuration, windowTokens: context.training.windowTokens,
      trainingWindows: context.training.count, developmentWindows: scorer.development.count,
      testWindows: scorer.test.count, threads: Threads.count, processors: Machine.this.processors)
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
    guard let development = scorer?.development else { return }
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
    draft.record(of: cell, status: status, reason: reason, scores: scores, chosen: chosen)
  }

  /// Tokenises all three texts; the tokenizer is gone when the weights come.
  private func context(_ source: ModelSource) throws -> MethodContext {
    let settings = cell.protocolSettings
    let found = try ModelTokenizer(cell.model.path, source.checkpoint)
    let tokenizer = found.tokenizer
    draft.events += source.notes + found.notes
    let text = try CellText(settings, tokenizer)
    let tasks = try CellTasks(settings, tokenizer, positions: source.configuration.positions)
    draft.digests += text.digests + tasks.digests
    draft.facts += tasks.facts
    draft.events += text.events + tasks.events
    scorer = CellScorer(
      development: text.development, test: text.test,
      tasks: TaskScoring(tasks: tasks, meter: meter, progress: progress),
      windowTokens: settings.windowTokens, progress: progress)
    return MethodContext(
      source: source, training: text.training, material: tasks.fineTuning?.training,
      development: text.development, seed: cell.seed, observer: self)
  }

  /// Scores the final model, or takes the scores of the checkpoint that development chose.
  private func scores(of model: QuantizedModel, _ bits: QuantizationSpec) throws -> [Score] {
    if chosen == nil { try scoreTasks(of: model, step: nil) }
    guard let scorer, scorer.tasks.tasks.fineTuning == nil else { return draft.taskScores }
    let last = draft.trajectory.last?.step
    var other: Double?
    if bits.activationBits != nil {
      // The rounding floor: the same weights under another, equally valid order of summation.
      other = try during(.evaluate) {
        try scorer.score(model, scorer.test, order: .halves).meanNLL
      }
    }
    if let chosen, let point = draft.trajectory.first(where: { $0.step == chosen }) {
      let developmentScores = try scorer.windowScores(
        of: DevelopmentSplit.self, point.developmentWindowNLL)
      let testScores = try scorer.windowScores(of: TestSplit.self, point.testWindowNLL)
      if chosen != last, let other, let mean = draft.trajectory.last.flatMap({ meanNLL($0) }) {
        keep("rounding floor of the last weights", abs(other - mean), unit: "nats per token")
      }
      return [
        Score(testScores, alternativeMeanNLL: chosen == last ? other : nil),
        Score(developmentScores),
      ] + draft.taskScores
    }
    return try during(.evaluate) {
      let test = Score(try scorer.score(model, scorer.test), alternativeMeanNLL: other)
      // A cell whose method looks at no text has none to choose on.
      guard scorer.development.count > 0 else { return [test] + draft.taskScores }
      return try [test, Score(scorer.score(model, scorer.development))] + draft.taskScores
    }
  }

  private func meanNLL(_ point: TrajectoryPoint) -> Double? {
    let values = point.testWindowNLL.compactMap { $0 }
    guard values.count == point.testWindowNLL.count else { return nil }
    return SampleMean(values).finiteMean
  }

  // MARK: - RunObserver

  func during<R>(_ phase: RunPhase, _ body: () throws -> R) rethrows -> R {
    try meter.during(phase.rawValue, body)
  }

  func progress(_ done: Int, of total: Int, _ item: ProgressItem) {
    progress.show(meter.current ?? "", done, of: total, "\(item)")
  }

  func keep(_ name: String, _ value: Double, unit: String) {
    draft.facts.append(NamedNumber(name, value, unit: unit))
  }

  func keep(_ series: MeasuredSeries) { draft.series.append(RunSeries(series)) }

  func remark(_ sentence: String) { draft.events.append(sentence) }

  func journalledProbes(of trajectory: TrainingTrajectory) throws -> [Probe] {
    self.trajectory = trajectory
    do { return try replay.probes(of: trajectory, or: stages) } catch let damage
      as TrainingStages.Damage
    {
      remark("another cell's training couldn't be used and was done again: \(damage)")
      return try replay.probes(of: trajectory, or: nil)
    }
  }

  func journal(_ probe: Probe) throws { try replay.logForAppending().append(probe) }

  func checkpoint(step: Int, _ model: QuantizedModel) throws -> DevelopmentScore {
    guard let scorer else { preconditionFailure("a checkpoint before the texts are there") }
    if !scorer.tasks.isEmpty { candidate = (step, model) }
    if let task = scorer.tasks.tasks.fineTuning {
      return try checkpoint(of: task, step: step, model)
    }
    let evaluation: ReplayLog.Evaluation
    if let known = try replay.log().evaluations.first(where: { $0.step == step }) {
      evaluation = known
    } else {
      evaluation = try during(.evaluate) {
        ReplayLog.Evaluation(
          step: step,
          development: try scorer.score(model, scorer.development, step: step).windowNLL,
          test: try scorer.score(model, scorer.test, step: step).windowNLL)
      }
      try replay.logForAppending().append(evaluation)
    }
    draft.trajectory.append(
      TrajectoryPoint(
        step: step, developmentWindowNLL: evaluation.development,
        testWindowNLL: evaluation.test))
    return DevelopmentScore(
      try scorer.windowScores(of: DevelopmentSplit.self, evaluation.development))
  }

  func choose(step: Int) throws {
    chosen = step
    guard let candidate, candidate.step == step else { return }
    self.candidate = nil
    try scoreTasks(of: candidate.model, step: step)
  }

  func keep(_ summary: TrainingSummary) {
    draft.summary = ZerothOrderSummary(summary)
    trained = trajectory.map { ($0, summary.probes) }
  }

  /// Leaves the training to other cells.
  ///
  /// This one has it already: where it can't be written, the record says so and nothing else is lost.
  private func shareTraining() {
    guard let stages, let trained else { return }
    let known = replay.shared
    let own = meter.training(after: known?.steps ?? 0)
    var seconds: Double? = own.seconds
    if let known { seconds = known.seconds.map { $0 + own.seconds } }
    let isWhole = replay.resumes == 0
    do {
      try stages.keep(
        trained.probes, of: trained.trajectory, seconds: isWhole ? seconds : nil,
        updates: isWhole ? own.updates ?? known?.updates : nil,
        peakResidentBytes: isWhole ? own.peakBytes : nil)
    } catch { remark("the training can't be left to other cells: \(error)") }
  }
}
