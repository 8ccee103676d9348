import Optimizers
package import Tensors
import Transformers

/// The quantized loss of given tokens, as the zeroth-order optimizer sees it.
///
/// `L(Q(smooth(W ± εz)))`: mean next-token cross-entropy over all targets of the batch, nats.
package struct QuantizedLoss: ProbedLoss {
  /// The model; its live linears are what is trained.
  package var model: QuantizedModel
  /// Ids of the batch's windows.
  package var tokens: [Int32]
  /// Tokens in a window.
  package var windowTokens: Int
  private var workspace: Workspace

  /// A loss whose first batch is `tokens`.
  package init(model: QuantizedModel, tokens: [Int32], windowTokens: Int) {
    self.model = model
    self.tokens = tokens
    self.windowTokens = windowTokens
    workspace = Workspace(configuration: model.transformer.configuration, rows: tokens.count)
  }

  package func loss(epsilon: Float, along directions: any Directions) throws -> Double {
    try loss(
      perturbation: QuantizedBlocks.Perturbation(directions: directions, epsilon: epsilon))
  }

  /// The loss at the current weights, or beside them.
  package func loss(perturbation: QuantizedBlocks.Perturbation?) throws -> Double {
    try model.model(beside: perturbation).meanNextTokenLoss(
      of: tokens, windowTokens: windowTokens, workspace: workspace)
  }

  package mutating func update(factor: Float, along directions: any Directions) {
    model.update(factor: factor, gradient: 0, along: directions)
  }
}
