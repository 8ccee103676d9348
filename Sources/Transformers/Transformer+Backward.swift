public import Tensors

extension Transformer {
  /// Runs block `block` in place on the residual stream, leaving on `tape` what its backward asks for.
  ///
  /// Any number of windows; the loss on the result is the caller's (a reconstruction error, say).
  ///
  /// - Precondition: `x` has at most the tape's rows.
  public func runBlock(
    _ block: Int, on x: Matrix, windowTokens: Int, rotary: BlockRotations,
    operators: some BlockOperators, recording tape: BlockTape
  ) {
    let tape = tape.prefix(x.rows)
    pass(block, windowTokens, rotary, operators).run(on: x, (tape.attention, tape.feedForward))
  }

  /// Takes the gradient `d` of the output of block `block` back to its input, in place.
  ///
  /// `operators` accumulate the gradients of what they learn.
  ///
  /// > Shape: `d` is `[windows · windowTokens, C]`, as the stream that the tape was recorded on.
  ///
  /// - Precondition: The last run recorded on `tape` was this block's, with the same operators.
  public func runBlockBackward(
    _ block: Int, gradient d: Matrix, windowTokens: Int, rotary: BlockRotations,
    operators: some DifferentiableBlockOperators, tape: BlockTape, workspace: GradientWorkspace
  ) {
    precondition(
      frame.rotation == nil && configuration.normsSubtractMean,
      "a rotated model has no backward pass")
    let (tape, workspace) = (tape.prefix(d.rows), workspace.prefix(d.rows))
    pass(block, windowTokens, rotary, operators).runBackward(d, tape, workspace)
  }

  /// Backward of ``finish(_:)``: from the gradient of the head's input to that of the last block's output.
  ///
  /// > Shape: `x` is what `finish` got, `[M, C]`; `dHidden` is `[M, E]`; the result is `[M, C]`.
  func finishBackward(_ x: Matrix, dHidden: Matrix, _ gradients: FrameGradients?, into d: Matrix) {
    var dNormed = dHidden
    if let projection = frame.projectionOut {
      dNormed = Matrix(rows: x.rows, columns: x.columns)
      linearInputBackward(dOutput: dHidden, weight: projection, dInput: dNormed)
      if let dProjection = gradients?.projectionOut {
        linearWeightBackward(dOutput: dHidden, input: normalized(x), dWeight: dProjection)
      }
    }
    guard let gain = frame.finalGain else {
      d.copy(from: dNormed)
      return
    }
    d.zero()
    let dGain = gradients?.finalGain ?? Vector(zeros: x.columns)
    if frame.finalBias != nil {
      layerNormBackward(
        x, gain: gain, epsilon: configuration.normEpsilon, dOutput: dNormed, dInput: d,
        dGain: dGain, dBias: gradients?.finalBias ?? Vector(zeros: x.columns))
    } else {
      rmsNormBackward(
        x, gain: gain, epsilon: configuration.normEpsilon, dOutput: dNormed, dInput: d,
        dGain: dGain, dBias: nil)
    }
  }

  /// Backward of ``embed(_:windowTokens:)``: accumulates the gradients of embedding, positions and projection.
  ///
  /// > Shape: `d` is the gradient of the stream before the first block, `[tokens.count, C]`; it is used up.
  func embedBackward(
    _ tokens: [Int32], windowTokens: Int, d: Matrix, _ gradients: FrameGradients
  ) {
    if let dPositions = gradients.positions, let offset = configuration.parts.positionOffset {
      let ids = tokens.indices.map { Int32($0 % windowTokens + offset) }
      gatherBackward(dOutput: d, ids: ids, dTable: dPositions)
    }
    let factor = configuration.embeddingScale
    guard let projection = frame.projectionIn, let dProjection = gradients.projectionIn else {
      if let factor { scale(d, by: factor) }
      gatherBackward(dOutput: d, ids: tokens, dTable: gradients.embedding)
      return
    }
    let embedded = Matrix(rows: tokens.count, columns: projection.columns)
    for (row, token) in tokens.enumerated() {
      frame.embedding.copyRow(Int(token), to: embedded.row(row))
    }
    if let factor { scale(embedded, by: factor) }
    let dEmbedded = Matrix(rows: tokens.count, columns: projection.columns)
    linearBackward(
      input: embedded, weight: projection, dOutput: d, dInput: dEmbedded, dWeight: dProjection,
      dBias: nil)
    if let factor { scale(dEmbedded, by: factor) }
    gatherBackward(dOutput: dEmbedded, ids: tokens, dTable: gradients.embedding)
  }
}
