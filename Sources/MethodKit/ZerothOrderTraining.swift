package import Optimizers
import Tasks
package import Tensors
import Transformers

/// The quantised loss of one batch, as the zeroth-order optimizer sees it.
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
    var blocks = model.blocks
    blocks.perturbation = perturbation
    let losses = try model.transformer.negativeLogLikelihood(
      tokens, windowTokens: windowTokens, operators: blocks, workspace: workspace)
    var sum = 0.0
    for loss in losses { sum += loss }
    return sum / Double(tokens.count / windowTokens * (windowTokens - 1))
  }

  package mutating func update(factor: Float, along directions: any Directions) {
    for id in model.transformer.configuration.linearIDs {
      guard case .live(let matrix) = model.blocks.linears[id]?.storage else { continue }
      forEachTile(tileCount(matrix.rows, size: 16)) { tile, _ in
        for row in tileRange(tile, of: matrix.rows, size: 16) {
          directions.add(
            to: matrix.row(row), factor: factor, count: matrix.columns, row: row,
            tensor: id.tensor)
        }
      }
    }
  }
}

/// The training loop of ZeroQAT: probes, updates, journal, checkpoints.
package struct ZerothOrderTraining: Sendable {
  /// The optimizer.
  package var optimizer: ZerothOrderSGD
  /// Updates in all.
  package var steps: Int
  /// Windows per step.
  package var batchWindows: Int
  /// Steps between checkpoints.
  package var checkpointEvery: Int

  /// A loop from its settings.
  package init(
    optimizer: ZerothOrderSGD, steps: Int, batchWindows: Int, checkpointEvery: Int
  ) {
    self.optimizer = optimizer
    self.steps = steps
    self.batchWindows = batchWindows
    self.checkpointEvery = checkpointEvery
  }

  /// Trains the live linears of `model` in place and returns it.
  ///
  /// Probes that an interrupted run journalled are replayed, not evaluated again; the weights are the
  /// same bit for bit.
  ///
  /// - Throws: ``Optimizers/ZerothOrderError`` when a loss or a weight stops being finite,
  ///   ``MethodError/option(name:expected:found:)`` for a batch of more windows than there are, and what
  ///   the observer throws.
  package func train(_ model: QuantizedModel, _ context: MethodContext) throws -> QuantizedModel {
    let text = context.training
    try check(
      "batchWindows", batchWindows,
      expected: "at most the \(text.count) windows of training text"
    ) { $0 <= text.count }
    var loss = QuantizedLoss(
      model: model, tokens: batch(at: 0, of: text), windowTokens: text.windowTokens)
    var probes: [Probe] = []
    let journalled = try context.observer.journalledProbes(directions: optimizer.directions)
    var best = (
      step: 0,
      meanNLL: try context.observer.checkpoint(step: 0, loss.model).meanNLL ?? .infinity
    )
    for step in 0..<steps {
      let first = step * optimizer.directions
      var ofStep = Array(
        journalled.dropFirst(first).prefix(optimizer.directions).filter { $0.step == step })
      try context.observer.during(.train) {
        if ofStep.count < optimizer.directions {
          loss.tokens = batch(at: step, of: text)
          ofStep = []
          for direction in 0..<optimizer.directions {
            let probe = try optimizer.probe(loss, step: step, direction: direction)
            try context.observer.journal(probe)
            ofStep.append(probe)
          }
        }
        for probe in ofStep { optimizer.apply(probe, to: &loss) }
        if let id = loss.model.firstNonFiniteWeight {
          throw ZerothOrderError.weightNotFinite(
            step: step, tensor: "block \(id.block) \(id.kind.name)")
        }
        context.observer.progress(step + 1, of: steps, "step")
      }
      probes.append(contentsOf: ofStep)
      if (step + 1) % checkpointEvery == 0 || step + 1 == steps {
        let scores = try context.observer.checkpoint(step: step + 1, loss.model)
        if let mean = scores.meanNLL, mean < best.meanNLL { best = (step + 1, mean) }
      }
    }
    context.observer.keep(
      TrainingSummary(
        probes: probes, optimizer: optimizer, tokensPerStep: batchWindows * text.windowTokens,
        trainableParameters: trainableParameters(of: model), bestDevelopmentStep: best.step))
    return loss.model
  }

  private func batch(at step: Int, of text: TokenWindows<TrainingSplit>) -> [Int32] {
    text.batch(at: step, of: batchWindows).flatMap { text[$0] }
  }

  private func trainableParameters(of model: QuantizedModel) -> Int {
    model.blocks.linears.values.reduce(0) { sum, linear in
      guard case .live(let matrix) = linear.storage else { return sum }
      return sum + matrix.rows * matrix.columns
    }
  }
}
