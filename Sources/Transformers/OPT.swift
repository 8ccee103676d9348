// The OPT block, pre-norm, and post-norm as in OPT-350m.
// Zhang et al. 2022, arXiv:2205.01068; names as in the hub's OPTForCausalLM.
//
// Legend: M = windows · T rows, C channels, D head size, F feed-forward channels.
import Tensors

enum OPT {
  /// Rows of the position table that no position uses: position p reads row p + 2.
  static let positionOffset = 2

  /// Multi-head attention; leaves its result in `w.result`.
  ///
  /// Queries are scaled before they meet the keys.
  static func attention(
    _ c: ModelConfiguration, block: Int, windowTokens: Int, _ operators: some BlockOperators,
    _ w: Workspace
  ) {
    w.kept?.normed?.copy(from: w.normed)
    operators.quantizeInput(w.normed, of: [.query, .key, .value], block: block)
    operators.apply(LinearID(block: block, kind: .query), to: w.normed, into: w.query)
    scale(w.query, by: 1 / Float(c.headSize).squareRoot())
    operators.apply(LinearID(block: block, kind: .key), to: w.normed, into: w.key)
    operators.apply(LinearID(block: block, kind: .value), to: w.normed, into: w.value)
    w.keepOperands()
    // Per token over all heads, unlike LLaMA (official code, int_opt_layer.py).
    operators.quantizeOperand(w.query, .query, block: block, groupSize: c.channels)
    operators.quantizeOperand(w.key, .key, block: block, groupSize: c.channels)
    operators.quantizeOperand(w.value, .value, block: block, groupSize: c.channels)
    causalAttention(
      q: w.query, k: w.key, v: w.value, windowTokens: windowTokens, headSize: c.headSize,
      scale: 1, into: w.attended)
    w.kept?.attended?.copy(from: w.attended)
    operators.quantizeInput(w.attended, of: [.output], block: block)
    operators.apply(LinearID(block: block, kind: .output), to: w.attended, into: w.result)
  }

  /// `fc2(relu(fc1(x)))`; result in `w.result`.
  static func feedForward(
    block: Int, _ operators: some BlockOperators, _ w: Workspace
  ) {
    w.kept?.normed?.copy(from: w.normed)
    operators.quantizeInput(w.normed, of: [.up], block: block)
    operators.apply(LinearID(block: block, kind: .up), to: w.normed, into: w.hidden)
    relu(w.hidden)
    w.kept?.hidden?.copy(from: w.hidden)
    operators.quantizeInput(w.hidden, of: [.down], block: block)
    operators.apply(LinearID(block: block, kind: .down), to: w.hidden, into: w.result)
  }

  /// A block's norm: LayerNorm, or RMSNorm of a stream from which the mean is gone already.
  static func normalize(
    _ x: Matrix, _ c: ModelConfiguration, gain: Vector, bias: Vector, into out: Matrix
  ) {
    if c.normsSubtractMean {
      layerNorm(x, gain: gain, bias: bias, epsilon: c.normEpsilon, into: out)
    } else {
      rmsNorm(x, gain: gain, bias: bias, epsilon: c.normEpsilon, into: out)
    }
  }

  /// One block, in place on the residual stream `x`, `[M, C]`; each half in a workspace.
  static func block(
    _ block: Int, _ c: ModelConfiguration, x: Matrix, windowTokens: Int,
    _ operators: some BlockOperators, _ halves: (Workspace, Workspace)
  ) {
    for kind in NormKind.allCases {
      let w = kind == .attention ? halves.0 : halves.1
      let (gain, bias) = operators.norm(kind, block: block)
      guard let bias else { preconditionFailure("a LayerNorm has a bias") }
      if c.normsFirst {
        w.kept?.stream.copy(from: x)
        normalize(x, c, gain: gain, bias: bias, into: w.normed)
      } else {
        w.normed.copy(from: x)
      }
      switch kind {
      case .attention: attention(c, block: block, windowTokens: windowTokens, operators, w)
      case .feedForward: feedForward(block: block, operators, w)
      }
      add(w.result, to: x)
      if !c.normsFirst {
        w.kept?.stream.copy(from: x)
        normalize(x, c, gain: gain, bias: bias, into: w.result)
        x.copy(from: w.result)
      }
    }
  }
}
