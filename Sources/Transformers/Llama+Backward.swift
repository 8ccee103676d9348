// Backward of the LLaMA block, half by half in reverse; "forward" quotes Llama.swift.
//
// Legend: d is the gradient of the residual stream, [M, C]; g holds gradients of activations, and a
// half's workspace what its forward pass left.
import Tensors

extension Llama {
  /// Turns `d` from the gradient of the block's output into that of its input.
  static func blockBackward(
    _ block: Int, _ c: ModelConfiguration, d: Matrix, windowTokens: Int, rotary: RotaryTable,
    _ operators: some DifferentiableBlockOperators, _ tape: BlockTape, _ g: GradientWorkspace
  ) {
    // Forward: x = x + feedForward(norm(x)): d reaches x directly, and once more through the norm.
    feedForwardBackward(c, block: block, d: d, operators, tape.feedForward, g)
    normBackward(.feedForward, block: block, c, d: d, operators, tape.feedForward, g)
    attentionBackward(
      c, block: block, d: d, windowTokens: windowTokens, rotary: rotary, operators, tape.attention,
      g)
    normBackward(.attention, block: block, c, d: d, operators, tape.attention, g)
  }

  private static func normBackward(
    _ kind: NormKind, block: Int, _ c: ModelConfiguration, d: Matrix,
    _ operators: some DifferentiableBlockOperators, _ w: Workspace, _ g: GradientWorkspace
  ) {
    guard let kept = w.kept else { preconditionFailure("a tape keeps the stream") }
    let (gain, bias) = operators.norm(kind, block: block)
    let dBias = bias == nil ? nil : g.bias
    g.gain.zero()
    g.bias.zero()
    rmsNormBackward(
      kept.stream, gain: gain, epsilon: c.normEpsilon, dOutput: g.normed, dInput: d,
      dGain: g.gain, dBias: dBias)
    operators.normBackward(kind, block: block, dGain: g.gain, dBias: dBias)
  }

  /// From the gradient of the half's result to that of its norm's output, `g.normed`.
  private static func feedForwardBackward(
    _ c: ModelConfiguration, block: Int, d: Matrix,
    _ operators: some DifferentiableBlockOperators, _ w: Workspace, _ g: GradientWorkspace
  ) {
    guard let gate = w.gate, let dGate = g.gate, let product = w.kept?.product else {
      preconditionFailure("a LLaMA tape has a gate and a product")
    }
    // Forward: result = down(quantize(silu(gate)·up)).
    g.hidden.zero()
    operators.applyBackward(
      LinearID(block: block, kind: .down), input: product, dOutput: d, dInput: g.hidden)
    operators.quantizeInputBackward(
      g.hidden, input: w.kept?.hidden ?? product, of: [.down], block: block)
    siluMultiplyBackward(gate: gate, up: w.hidden, dGate: dGate, dOutputToUp: g.hidden)
    // Forward: gate, up = linears(quantize(normed)).
    g.normed.zero()
    operators.applyBackward(
      LinearID(block: block, kind: .gate), input: w.normed, dOutput: dGate, dInput: g.normed)
    operators.applyBackward(
      LinearID(block: block, kind: .up), input: w.normed, dOutput: g.hidden, dInput: g.normed)
    operators.quantizeInputBackward(
      g.normed, input: w.kept?.normed ?? w.normed, of: [.gate, .up], block: block)
  }

  /// From the gradient of the half's result to that of its norm's output, `g.normed`.
  private static func attentionBackward(
    _ c: ModelConfiguration, block: Int, d: Matrix, windowTokens: Int, rotary: RotaryTable,
    _ operators: some DifferentiableBlockOperators, _ w: Workspace, _ g: GradientWorkspace
  ) {
    // Forward: result = output(quantize(attention(quantize(q), quantize(k), quantize(v)))).
    g.attended.zero()
    operators.applyBackward(
      LinearID(block: block, kind: .output), input: w.attended, dOutput: d, dInput: g.attended)
    operators.quantizeInputBackward(
      g.attended, input: w.kept?.attended ?? w.attended, of: [.output], block: block)
    causalAttentionBackward(
      q: w.query, k: w.key, v: w.value, windowTokens: windowTokens, headSize: c.headSize,
      scale: 1 / Float(c.headSize).squareRoot(), reach: c.reach(ofBlock: block),
      dOutput: g.attended, dQ: g.query, dK: g.key, dV: g.value)
    w.operandsBackward(operators, block: block, groupSize: c.headSize, g)
    for dX in [g.query, g.key] {
      rotateBackward(
        dX, table: rotary, windowTokens: windowTokens, headSize: c.headSize,
        isInterleaved: c.rotaryIsInterleaved)
    }
    w.projectionsBackward(operators, block: block, g)
  }
}

extension Workspace {
  /// Takes the gradients of attention's operands back through their quantisation.
  func operandsBackward(
    _ operators: some DifferentiableBlockOperators, block: Int, groupSize: Int,
    _ g: GradientWorkspace
  ) {
    operators.quantizeOperandBackward(
      g.query, input: kept?.query ?? query, .query, block: block, groupSize: groupSize)
    operators.quantizeOperandBackward(
      g.key, input: kept?.key ?? key, .key, block: block, groupSize: groupSize)
    operators.quantizeOperandBackward(
      g.value, input: kept?.value ?? value, .value, block: block, groupSize: groupSize)
  }

  /// From the gradients of queries, keys and values to that of the input that they share, `g.normed`.
  func projectionsBackward(
    _ operators: some DifferentiableBlockOperators, block: Int, _ g: GradientWorkspace
  ) {
    g.normed.zero()
    for (kind, dY) in [(LinearKind.query, g.query), (.key, g.key), (.value, g.value)] {
      operators.applyBackward(
        LinearID(block: block, kind: kind), input: normed, dOutput: dY, dInput: g.normed)
    }
    operators.quantizeInputBackward(
      g.normed, input: kept?.normed ?? normed, of: [.query, .key, .value], block: block)
  }
}
