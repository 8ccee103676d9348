package import Tasks
package import Transformers

/// The loss of a task's examples: of the right option among all, or of the right answer's tokens.
///
/// > Source: MeZO's official code, large_models/utils.py, forward_wrap_with_option_len.
package struct TaskObjective: TrainingObjective {
  private let task: OptionTask<TrainingSplit>
  private let batchExamples: Int
  private var batch: [OptionTask<TrainingSplit>.Example] = []

  /// Batches of `batchExamples` examples of `task`.
  ///
  /// - Throws: ``MethodError/option(name:expected:found:)`` for a batch of more examples than there are.
  package init(_ task: OptionTask<TrainingSplit>, batchExamples: Int) throws(MethodError) {
    try check(
      "batchExamples", batchExamples,
      expected: "1 to \(task.examples.count), the examples to train on"
    ) { (1...task.examples.count).contains($0) }
    self.task = task
    self.batchExamples = batchExamples
    select(step: 0)
  }

  package var tokensPerStep: Int {
    let tokens = task.examples.reduce(0) { sum, example in
      sum + options(of: example).reduce(0) { $0 + $1.ids.count - 1 }
    }
    return tokens * batchExamples / task.examples.count
  }

  package mutating func select(step: Int) {
    batch = task.batch(at: step, of: batchExamples)
    if task.loss == .tokens { batch = batch.map(\.withRightOptionAlone) }
  }

  package func loss(of model: QuantizedModel) throws -> Double {
    OptionScores<TrainingSplit>.meanLoss(
      task.loss, of: try model.transformer.likelihoods(of: batch, operators: model.blocks))
  }

  /// The options that a forward pass reads.
  private func options(of example: OptionTask<TrainingSplit>.Example) -> [OptionTokens] {
    task.loss == .tokens ? [example.options[example.answer]] : example.options
  }
}

extension OptionTask: TrainingMaterial where S == TrainingSplit {
  package func objective(_ batch: BatchSize, for configuration: ModelConfiguration) throws
    -> any TrainingObjective
  {
    try TaskObjective(self, batchExamples: batch.examples)
  }
}
