package import Tasks
import Tensors
package import Transformers

/// What training minimises: a loss of a model on the batch of a step.
///
/// Knows nothing of which parameters are trained, nor how: see ``TrainedModel``.
package protocol TrainingObjective {
  /// Training tokens per step; the mean where batches differ.
  var tokensPerStep: Int { get }

  /// Makes the batch of `step` the current one: a function of the step alone, so that a resumed run
  /// sees the same batches.
  mutating func select(step: Int)

  /// Mean loss of `model` over the current batch, nats.
  func loss(of model: QuantizedModel) throws -> Double
}

/// How much a step trains on.
package struct BatchSize: Sendable, Equatable {
  /// Windows, where text is trained on.
  package var windows: Int
  /// Examples, where a task is.
  package var examples: Int
  /// How many windows of training text batches are taken from in turn, spread over it; nil means all.
  package var textWindows: Int?

  /// A batch size in both units.
  package init(windows: Int, examples: Int = 16, textWindows: Int? = nil) {
    self.windows = windows
    self.examples = examples
    self.textWindows = textWindows
  }
}

/// Text or examples to train on, which know what loss goes with them.
package protocol TrainingMaterial: Sendable {
  /// The objective of batches of this size.
  ///
  /// - Throws: ``MethodError/option(name:expected:found:)`` for a batch of more than there is.
  func objective(_ batch: BatchSize, for configuration: ModelConfiguration) throws
    -> any TrainingObjective
}

/// Mean next-token cross-entropy over windows of text, in order, from the first again after the last.
package struct NextTokens: TrainingObjective {
  private let text: TokenWindows<TrainingSplit>
  private let batchWindows: Int
  private let configuration: ModelConfiguration
  private var tokens: [Int32] = []

  /// Batches of `batchWindows` windows of `text`.
  ///
  /// - Throws: ``MethodError/option(name:expected:found:)`` for a batch of more windows than there are.
  package init(
    _ text: TokenWindows<TrainingSplit>, batchWindows: Int, for configuration: ModelConfiguration
  ) throws(MethodError) {
    try check(
      "batchWindows", batchWindows,
      expected: "at most the \(text.count) windows of training text"
    ) { $0 <= text.count }
    self.text = text
    self.batchWindows = batchWindows
    self.configuration = configuration
    select(step: 0)
  }

  package var tokensPerStep: Int { batchWindows * text.windowTokens }

  package mutating func select(step: Int) {
    tokens = text.batch(at: step, of: batchWindows).flatMap { text[$0] }
  }

  package func loss(of model: QuantizedModel) throws -> Double {
    // Made anew for each pass, so that it doesn't lie beside what scoring takes; a pass writes so much
    // more than this that fresh pages cost nothing.
    try model.meanNextTokenLoss(
      of: tokens, windowTokens: text.windowTokens,
      workspace: Workspace(configuration: configuration, rows: tokens.count))
  }
}

extension TokenWindows: TrainingMaterial where S == TrainingSplit {
  package func objective(_ batch: BatchSize, for configuration: ModelConfiguration) throws
    -> any TrainingObjective
  {
    var text = self
    if let count = batch.textWindows {
      try check(
        "trainingWindows", count, expected: "1 to the \(self.count) windows of training text"
      ) { (1...self.count).contains($0) }
      text = spread(count)
    }
    return try NextTokens(text, batchWindows: batch.windows, for: configuration)
  }
}

extension QuantizedModel {
  /// Mean next-token cross-entropy over all targets of windows of equal length, nats; summed in order.
  package func meanNextTokenLoss(of tokens: [Int32], windowTokens: Int, workspace: Workspace) throws
    -> Double
  {
    let losses = try transformer.negativeLogLikelihood(
      tokens, windowTokens: windowTokens, operators: blocks, workspace: workspace)
    var sum = 0.0
    for loss in losses { sum += loss }
    return sum / Double(tokens.count / windowTokens * (windowTokens - 1))
  }
}
