package import Quantizers
package import Tensors
package import Transformers

extension BlockSmoothing {
  /// What the block's smoothing does to one of its linears.
  ///
  /// Scales between V and the output projection, and between Q and K, are given per key channel;
  /// query heads of a key head share them.
  package func smoothing(of kind: LinearKind, _ c: ModelConfiguration) -> LinearSmoothing {
    var result = LinearSmoothing()
    switch kind {
    case .query, .key, .value:
      result.columnScale = attentionScale.map { Vector($0) }
      result.columnShift = attentionShift.map { Vector($0) }
    case .gate, .up:
      result.columnScale = feedForwardScale.map { Vector($0) }
      result.columnShift = feedForwardShift.map { Vector($0) }
    case .output:
      result.columnScale = outputScale.map { Vector(Self.perQuery($0, c)) }
      result.columnShift = outputShift.map { Vector(Self.perQuery($0, c)) }
    case .down: result.columnScale = downScale.map { Vector($0) }
    }
    switch kind {
    case .query: result.rowDivisor = queryKeyScale.map { Vector(Self.perQuery($0, c)) }
    case .key: result.rowFactor = queryKeyScale.map { Vector($0) }
    case .value:
      result.rowDivisor = outputScale.map { Vector($0) }
      result.biasShift = outputShift.map { Vector($0) }
    case .up: result.rowDivisor = downScale.map { Vector($0) }
    case .output, .gate, .down: break
    }
    return result
  }

  /// The block's norms after smoothing.
  package func norm(
    _ kind: NormKind, gain: [Float], bias: [Float]?
  ) -> (gain: [Float], bias: [Float]?) {
    switch kind {
    case .attention:
      Self.norm(gain: gain, bias: bias, scale: attentionScale, shift: attentionShift)
    case .feedForward:
      Self.norm(gain: gain, bias: bias, scale: feedForwardScale, shift: feedForwardShift)
    case .query, .key, .attentionOutput, .feedForwardOutput: (gain, bias)
    }
  }

  /// Per key channel → per query channel: head h reads key head `h / (heads / keyHeads)`.
  private static func perQuery(_ values: [Float], _ c: ModelConfiguration) -> [Float] {
    let group = c.heads / c.keyHeads
    return (0..<c.heads).flatMap { head in
      values[head / group * c.headSize..<(head / group + 1) * c.headSize]
    }
  }
}

/// How smoothing scales are found from calibration.
package enum SmoothingRule: Sendable, Equatable {
  /// SmoothQuant: one α, the weights' maximum over all linears that share the input.
  case smoothQuant(alpha: Float)
  /// ZeroQAT: α per channel between two bounds, the weights' maximum of Q (or up) alone.
  case zeroQAT(least: Float, most: Float)

  /// The smoothing of one block.
  ///
  /// > Source: SmoothQuant, arXiv:2211.10438, and ZeroQAT's official code, trainer_wiki.py.
  ///
  /// - Parameters:
  ///   - block: Which block.
  ///   - maxima: What its linears saw.
  ///   - c: The model's shape.
  ///   - weight: The full-precision weight of a linear of this block.
  /// - Returns: Scales before attention and feed-forward part; no shifts.
  package func smoothing(
    block: Int, maxima: ActivationMaxima, _ c: ModelConfiguration, weight: (LinearID) -> Matrix
  ) -> BlockSmoothing {
    func columnMaxima(_ kinds: [LinearKind]) -> [Float] {
      let result = Vector([Float](repeating: 0, count: c.channels))
      for kind in kinds where c.linears.contains(kind) {
        foldColumnMaxima(of: weight(LinearID(block: block, kind: kind)), into: result)
      }
      return result.elements
    }
    func scale(_ activations: [Float], all: [LinearKind], first: LinearKind) -> [Float] {
      switch self {
      case .smoothQuant(let alpha):
        return smoothingScale(
          activations: activations, weights: columnMaxima(all), alpha: { _ in alpha })
      case .zeroQAT(let least, let most):
        let weights = columnMaxima([first])
        let alphas = channelAlpha(
          activations: activations, weights: weights, least: least, most: most)
        return smoothingScale(
          activations: activations, weights: weights, alpha: { alphas[$0] })
      }
    }
    var result = BlockSmoothing()
    result.attentionScale = scale(
      maxima.attention, all: [.query, .key, .value], first: .query)
    result.feedForwardScale = scale(maxima.feedForward, all: [.gate, .up], first: .up)
    return result
  }
}
