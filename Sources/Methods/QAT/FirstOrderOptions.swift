import MethodKit
import Optimizers
import Tasks
import Transformers

/// Which parameters backpropagation trains.
package enum LearnedParameters: String, Codable, Sendable, CaseIterable {
  /// The weights of the blocks' linears, as ZeroQAT does.
  case weights
  /// Those, and the blocks' biases and norms.
  case blocks
  /// Everything, embedding and head included.
  case all
}

/// Throws unless the values that methods of backpropagation share make sense.
func checkFirstOrder(
  steps: Int, learningRate: Double, weightDecay: Double, batchWindows: Int, checkpointEvery: Int
) throws(MethodError) {
  try check("steps", steps, expected: "at least 0") { $0 >= 0 }
  try checkRate("learningRate", learningRate)
  try checkRate("weightDecay", weightDecay)
  try check("batchWindows", batchWindows, expected: "at least 1") { $0 >= 1 }
  try check("checkpointEvery", checkpointEvery, expected: "at least 1") { $0 >= 1 }
}

extension MethodContext {
  /// The windows of text to train on, or the right answers of a task.
  ///
  /// - Parameters:
  ///   - card: Names the method in a refusal.
  ///   - batchWindows: Windows or examples per step.
  ///   - option: What the method calls that number.
  ///   - takesTasks: Whether the method's loss is defined for answers.
  /// - Returns: The windows.
  /// - Throws: ``MethodKit/MethodError`` where the material is a task's examples and those aren't taken,
  ///   or a batch has more than there are.
  func trainingText(
    _ card: MethodCard, batchWindows: Int, option: String = "batchWindows", takesTasks: Bool = true
  ) throws(MethodError) -> GradientTraining.Text {
    if takesTasks, let task = material as? OptionTask<TrainingSplit> {
      try check(
        option, batchWindows,
        expected: "at most the \(task.examples.count) examples to train on"
      ) { $0 <= task.examples.count }
      return GradientTraining.Text(task)
    }
    guard let text = material as? TokenWindows<TrainingSplit> else {
      throw .model(
        method: card.name, reason: "it trains on windows of text, not on the examples of a task")
    }
    try check(
      option, batchWindows,
      expected: "at most the \(text.count) windows of training text"
    ) { $0 <= text.count }
    return GradientTraining.Text(ids: text.ids, windowTokens: text.windowTokens)
  }
}

extension LearnableBlocks {
  /// The groups of one learning rate for what is learned of the blocks and, if there is one, the frame.
  func groups(
    _ frame: FrameGradients?, of transformer: Transformer, learningRate: Double
  ) -> [ParameterGroup] {
    let outside = frame?.tensors(of: transformer.frame) ?? []
    return [ParameterGroup(weightTensors + vectorTensors + outside, learningRate: learningRate)]
  }
}
