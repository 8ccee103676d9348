// Backward of the OPT block, half by half in reverse; "forward" quotes OPT.swift.
//
// Legend: d is the gradient of the residual stream, [M, C]; g holds gradients of activations, and a
// half's workspace what its forward pass left.
import Tensors

extension OPT {
  /// Turns `d` from the gradient of the block's output into that of its input.
  static func blockBackward(
    _ block: Int, _ c: ModelConfiguration, d: Matrix, windowTokens: Int,
    _ operators: some DifferentiableBlockOperators, _ tape: BlockTape, _ g: GradientWorkspace
  ) {
    for kind in NormKind.allCases.reversed() {
      let w = kind == .attention ? tape.attention : tape.feedForward
      // Post-norm, forward: x = norm(x + half(x)): all of d goes through the norm first.
      if !c.normsFirst {
        g.normed.copy(from: d)
        d.zero()
        normBackward(kind, block: block, c, d: d, operators, w, g)
      }
      switch kind {
      case .attention:
        attentionBackward(c, block: block, d: d, windowTokens: windowTokens, operators, w, g)
      case .feedForward: feedForwardBackward(block: block, d: d, operators, w, g)
      }
      // Pre-norm, forward: x = x + half(norm(x)): d reaches x directly, and through the norm.
      if c.normsFirst {
        normBackward(kind, block: block, c, d: d, operators, w, g)
      } else {
        add(g.normed, to: d)
      }
    }
  }

  private static func normBackward(
    _ kind: NormKind, block: Int, _ c: ModelConfiguration, d: Matrix,
    _ operators: some DifferentiableBlockOperators, _ w: Workspace, _ g: GradientWorkspace
  ) {
    guard let kept = w.kept else { preconditionFailure("a tape keeps the stream") }
    let gain = operators.norm(kind, block: block).gain
    g.gain.zero()
    g.bias.zero()
    layerNormBackward(
      kept.stream, gain: gain, epsilon: c.normEpsilon, dOutput: g.normed, dInput: d,
      dGain: g.gain, dBias: g.bias)
    operators.normBackward(kind, block: block, dGain: g.gain, dBias: g.bias)
  }

  /// From the gradient of the half's result to that of its input, `g.normed`.
  private static func feedForwardBackward(
    block: Int, d: Matrix, _ operators: some DifferentiableBlockOperators, _ w: Workspace,
    _ g: GradientWorkspace
  ) {
    // Forward: result = fc2(quantize(relu(fc1(quantize(normed))))).
    let hidden = w.kept?.hidden ?? w.hidden
    g.hidden.zero()
    operators.applyBackward(
      LinearID(block: block, kind: .down), input: w.hidden, dOutput: d, dInput: g.hidden)
    operators.quantizeInputBackward(g.hidden, input: hidden, of: [.down], block: block)
    reluBackward(g.hidden, output: hidden)
    g.normed.zero()
    operators.applyBackward(
      LinearID(block: block, kind: .up), input: w.normed, dOutput: g.hidden, dInput: g.normed)
    operators.quantizeInputBackward(
      g.normed, input: w.kept?.normed ?? w.normed, of: [.up], block: block)
  }

  /// From the gradient of the half's result to that of its input, `g.normed`.
  private static func attentionBackward(
    _ c: ModelConfiguration, block: Int, d: Matrix, windowTokens: Int,
    _ operators: some DifferentiableBlockOperators, _ w: Workspace, _ g: GradientWorkspace
  ) {
    // Forward: result = output(quantize(attention(quantize(q·scale), quantize(k), quantize(v)))).
    g.attended.zero()
    operators.applyBackward(
      LinearID(block: block, kind: .output), input: w.attended, dOutput: d, dInput: g.attended)
    operators.quantizeInputBackward(
      g.attended, input: w.kept?.attended ?? w.attended, of: [.output], block: block)
    causalAttentionBackward(
      q: w.query, k: w.key, v: w.value, windowTokens: windowTokens, headSize: c.headSize, scale: 1,
      dOutput: g.attended, dQ: g.query, dK: g.key, dV: g.value)
    w.operandsBackward(operators, block: block, groupSize: c.channels, g)
    scale(g.query, by: 1 / Float(c.headSize).squareRoot())
    w.projectionsBackward(operators, block: block, g)
  }
}
