// Backward of a block, half by half in reverse; "forward" quotes BlockPass.swift.
//
// Legend: d is the gradient of the residual stream, [M, C]; g holds gradients of activations, and a
// half's workspace what its forward pass left.
import Tensors

extension BlockPass where Operators: DifferentiableBlockOperators {
  /// Turns `d` from the gradient of the block's output into that of its input.
  func runBackward(_ d: Matrix, _ tape: BlockTape, _ g: GradientWorkspace) {
    for kind in NormKind.halves.reversed() {
      let w = kind == .attention ? tape.attention : tape.feedForward
      // Post-norm, forward: x = norm(x + half(x)): all of d goes through the norm first.
      if !c.normsFirst {
        g.normed.copy(from: d)
        d.zero()
        normBackward(kind, d: d, w, g)
      }
      let dResult = outputNormBackward(kind, d: d, w, g)
      if kind == .attention {
        attentionBackward(dResult, w, g)
      } else {
        feedForwardBackward(dResult, w, g)
      }
      // Pre-norm, forward: x = x + half(norm(x)): d reaches x directly, and through the norm.
      if c.normsFirst {
        normBackward(kind, d: d, w, g)
      } else {
        add(g.normed, to: d)
      }
    }
  }

  /// From the gradient of a norm's output, `g.normed`, to that of the stream that it read, which it adds to `d`.
  private func normBackward(_ kind: NormKind, d: Matrix, _ w: Workspace, _ g: GradientWorkspace) {
    guard let kept = w.kept else { preconditionFailure("a tape keeps the stream") }
    let (gain, bias) = operators.norm(kind, block: block)
    let dBias = bias == nil ? nil : g.bias
    g.gain.zero()
    g.bias.zero()
    if c.parts.norm == .layer {
      layerNormBackward(
        kept.stream, gain: gain, epsilon: c.normEpsilon, dOutput: g.normed, dInput: d,
        dGain: g.gain, dBias: g.bias)
    } else {
      rmsNormBackward(
        kept.stream, gain: gain, epsilon: c.normEpsilon, dOutput: g.normed, dInput: d,
        dGain: g.gain, dBias: dBias)
    }
    operators.normBackward(kind, block: block, dGain: g.gain, dBias: dBias)
  }

  /// From the gradient of what was added to the stream to that of the half's result; `d` itself without a norm.
  private func outputNormBackward(
    _ kind: NormKind, d: Matrix, _ w: Workspace, _ g: GradientWorkspace
  ) -> Matrix {
    guard let dResult = g.result, let output = w.kept?.output else { return d }
    dResult.zero()
    g.gain.zero()
    rmsNormBackward(
      output, gain: operators.norm(kind.output, block: block).gain, epsilon: c.normEpsilon,
      dOutput: d, dInput: dResult, dGain: g.gain, dBias: nil)
    operators.normBackward(kind.output, block: block, dGain: g.gain, dBias: nil)
    return dResult
  }

  /// From the gradient of the half's result to that of its input, `g.normed`.
  private func feedForwardBackward(_ d: Matrix, _ w: Workspace, _ g: GradientWorkspace) {
    // Forward: result = down(quantize(hidden)), of the gated product or of relu(up(quantize(normed))).
    let product = w.kept?.product ?? w.hidden
    let hidden = w.kept?.hidden ?? product
    g.hidden.zero()
    operators.applyBackward(
      LinearID(block: block, kind: .down), input: product, dOutput: d, dInput: g.hidden)
    operators.quantizeInputBackward(g.hidden, input: hidden, of: [.down], block: block)
    guard let gate = w.gate, let dGate = g.gate else {
      reluBackward(g.hidden, output: hidden)
      g.normed.zero()
      operators.applyBackward(
        LinearID(block: block, kind: .up), input: w.normed, dOutput: g.hidden, dInput: g.normed)
      operators.quantizeInputBackward(
        g.normed, input: w.kept?.normed ?? w.normed, of: [.up], block: block)
      return
    }
    if c.parts.feedForward == .gatedGELU {
      geluMultiplyBackward(gate: gate, up: w.hidden, dGate: dGate, dOutputToUp: g.hidden)
    } else {
      siluMultiplyBackward(gate: gate, up: w.hidden, dGate: dGate, dOutputToUp: g.hidden)
    }
    // Forward: gate, up = linears(quantize(normed)).
    g.normed.zero()
    operators.applyBackward(
      LinearID(block: block, kind: .gate), input: w.normed, dOutput: dGate, dInput: g.normed)
    operators.applyBackward(
      LinearID(block: block, kind: .up), input: w.normed, dOutput: g.hidden, dInput: g.normed)
    operators.quantizeInputBackward(
      g.normed, input: w.kept?.normed ?? w.normed, of: [.gate, .up], block: block)
  }

  /// From the gradient of the half's result to that of its input, `g.normed`.
  private func attentionBackward(_ d: Matrix, _ w: Workspace, _ g: GradientWorkspace) {
    // Forward: result = output(quantize(attention(quantize(q), quantize(k), quantize(v)))).
    g.attended.zero()
    operators.applyBackward(
      LinearID(block: block, kind: .output), input: w.attended, dOutput: d, dInput: g.attended)
    operators.quantizeInputBackward(
      g.attended, input: w.kept?.attended ?? w.attended, of: [.output], block: block)
    causalAttentionBackward(
      q: w.query, k: w.key, v: w.value, windowTokens: windowTokens, headSize: c.headSize,
      scale: productScale, reach: c.reach(ofBlock: block),
      dOutput: g.attended, dQ: g.query, dK: g.key, dV: g.value)
    operandsBackward(w, g)
    if let rotary {
      for dX in [g.query, g.key] {
        rotateBackward(
          dX, table: rotary, windowTokens: windowTokens, headSize: c.headSize,
          isInterleaved: c.rotaryIsInterleaved)
      }
    }
    if c.parts.scalesQueries { scale(g.query, by: c.attentionScale) }
    let dQuery = headNormBackward(.query, g.query, w.kept?.projectedQuery, g.projectedQuery, g)
    let dKey = headNormBackward(.key, g.key, w.kept?.projectedKey, g.projectedKey, g)
    projectionsBackward(dQuery, dKey, g.value, w, g)
  }

  /// From the gradient of normalized heads to that of the heads, in `dX`; `d` itself without norms.
  private func headNormBackward(
    _ kind: NormKind, _ d: Matrix, _ x: Matrix?, _ dX: Matrix?, _ g: GradientWorkspace
  ) -> Matrix {
    guard let x, let dX, let dGain = g.headGain else { return d }
    dX.zero()
    dGain.zero()
    rmsNormBackward(
      heads(x), gain: operators.norm(kind, block: block).gain, epsilon: c.normEpsilon,
      dOutput: heads(d), dInput: heads(dX), dGain: dGain, dBias: nil)
    operators.normBackward(kind, block: block, dGain: dGain, dBias: nil)
    return dX
  }

  /// Takes the gradients of attention's operands back through their quantization.
  private func operandsBackward(_ w: Workspace, _ g: GradientWorkspace) {
    let groupSize = c.operandGroup
    operators.quantizeOperandBackward(
      g.query, input: w.kept?.query ?? w.query, .query, block: block, groupSize: groupSize)
    operators.quantizeOperandBackward(
      g.key, input: w.kept?.key ?? w.key, .key, block: block, groupSize: groupSize)
    operators.quantizeOperandBackward(
      g.value, input: w.kept?.value ?? w.value, .value, block: block, groupSize: groupSize)
  }

  /// From the gradients of queries, keys and values to that of the input that they share, `g.normed`.
  private func projectionsBackward(
    _ dQuery: Matrix, _ dKey: Matrix, _ dValue: Matrix, _ w: Workspace, _ g: GradientWorkspace
  ) {
    g.normed.zero()
    for (kind, dY) in [(LinearKind.query, dQuery), (.key, dKey), (.value, dValue)] {
      operators.applyBackward(
        LinearID(block: block, kind: kind), input: w.normed, dOutput: dY, dInput: g.normed)
    }
    operators.quantizeInputBackward(
      g.normed, input: w.kept?.normed ?? w.normed, of: [.query, .key, .value], block: block)
  }
}
