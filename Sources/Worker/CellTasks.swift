import Checkpoints
import Digests
import Records
import Tasks
import Tokenizers
import Vocabulary

/// The tasks of a cell as ids: what is scored without training, and what is trained on.
struct CellTasks {
  /// A task that is only scored.
  struct ZeroShot {
    let name: String
    let test: OptionTask<TestSplit>
  }

  /// A task that is trained on.
  struct FineTuning {
    let name: String
    let training: OptionTask<TrainingSplit>
    let development: OptionTask<DevelopmentSplit>
    let test: OptionTask<TestSplit>
    /// Reads and writes generated answers; nil where answers are chosen.
    let tokenizer: (any Tokenizer)?
  }

  private(set) var zeroShot: [ZeroShot] = []
  private(set) var fineTuning: FineTuning?
  /// SHA-256 of each split's ids.
  private(set) var digests: [NamedText] = []
  /// How many prompts were cut.
  private(set) var facts: [NamedNumber] = []
  /// Cut prompts and small sets, a sentence each.
  private(set) var events: [String] = []

  /// Reads and encodes the tasks of `settings`.
  ///
  /// - Parameters:
  ///   - settings: The cell's protocol.
  ///   - tokenizer: The model's.
  ///   - positions: Ids that the model can read.
  /// - Throws: ``Tasks/TaskError`` for files that aren't of the task, or hold too little of it;
  ///   ``WorkerError/unknownSetting(name:value:known:)`` for a format that isn't known.
  init(_ settings: EvaluationProtocol, _ tokenizer: any Tokenizer, positions: Int) throws {
    for source in settings.tasks ?? [] {
      let contextTokens = min(source.contextTokens ?? positions, positions)
      switch source.use {
      case .zeroShot:
        try read(source, tokenizer, settings.bos, contextTokens)
      case .fineTuning:
        try readForTraining(source, tokenizer, settings.bos, contextTokens)
      }
    }
  }

  private mutating func read(
    _ source: TaskSource, _ tokenizer: any Tokenizer, _ policy: BeginningOfSequencePolicy,
    _ contextTokens: Int
  ) throws {
    guard let task = ZeroShotTask(rawValue: source.format) else {
      throw WorkerError.unknownSetting(
        name: "format of \(source.name)", value: source.format,
        known: ZeroShotTask.allCases.map { "'\($0.rawValue)'" }.joined(separator: " or "))
    }
    let all = try source.test.flatMap { part in
      try task.examples(at: part.path, from: part.from, to: part.to)
    }
    let sample = try ExampleSample(
      testRows: all.count,
      test: .init(source.examples.test, mayBeFewer: source.examples.mayBeFewer ?? true),
      seed: source.sampleSeed)
    let encoder = try OptionEncoder(
      tokenizer, beginning: policy, contextTokens: contextTokens, convention: .harness)
    let test = try OptionTask<TestSplit>(sample.test.map { all[$0] }, encoder)
    keep(test, of: source, asked: source.examples.test, contextTokens)
    zeroShot.append(ZeroShot(name: source.name, test: test))
  }

  private mutating func readForTraining(
    _ source: TaskSource, _ tokenizer: any Tokenizer, _ policy: BeginningOfSequencePolicy,
    _ contextTokens: Int
  ) throws {
    guard let task = FineTuningTask(rawValue: source.format) else {
      throw WorkerError.unknownSetting(
        name: "format of \(source.name)", value: source.format,
        known: FineTuningTask.allCases.map { "'\($0.rawValue)'" }.joined(separator: " or "))
    }
    let (counts, rows) = (source.examples, try Self.examples(of: source.train, task))
    let mayBeFewer = counts.mayBeFewer ?? true
    let chosen = try source.development.map { try Self.examples(of: $0, task) }
    let others = source.test.isEmpty ? nil : try Self.examples(of: source.test, task)
    let sample = try ExampleSample(
      trainingRows: rows.count, developmentRows: chosen?.count, testRows: others?.count,
      training: .init(counts.train, mayBeFewer: mayBeFewer),
      development: .init(counts.development, mayBeFewer: mayBeFewer),
      test: .init(counts.test, mayBeFewer: mayBeFewer), seed: source.sampleSeed)
    // Generated answers need room in the context; MeZO leaves it in training too.
    let room = task.isGenerated ? contextTokens - OptionEncoder.generatedTokens : contextTokens
    let encoder = try OptionEncoder(
      tokenizer, beginning: policy, contextTokens: room, convention: .mezo)
    let training = try OptionTask<TrainingSplit>(
      sample.training.map { rows[$0] }, loss: task.loss, encoder)
    let development = try OptionTask<DevelopmentSplit>(
      sample.development.map { (chosen ?? rows)[$0] }, loss: task.loss, encoder)
    let test = try OptionTask<TestSplit>(
      sample.test.map { (others ?? rows)[$0] }, loss: task.loss, encoder)
    keep(training, of: source, asked: counts.train, room)
    keep(development, of: source, asked: counts.development, room)
    keep(test, of: source, asked: counts.test, room)
    fineTuning = FineTuning(
      name: source.name, training: training, development: development, test: test,
      tokenizer: task.isGenerated ? tokenizer : nil)
  }

  /// The examples of a split, in an order that is always the same.
  private static func examples(of parts: [TextPart], _ task: FineTuningTask) throws
    -> [OptionExample]
  {
    guard task == .source else {
      return try parts.flatMap { part in
        if part.answer != nil { throw TaskError.answerBesideRows(file: part.path) }
        return try task.examples(at: part.path, from: part.from, to: part.to)
      }
    }
    return try SourceSentences.examples(
      of: parts.map { part in
        guard let answer = part.answer else { throw TaskError.noAnswer(file: part.path) }
        return SourceSentences.Part(
          TextSpecification.Part(part.path, form: part.form, from: part.from, to: part.to),
          answer: answer)
      })
  }

  /// Notes a split's digest, and what is odd about it.
  private mutating func keep<S: Split>(
    _ task: OptionTask<S>, of source: TaskSource, asked: Int?, _ contextTokens: Int
  ) {
    let name = "\(source.name) \(S.name)"
    digests.append(
      NamedText("examples.\(source.name).\(S.name)", sha256Hex(of: task.littleEndianBytes)))
    if let asked, task.examples.count < asked {
      events.append("\(name): \(task.examples.count) examples, there are no \(asked)")
    }
    let cut = task.truncatedExamples
    guard cut > 0 else { return }
    facts.append(NamedNumber("truncated examples of \(name)", Double(cut), unit: "examples"))
    events.append(
      "\(name): \(cut) of \(task.examples.count) examples are longer than \(contextTokens) tokens "
        + "and were cut at the left")
  }
}
