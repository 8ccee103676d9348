import MethodKit
import Records
import Tasks
import Vocabulary

/// Scores the tasks of a cell, and tells of it.
struct TaskScoring {
  let tasks: CellTasks
  let meter: Meter
  let progress: WorkerProgress

  /// Whether the cell has no task.
  var isEmpty: Bool { tasks.fineTuning == nil && tasks.zeroShot.isEmpty }

  /// The metrics of the task that is trained on, the one that tables show first.
  var metrics: [String] {
    tasks.fineTuning?.tokenizer == nil
      ? [Metric.accuracy.rawValue] : [Metric.f1.rawValue, Metric.exactMatch]
  }

  /// Loss, and for answers that are chosen, outcomes, on development examples.
  func development(_ task: CellTasks.FineTuning, _ model: QuantizedModel, step: Int?) throws
    -> TaskOutcomes<DevelopmentSplit>
  {
    let scores = try score(task.development, of: task.name, model, step: step)
    // Generating answers would take longer than all training; MeZO chooses by the loss too.
    return task.tokenizer == nil
      ? TaskOutcomes(scores, loss: task.development.loss)
      : TaskOutcomes(scores, loss: task.development.loss, outcomes: [])
  }

  /// Loss and outcomes on test examples.
  func test(_ task: CellTasks.FineTuning, _ model: QuantizedModel, step: Int?) throws
    -> TaskOutcomes<TestSplit>
  {
    let scores = try score(task.test, of: task.name, model, step: step)
    guard let tokenizer = task.tokenizer else {
      return TaskOutcomes(scores, loss: task.test.loss)
    }
    let answers = try meter.during(RunPhase.evaluate.rawValue) {
      try model.answers(to: task.test, tokenizer) { done in
        progress.show("answer \(task.name)", done, of: task.test.examples.count, "example")
      }
    }
    let references = task.test.examples.map(\.references)
    return TaskOutcomes(
      scores, loss: task.test.loss,
      outcomes: [
        zip(answers, references).map { AnswerWords.f1($0, $1) },
        zip(answers, references).map { AnswerWords.exactMatch($0, $1) },
      ])
  }

  /// Scores of the tasks that aren't trained on.
  func zeroShot(_ model: QuantizedModel, step: Int?) throws -> [Score] {
    try tasks.zeroShot.flatMap { task in
      Score.zeroShot(
        try score(task.test, of: task.name, model, step: step), of: task.name)
    }
  }

  private func score<S: Split>(
    _ task: OptionTask<S>, of name: String, _ model: QuantizedModel, step: Int?
  ) throws -> OptionScores<S> {
    let options = task.examples.reduce(0) { $0 + $1.options.count }
    do {
      return try meter.during(RunPhase.evaluate.rawValue) {
        try model.score(task) { done in
          progress.show("evaluate \(S.name) \(name)", done, of: options, "option")
        }
      }
    } catch TaskError.notFiniteOption(let example, _) {
      throw NotFinite(split: S.name, number: example, task: name, step: step)
    }
  }
}

extension Score {
  /// Right choices by likelihood, and by likelihood per character.
  fileprivate static func zeroShot(_ scores: OptionScores<TestSplit>, of task: String) -> [Score] {
    [(Metric.accuracy, OptionRule.sum), (.accuracyNormalised, .perCharacter)].map { metric, rule in
      Score(
        split: TestSplit.name, task: task, metric: metric.rawValue, value: scores.accuracy(rule),
        standardError: scores.standardError(rule), outcomes: scores.outcomes(rule),
        scoredTokens: scores.scoredTokens)
    }
  }

  /// One score per metric that was computed.
  static func all<S: Split>(_ found: TaskOutcomes<S>, of task: String, _ metrics: [String])
    -> [Score]
  {
    found.outcomes.indices.map { index in
      Score(
        split: S.name, task: task, metric: metrics[index], value: found.value(index),
        standardError: found.standardError(index), outcomes: found.outcomes[index],
        scoredTokens: found.scoredTokens, meanLoss: found.meanLoss)
    }
  }
}

extension TaskPoint {
  /// The point of a trajectory; its value is of the first metric.
  init<S: Split>(_ found: TaskOutcomes<S>, _ metrics: [String]) {
    self.init(metric: metrics[0], value: found.value(0), meanLoss: found.meanLoss)
  }
}
