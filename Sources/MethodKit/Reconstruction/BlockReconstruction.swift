package import Optimizers
package import Tasks
package import Tensors
package import Transformers

/// Block-by-block reconstruction: each block learns to do on what quantized blocks hand it what the
/// full-precision block does on what full-precision blocks hand it.
///
/// Two residual streams run along: one through full-precision blocks, whose next value is the target, and
/// one through blocks as they have been quantized. Per block: ``observe(block:operators:)``, ``train(…)`` and
/// ``advance(block:operators:)``, in this order, each once.
///
/// > Source: BRECQ, Li et al. 2021, arXiv:2102.05426; the two streams as in OmniQuant, arXiv:2308.13137, eq. 1,
///   and its official code, quantize/omniquant.py.
package struct BlockReconstruction: Sendable {
  /// How blocks are trained.
  package struct Settings: Sendable {
    /// Passes over the windows.
    package var epochs: Int
    /// Steps per block where not all of the last pass is made.
    package var mostSteps: Int?
    /// Windows per step.
    package var batchWindows: Int
    /// Whether the loss gains the distance to the full-precision block's output on the quantized stream.
    package var isAugmented: Bool

    /// Settings from their parts.
    package init(
      epochs: Int, batchWindows: Int = 1, isAugmented: Bool = false, mostSteps: Int? = nil
    ) {
      self.epochs = epochs
      self.mostSteps = mostSteps
      self.batchWindows = batchWindows
      self.isAugmented = isAugmented
    }
  }

  private let transformer: Transformer
  private let settings: Settings
  private let windowTokens: Int
  /// Input of the next block in full precision; once it was observed, its output.
  private let full: Matrix
  /// Input of the next block as quantized blocks made it.
  private let quantized: Matrix
  /// The full-precision block's output on the quantized stream, where the loss asks for it.
  private let second: Matrix?
  private let rotary: BlockRotations
  private let workspace: Workspace
  private let tape: BlockTape
  private let gradients: GradientWorkspace
  private let output: Matrix
  private let gradient: Matrix

  /// Embeds `windows` windows of `text`, spread over it.
  ///
  /// - Throws: ``MethodError/option(name:expected:found:)`` when there are fewer,
  ///   ``Transformers/ModelError`` for windows that don't fit the model.
  package init(
    _ transformer: Transformer, _ text: TokenWindows<TrainingSplit>, windows: Int,
    settings: Settings, quantizesActivations: Bool
  ) throws {
    try check(
      "calibrationWindows", windows,
      expected: "at most the \(text.count) windows of training text"
    ) { $0 <= text.count }
    try check(
      "batchWindows", settings.batchWindows,
      expected: "at most the \(windows) calibration windows"
    ) { $0 <= windows }
    // Spread over the text: its first windows may all be one document.
    let chosen = (0..<windows).map { $0 * text.count / windows }
    let stream = try transformer.embed(
      chosen.flatMap { text[$0] }, windowTokens: text.windowTokens)
    let copy = Matrix(rows: stream.rows, columns: stream.columns)
    copy.copy(from: stream)
    self.init(
      transformer, full: stream, quantized: copy, windowTokens: text.windowTokens,
      settings: settings, quantizesActivations: quantizesActivations)
  }

  /// Starts from given streams, `[windows · windowTokens, C]` each, which it takes over.
  package init(
    _ transformer: Transformer, full: Matrix, quantized: Matrix, windowTokens: Int,
    settings: Settings, quantizesActivations: Bool
  ) {
    // Embedding and head aren't needed any more: whoever made the streams may drop them.
    self.transformer = transformer.blocksAlone
    self.settings = settings
    self.windowTokens = windowTokens
    self.full = full
    self.quantized = quantized
    let c = transformer.configuration
    second = settings.isAugmented ? Matrix(rows: full.rows, columns: full.columns) : nil
    rotary = transformer.rotaryTable(windowTokens: windowTokens)
    let rows = min(settings.batchWindows * windowTokens, full.rows)
    workspace = Workspace(configuration: c, rows: windowTokens)
    tape = BlockTape(configuration: c, rows: rows, quantizesActivations: quantizesActivations)
    gradients = GradientWorkspace(configuration: c, rows: rows)
    output = Matrix(rows: rows, columns: c.channels)
    gradient = Matrix(rows: rows, columns: c.channels)
  }

  /// Windows that are trained on.
  package var windows: Int { full.rows / windowTokens }

  /// Steps per block.
  package var steps: Int {
    let whole = settings.epochs * tileCount(windows, size: settings.batchWindows)
    return min(whole, settings.mostSteps ?? whole)
  }

  /// Runs the block in full precision over its stream, which becomes the target.
  ///
  /// - Returns: What the block's linears saw.
  package func observe(block: Int, operators: some BlockOperators) -> ActivationStatistics {
    let observed = ObservedRanges(operators, transformer.configuration)
    run(block, on: full, observed)
    if let second {
      second.copy(from: quantized)
      run(block, on: second, operators)
    }
    return observed.statistics
  }

  /// Trains what `learner` learns of the block by AdamW on the mean squared error.
  ///
  /// `L = mean((y − target)²)`, plus `mean((y − F(X_q))²)` where the settings say so, over the batch.
  ///
  /// - Parameters:
  ///   - block: Which block.
  ///   - learner: The block as it is learned.
  ///   - optimizer: Moves the learner's parameters.
  ///   - schedule: Factor of all learning rates at a step.
  ///   - progress: Called after each step.
  /// - Returns: The loss before each step.
  /// - Throws: ``TrainingError`` when the loss or a parameter stops being finite.
  @discardableResult
  package func train(
    block: Int, _ learner: LearnableBlocks, _ optimizer: inout GroupedAdamW,
    schedule: (Int) -> Double = { _ in 1 }, progress: (Int) -> Void = { _ in }
  ) throws(TrainingError) -> [Double] {
    var losses: [Double] = []
    learner.settleParameters()
    let batches = tileCount(windows, size: settings.batchWindows)
    for step in 0..<steps {
      let range = tileRange(step % batches, of: windows, size: settings.batchWindows)
      optimizer.zeroGradients()
      let loss = pass(block, learner, range)
      guard loss.isFinite else {
        throw .lossNotFinite(step: step, loss: loss, block: block)
      }
      learner.settleGradients()
      optimizer.step(scale: schedule(step))
      learner.settleParameters()
      losses.append(loss)
      progress(step + 1)
    }
    if let tensor = optimizer.firstNonFiniteTensor {
      throw .notFinite(step: steps - 1, tensor: tensor, block: block)
    }
    return losses
  }

  /// The mean loss over all windows, nothing trained.
  package func loss(block: Int, _ operators: some BlockOperators) -> Double {
    let y = output.rows(0..<windowTokens)
    var sum = 0.0
    for window in 0..<windows {
      let rows = window * windowTokens..<(window + 1) * windowTokens
      y.copy(from: quantized.rows(rows))
      run(block, on: y, operators)
      sum += distance(y, rows, into: nil)
    }
    return sum / Double(windows)
  }

  /// Runs the block as it was quantized over its stream.
  package func advance(block: Int, operators: some BlockOperators) {
    run(block, on: quantized, operators)
  }

  /// Loss and gradients of one batch.
  private func pass(_ block: Int, _ learner: LearnableBlocks, _ windows: Range<Int>) -> Double {
    let rows = windows.lowerBound * windowTokens..<windows.upperBound * windowTokens
    let (y, d) = (output.rows(0..<rows.count), gradient.rows(0..<rows.count))
    y.copy(from: quantized.rows(rows))
    transformer.runBlock(
      block, on: y, windowTokens: windowTokens, rotary: rotary, operators: learner,
      recording: tape)
    let loss = distance(y, rows, into: d)
    transformer.runBlockBackward(
      block, gradient: d, windowTokens: windowTokens, rotary: rotary, operators: learner,
      tape: tape, workspace: gradients)
    return loss
  }

  /// The loss of an output, and its gradient if asked for.
  private func distance(_ y: Matrix, _ rows: Range<Int>, into d: Matrix?) -> Double {
    let count = Double(y.rows * y.columns)
    let scale = Float(2 / count)
    var sum = 0.0
    d?.zero()
    for target in [full, second] {
      guard let target else { continue }
      for r in 0..<y.rows {
        let (a, b) = (y.row(r), target.row(rows.lowerBound + r))
        let gradient = d?.row(r)
        for j in 0..<y.columns {
          let difference = a[j] - b[j]
          sum += Double(difference) * Double(difference)
          gradient?[j] += scale * difference
        }
      }
    }
    return sum / count
  }

  /// Window by window, so that a workspace of one window will do and statistics are of windows.
  private func run(_ block: Int, on stream: Matrix, _ operators: some BlockOperators) {
    for first in stride(from: 0, to: stream.rows, by: windowTokens) {
      transformer.runBlock(
        block, on: stream.rows(first..<first + windowTokens), windowTokens: windowTokens,
        rotary: rotary, operators: operators, workspace: workspace)
    }
  }
}

/// Why training by gradients stopped.
package enum TrainingError: Divergence, Sendable, Equatable {
  /// A loss wasn't finite: of the reconstruction of a block, or of the whole model.
  case lossNotFinite(step: Int, loss: Double, block: Int?)
  /// A trained tensor isn't finite any more, of a block that was trained alone, or of the whole model.
  case notFinite(step: Int, tensor: String, block: Int?)

  package var place: DivergencePlace {
    switch self {
    case .lossNotFinite(let step, _, let block): DivergencePlace(step: step, block: block)
    case .notFinite(let step, let tensor, let block):
      DivergencePlace(step: step, block: block, tensor: tensor)
    }
  }

  /// One line: what, where, at which step.
  package var description: String {
    switch self {
    case .lossNotFinite(let step, let loss, let block):
      "the loss of \(block.map { "the reconstruction of block \($0)" } ?? "training") stopped being finite at step \(step): \(loss)"
    case .notFinite(let step, let tensor, _):
      "\(tensor) stopped being finite at step \(step)"
    }
  }
}
