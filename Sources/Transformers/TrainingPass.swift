public import Tensors

/// What a model is trained to do.
public enum TrainingLoss: Sendable {
  /// Mean negative log-likelihood, nats, of the next token within each window.
  case nextToken
  /// Mean negative log-likelihood of `targets`, one per token; negative ones aren't scored.
  case targets([Int32])
  /// `scale · Σ KL(teacher ‖ student)`, nats, over all tokens: 1/tokens gives the mean, 1/windows
  /// PyTorch's `batchmean` as LLM-QAT uses it.
  case distillation(teacher: any TeacherLogits, scale: Float)
}

/// How much of a forward pass is kept for its backward.
public enum Recomputation: String, Sendable, Codable, CaseIterable {
  /// Only the stream between blocks; each block runs forward once more.
  case blocks
  /// Everything; faster, and a tape per block.
  case none
}

/// A forward and backward pass over a whole model, with storage that serves batch after batch.
///
/// With ``Recomputation/blocks`` it holds the stream before each block, one block's tape, one block's
/// gradients and a chunk of logits, whatever the depth.
public struct TrainingPass: Sendable {
  /// The model.
  public let transformer: Transformer
  private let recomputation: Recomputation
  private let streams: [Matrix]
  private let tapes: [BlockTape]
  private let d: Matrix
  private let dHidden: Matrix
  private let workspace: GradientWorkspace
  private let vocabularyLoss: VocabularyLoss

  /// Storage for batches of up to `tokens` tokens.
  ///
  /// - Parameters:
  ///   - transformer: The model.
  ///   - tokens: Tokens of the largest batch.
  ///   - quantizesActivations: As the operators say.
  ///   - hasTeacher: Whether a distillation loss will be asked for.
  ///   - recomputation: What is kept.
  public init(
    transformer: Transformer, tokens: Int, quantizesActivations: Bool = false,
    hasTeacher: Bool = false, recomputation: Recomputation = .blocks
  ) {
    let c = transformer.configuration
    self.transformer = transformer
    self.recomputation = recomputation
    let tapeCount = recomputation == .none ? c.blocks : 1
    tapes = (0..<tapeCount).map { _ in
      BlockTape(configuration: c, rows: tokens, quantizesActivations: quantizesActivations)
    }
    let streamCount = recomputation == .none ? 1 : c.blocks + 1
    streams = (0..<streamCount).map { _ in Matrix(rows: tokens, columns: c.channels) }
    d = Matrix(rows: tokens, columns: c.channels)
    dHidden = Matrix(rows: tokens, columns: c.embeddingWidth)
    workspace = GradientWorkspace(configuration: c, rows: tokens)
    vocabularyLoss = VocabularyLoss(
      tokens: tokens, vocabularySize: c.vocabularySize, hasTeacher: hasTeacher)
  }

  /// Loss of a batch; `operators` and `frame` accumulate its gradients.
  ///
  /// > Shape: `tokens` are `windows · windowTokens` ids.
  ///
  /// - Parameters:
  ///   - tokens: The batch.
  ///   - windowTokens: T.
  ///   - loss: What to minimise.
  ///   - operators: The blocks.
  ///   - gradients: Of everything else, or nil when it isn't learned.
  /// - Returns: The loss.
  /// - Throws: ``ModelError`` for tokens or windows that don't fit the model.
  public func callAsFunction(
    _ tokens: [Int32], windowTokens: Int, loss: TrainingLoss,
    operators: some DifferentiableBlockOperators, frame gradients: FrameGradients?
  ) throws(ModelError) -> Double {
    let rows = 0..<tokens.count
    let c = transformer.configuration
    let embedded = try transformer.embed(tokens, windowTokens: windowTokens)
    let rotary = transformer.rotaryTable(windowTokens: windowTokens)
    var x = streams[0].rows(rows)
    x.copy(from: embedded)
    for block in 0..<c.blocks {
      if recomputation == .blocks {
        let next = streams[block + 1].rows(rows)
        next.copy(from: x)
        x = next
      }
      // The last block's tape is still there when its backward begins.
      transformer.runBlock(
        block, on: x, windowTokens: windowTokens, rotary: rotary, operators: operators,
        recording: tapes[recomputation == .none ? block : 0])
    }
    let (dHidden, d) = (self.dHidden.rows(rows), self.d.rows(rows))
    dHidden.zero()
    let value = value(
      of: loss, hidden: transformer.finish(x), tokens, windowTokens, transformer.frame.head,
      dHidden, gradients?.head)
    transformer.finishBackward(x, dHidden: dHidden, gradients, into: d)
    for block in (0..<c.blocks).reversed() {
      let tape = tapes[recomputation == .none ? block : 0]
      if recomputation == .blocks, block < c.blocks - 1 {
        // The stream after this block isn't needed any more: it becomes this block's scratch.
        let scratch = streams[block + 1].rows(rows)
        scratch.copy(from: streams[block].rows(rows))
        transformer.runBlock(
          block, on: scratch, windowTokens: windowTokens, rotary: rotary, operators: operators,
          recording: tape)
      }
      transformer.runBlockBackward(
        block, gradient: d, windowTokens: windowTokens, rotary: rotary, operators: operators,
        tape: tape, workspace: workspace)
    }
    if let gradients {
      transformer.embedBackward(tokens, windowTokens: windowTokens, d: d, gradients)
    }
    return value
  }

  private func value(
    of loss: TrainingLoss, hidden: Matrix, _ tokens: [Int32], _ windowTokens: Int,
    _ head: some EmbeddingTable, _ dHidden: Matrix, _ dHead: Matrix?
  ) -> Double {
    func mean(_ targets: [Int32]) -> Double {
      let scored = max(targets.count { $0 >= 0 }, 1)
      let losses = vocabularyLoss.crossEntropy(
        hidden: hidden, head: head, targets: targets, scale: 1 / Float(scored), dHidden: dHidden,
        dHead: dHead)
      return losses.reduce(0, +) / Double(scored)
    }
    switch loss {
    case .targets(let targets): return mean(targets)
    case .nextToken:
      return mean(
        tokens.indices.map { ($0 + 1) % windowTokens == 0 ? -1 : tokens[$0 + 1] })
    case .distillation(let teacher, let scale):
      let losses = vocabularyLoss.divergence(
        hidden: hidden, head: head, teacher: teacher, scale: scale, dHidden: dHidden, dHead: dHead)
      return losses.reduce(0, +) * Double(scale)
    }
  }
}
