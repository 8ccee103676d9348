// A block, put together from the parts that its architecture's description names.
//
// Pre-norm: x += attention(norm(x)); x += feedForward(norm(x)). Post-norm, as in OPT-350m, normalizes the sums.
//
// Legend: M = windows · T rows, C channels, D head size, F feed-forward channels.
import Tensors

/// One block's pass over whole windows of equal length.
struct BlockPass<Operators: BlockOperators> {
  let c: ModelConfiguration
  let block: Int
  /// T.
  let windowTokens: Int
  /// Angles of the block's positions; nil where it rotates nothing.
  let rotary: RotaryTable?
  let operators: Operators

  /// The block, in place on the residual stream `x`, `[M, C]`; each half in a workspace.
  func run(on x: Matrix, _ halves: (Workspace, Workspace)) {
    for kind in NormKind.halves {
      let w = kind == .attention ? halves.0 : halves.1
      half(kind, on: x, w) { run(kind, w) }
    }
  }

  /// A half's part alone, from `w.normed`; leaves its result in `w.result`.
  func run(_ kind: NormKind, _ w: Workspace) {
    if kind == .attention { attention(w) } else { feedForward(w) }
  }

  /// A half with its norms and its sum, in place on `x`; `part` leads from `w.normed` to `w.result`.
  func half(_ kind: NormKind, on x: Matrix, _ w: Workspace, _ part: () -> Void) {
    if c.normsFirst {
      w.kept?.stream.copy(from: x)
      normalize(x, kind, into: w.normed)
    } else {
      w.normed.copy(from: x)
    }
    part()
    if c.parts.hasOutputNorms {
      w.kept?.output?.copy(from: w.result)
      normalize(w.result, kind.output, into: w.result)
    }
    add(w.result, to: x)
    if !c.normsFirst {
      w.kept?.stream.copy(from: x)
      normalize(x, kind, into: w.result)
      x.copy(from: w.result)
    }
  }

  /// A norm: LayerNorm, or RMSNorm, also of a stream from which the mean is gone already.
  private func normalize(_ x: Matrix, _ kind: NormKind, into out: Matrix) {
    let (gain, bias) = operators.norm(kind, block: block)
    if c.parts.norm == .layer, c.normsSubtractMean {
      guard let bias else { preconditionFailure("a LayerNorm has a bias") }
      layerNorm(x, gain: gain, bias: bias, epsilon: c.normEpsilon, into: out)
    } else {
      rmsNorm(x, gain: gain, bias: bias, epsilon: c.normEpsilon, into: out)
    }
  }

  /// Grouped-query attention.
  private func attention(_ w: Workspace) {
    operands(w)
    attend(w)
    output(w)
  }

  /// Attention itself, over the whole of each window.
  func attend(_ w: Workspace) {
    causalAttention(
      q: w.query, k: w.key, v: w.value, windowTokens: windowTokens, headSize: c.headSize,
      scale: productScale, reach: c.reach(ofBlock: block), into: w.attended)
  }

  /// What products of queries and keys are multiplied by, where queries weren't already.
  var productScale: Float { c.parts.scalesQueries ? 1 : c.attentionScale }

  /// Queries, keys and values as attention takes them.
  func operands(_ w: Workspace) {
    w.kept?.normed?.copy(from: w.normed)
    operators.quantizeInput(w.normed, of: [.query, .key, .value], block: block)
    operators.apply(LinearID(block: block, kind: .query), to: w.normed, into: w.query)
    operators.apply(LinearID(block: block, kind: .key), to: w.normed, into: w.key)
    operators.apply(LinearID(block: block, kind: .value), to: w.normed, into: w.value)
    if c.parts.hasHeadNorms {
      w.kept?.projectedQuery?.copy(from: w.query)
      w.kept?.projectedKey?.copy(from: w.key)
      for (kind, x) in [(NormKind.query, heads(w.query)), (.key, heads(w.key))] {
        normalize(x, kind, into: x)
      }
    }
    if c.parts.scalesQueries { scale(w.query, by: c.attentionScale) }
    if let rotary {
      for x in [w.query, w.key] {
        rotate(
          x, table: rotary, windowTokens: windowTokens, headSize: c.headSize,
          isInterleaved: c.rotaryIsInterleaved)
      }
    }
    w.keepOperands()
    // After the rotation (official code, int_llama_layer.py).
    operators.quantizeOperand(w.query, .query, block: block, groupSize: c.operandGroup)
    operators.quantizeOperand(w.key, .key, block: block, groupSize: c.operandGroup)
    operators.quantizeOperand(w.value, .value, block: block, groupSize: c.operandGroup)
  }

  /// The output projection of what was attended.
  func output(_ w: Workspace) {
    w.kept?.attended?.copy(from: w.attended)
    operators.quantizeInput(w.attended, of: [.output], block: block)
    operators.apply(LinearID(block: block, kind: .output), to: w.attended, into: w.result)
  }

  /// `[M, heads · D]` as `[M · heads, D]`.
  func heads(_ x: Matrix) -> Matrix {
    x.reshaped(rows: x.rows * (x.columns / c.headSize), columns: c.headSize)
  }

  /// `down(act(up(x)))`, or `down(act(gate(x)) · up(x))` with a gate.
  private func feedForward(_ w: Workspace) {
    w.kept?.normed?.copy(from: w.normed)
    guard let gate = w.gate else {
      operators.quantizeInput(w.normed, of: [.up], block: block)
      operators.apply(LinearID(block: block, kind: .up), to: w.normed, into: w.hidden)
      relu(w.hidden)
      down(w.hidden, w)
      return
    }
    operators.quantizeInput(w.normed, of: [.gate, .up], block: block)
    operators.apply(LinearID(block: block, kind: .gate), to: w.normed, into: gate)
    operators.apply(LinearID(block: block, kind: .up), to: w.normed, into: w.hidden)
    let product = w.kept?.product ?? gate
    switch (c.parts.feedForward, w.kept == nil) {
    case (.gatedGELU, _): geluProduct(gate, w.hidden, into: product)
    case (_, true): siluMultiply(gate, by: w.hidden)
    case (_, false): siluProduct(gate, w.hidden, into: product)
    }
    down(product, w)
  }

  private func down(_ hidden: Matrix, _ w: Workspace) {
    w.kept?.hidden?.copy(from: hidden)
    operators.quantizeInput(hidden, of: [.down], block: block)
    operators.apply(LinearID(block: block, kind: .down), to: hidden, into: w.result)
  }
}
