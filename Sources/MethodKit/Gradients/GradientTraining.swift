package import Optimizers
package import Tensors
package import Transformers

/// The loop of training a whole model by backpropagation: passes, updates, checkpoints.
///
/// It knows neither what is learned (``LearnableBlocks``) nor what text it is learned from.
package struct GradientTraining: Sendable {
  /// Updates in all.
  package var steps: Int
  /// Windows per step.
  package var batchWindows: Int
  /// Factor of all learning rates at a step.
  package var schedule: LearningRate
  /// One tensor's update.
  package var optimizer: AdamW

  /// A loop from its settings; the schedule's peak is a factor of the groups' own rates.
  package init(
    steps: Int, batchWindows: Int, schedule: LearningRate, optimizer: AdamW = AdamW()
  ) {
    self.steps = steps
    self.batchWindows = batchWindows
    self.schedule = schedule
    self.optimizer = optimizer
  }

  /// Text to train on: windows of equal length, ids one after the other.
  package struct Text: Sendable {
    /// The ids of all windows.
    package let ids: [Int32]
    /// Tokens in a window.
    package let windowTokens: Int
    /// What each id predicts, −1 where that isn't scored; nil means the next id of its window.
    package let targets: [Int32]?

    /// Text from its ids.
    ///
    /// - Precondition: They fill whole windows, at least one; there are as many targets.
    package init(ids: [Int32], windowTokens: Int, targets: [Int32]? = nil) {
      precondition(
        windowTokens > 0 && !ids.isEmpty && ids.count % windowTokens == 0,
        "\(ids.count) ids in windows of \(windowTokens)")
      precondition(
        targets.map { $0.count == ids.count } ?? true,
        "\(targets?.count ?? 0) targets for \(ids.count) ids")
      self.ids = ids
      self.windowTokens = windowTokens
      self.targets = targets
    }

    /// How many windows there are.
    package var count: Int { ids.count / windowTokens }

    /// The ids of the batch at a step: the next windows in order, from the first again after the last.
    func batch(at step: Int, of size: Int) -> [Int32] { batch(of: ids, at: step, size) }

    /// The targets of that batch; nil where they are the next ids.
    func targets(at step: Int, of size: Int) -> [Int32]? {
      targets.map { batch(of: $0, at: step, size) }
    }

    private func batch(of values: [Int32], at step: Int, _ size: Int) -> [Int32] {
      (0..<size).flatMap { offset in
        let window = (step * size + offset) % count
        return values[window * windowTokens..<(window + 1) * windowTokens]
      }
    }
  }

  /// Trains `learner` and, if gradients are given, the frame of `transformer`.
  ///
  /// - Parameters:
  ///   - learner: The blocks.
  ///   - transformer: Everything else.
  ///   - frame: Gradients of everything else, or nil where it isn't learned.
  ///   - groups: The parameters to move.
  ///   - text: What to train on.
  ///   - observer: Hears about progress, and scores checkpoints.
  ///   - teacher: Makes the teacher of a batch, or nil for next-token cross-entropy.
  ///   - checkpoints: Steps between checkpoints, and what makes the model of one; nil for none.
  /// - Returns: The loss before each step.
  /// - Throws: ``TrainingError`` when a loss or a parameter stops being finite,
  ///   ``Transformers/ModelError`` for tokens that don't fit the model, and what the observer throws.
  @discardableResult
  package func train(
    _ learner: LearnableBlocks, _ transformer: Transformer, frame: FrameGradients?,
    groups: [ParameterGroup], on text: Text, _ observer: any RunObserver,
    teacher: ((_ tokens: [Int32]) throws -> any TeacherLogits)? = nil,
    checkpoints: (every: Int, model: () throws -> QuantizedModel)?
  ) throws -> [Double] {
    let pass = TrainingPass(
      transformer: transformer, tokens: batchWindows * text.windowTokens,
      quantizesActivations: learner.quantizesActivations, hasTeacher: teacher != nil)
    var optimizer = GroupedAdamW(groups, optimizer: self.optimizer)
    var choice = CheckpointChoice(observer)
    var losses: [Double] = []
    if let checkpoints { try choice.checkpoint(step: 0, checkpoints.model()) }
    learner.settleParameters()
    for step in 0..<steps {
      try observer.during(.train) {
        let tokens = text.batch(at: step, of: batchWindows)
        let loss: TrainingLoss =
          try teacher.map {
            .distillation(teacher: try $0(tokens), scale: 1 / Float(batchWindows))
          } ?? text.targets(at: step, of: batchWindows).map { .targets($0) } ?? .nextToken
        optimizer.zeroGradients()
        let value = try pass(
          tokens, windowTokens: text.windowTokens, loss: loss, operators: learner, frame: frame)
        guard value.isFinite else {
          throw TrainingError.lossNotFinite(step: step, loss: value, block: nil)
        }
        learner.settleGradients()
        optimizer.step(scale: schedule.rate(at: step))
        learner.settleParameters()
        if let tensor = optimizer.firstNonFiniteTensor {
          throw TrainingError.notFinite(step: step, tensor: tensor, block: nil)
        }
        losses.append(value)
        observer.progress(step + 1, of: steps, .step)
      }
      if let checkpoints, (step + 1) % checkpoints.every == 0 || step + 1 == steps {
        try choice.checkpoint(step: step + 1, checkpoints.model())
      }
    }
    if let first = losses.first, let last = losses.last {
      observer.keep(
        "training tokens", Double(losses.count * batchWindows * text.windowTokens), unit: "1")
      observer.keep("training loss, first step", first, unit: "nats")
      observer.keep("training loss, last step", last, unit: "nats")
    }
    return losses
  }
}
