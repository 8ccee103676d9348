// The LLaMA block: x += attention(norm(x)); x += mlp(norm(x)).
// Touvron et al. 2023, arXiv:2302.13971; names as in the hub's LlamaForCausalLM.
//
// Legend: M = windows · T rows, C channels, D head size, F feed-forward channels.
import Glibc
import Tensors

enum Llama {
  /// Grouped-query attention with rotary positions; leaves its result in `w.result`.
  static func attention(
    _ c: ModelConfiguration, block: Int, windowTokens: Int, rotary: RotaryTable,
    _ operators: some BlockOperators, _ w: Workspace
  ) {
    w.kept?.normed?.copy(from: w.normed)
    operators.quantizeInput(w.normed, of: [.query, .key, .value], block: block)
    operators.apply(LinearID(block: block, kind: .query), to: w.normed, into: w.query)
    operators.apply(LinearID(block: block, kind: .key), to: w.normed, into: w.key)
    operators.apply(LinearID(block: block, kind: .value), to: w.normed, into: w.value)
    for x in [w.query, w.key] {
      rotate(
        x, table: rotary, windowTokens: windowTokens, headSize: c.headSize,
        isInterleaved: c.rotaryIsInterleaved)
    }
    w.keepOperands()
    // Operands are quantised after the rotation, per token and head (official code, int_llama_layer.py).
    operators.quantizeOperand(w.query, .query, block: block, groupSize: c.headSize)
    operators.quantizeOperand(w.key, .key, block: block, groupSize: c.headSize)
    operators.quantizeOperand(w.value, .value, block: block, groupSize: c.headSize)
    causalAttention(
      q: w.query, k: w.key, v: w.value, windowTokens: windowTokens, headSize: c.headSize,
      scale: 1 / Float(c.headSize).squareRoot(), reach: c.reach(ofBlock: block),
      into: w.attended)
    w.kept?.attended?.copy(from: w.attended)
    operators.quantizeInput(w.attended, of: [.output], block: block)
    operators.apply(LinearID(block: block, kind: .output), to: w.attended, into: w.result)
  }

  /// `down(silu(gate(x)) · up(x))`; leaves its result in `w.result`.
  static func feedForward(
    _ c: ModelConfiguration, block: Int, _ operators: some BlockOperators, _ w: Workspace
  ) {
    guard let gate = w.gate else { preconditionFailure("a LLaMA workspace has a gate") }
    w.kept?.normed?.copy(from: w.normed)
    operators.quantizeInput(w.normed, of: [.gate, .up], block: block)
    operators.apply(LinearID(block: block, kind: .gate), to: w.normed, into: gate)
    operators.apply(LinearID(block: block, kind: .up), to: w.normed, into: w.hidden)
    let product = w.kept?.product ?? gate
    if w.kept == nil {
      siluMultiply(gate, by: w.hidden)
    } else {
      siluProduct(gate, w.hidden, into: product)
    }
    w.kept?.hidden?.copy(from: product)
    operators.quantizeInput(product, of: [.down], block: block)
    operators.apply(LinearID(block: block, kind: .down), to: product, into: w.result)
  }

  /// One block, in place on the residual stream `x`, `[M, C]`; each half in a workspace.
  static func block(
    _ block: Int, _ c: ModelConfiguration, x: Matrix, windowTokens: Int, rotary: RotaryTable,
    _ operators: some BlockOperators, _ halves: (Workspace, Workspace)
  ) {
    for kind in NormKind.allCases {
      let w = kind == .attention ? halves.0 : halves.1
      let (gain, bias) = operators.norm(kind, block: block)
      w.kept?.stream.copy(from: x)
      rmsNorm(x, gain: gain, bias: bias, epsilon: c.normEpsilon, into: w.normed)
      switch kind {
      case .attention:
        attention(c, block: block, windowTokens: windowTokens, rotary: rotary, operators, w)
      case .feedForward: feedForward(c, block: block, operators, w)
      }
      add(w.result, to: x)
    }
  }
}
