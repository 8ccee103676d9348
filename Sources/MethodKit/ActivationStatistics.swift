package import Quantizers
package import Tensors
package import Transformers

/// What a block's linears saw of calibration text, channel by channel.
package struct ActivationStatistics: Sendable {
  /// Largest absolute values.
  package let maxima: ActivationMaxima
  /// Running midpoints of the input of Q, K and V, `[C]`.
  package let attentionMidpoint: [Float]
  /// Running midpoints of the input of the output projection, `[heads · D]`.
  package let outputMidpoint: [Float]
  /// Running midpoints of the input of gate and up (fc1), `[C]`.
  package let feedForwardMidpoint: [Float]
}

/// Operators that note extremes and midpoints of what linears are given, window by window.
///
/// A midpoint is `(max + min)/2` of each window, averaged as `0.99·old + 0.01·new` from the first window's
/// on.
///
/// > Source: OmniQuant's official code, generate_act_scale_shift.py.
final class ObservedRanges<Base: BlockOperators>: BlockOperators, @unchecked Sendable {
  // SAFETY: a pass asks for one operator after another, on one thread.
  private struct Site {
    var maxima: [Float]
    var midpoint: [Float]?

    init(_ channels: Int) { maxima = [Float](repeating: 0, count: channels) }

    mutating func note(_ x: Matrix) {
      let least = Vector([Float](repeating: .infinity, count: x.columns))
      let most = Vector([Float](repeating: -.infinity, count: x.columns))
      foldColumnRange(of: x, least: least, most: most)
      let (low, high) = (least.elements, most.elements)
      for j in maxima.indices { maxima[j] = max(maxima[j], abs(low[j]), abs(high[j])) }
      let middle = zip(low, high).map { ($0 + $1) / 2 }
      midpoint = midpoint.map { zip($0, middle).map { 0.99 * $0 + 0.01 * $1 } } ?? middle
    }
  }

  private let base: Base
  private var attention: Site
  private var output: Site
  private var feedForward: Site
  private var down: Site

  init(_ base: Base, _ c: ModelConfiguration) {
    self.base = base
    attention = Site(c.channels)
    output = Site(c.heads * c.headSize)
    feedForward = Site(c.channels)
    down = Site(c.feedForward)
  }

  func apply(_ linear: LinearID, to x: Matrix, into y: Matrix) {
    base.apply(linear, to: x, into: y)
  }

  func norm(_ kind: NormKind, block: Int) -> (gain: Vector, bias: Vector?) {
    base.norm(kind, block: block)
  }

  func quantizeInput(_ x: Matrix, of linears: [LinearKind], block: Int) {
    switch linears.first {
    case .query: attention.note(x)
    case .output: output.note(x)
    case .gate, .up: feedForward.note(x)
    case .down: down.note(x)
    case .key, .value, nil: break
    }
  }

  /// What was noted so far.
  var statistics: ActivationStatistics {
    func middle(_ site: Site) -> [Float] {
      site.midpoint ?? [Float](repeating: 0, count: site.maxima.count)
    }
    return ActivationStatistics(
      maxima: ActivationMaxima(
        attention: attention.maxima, output: output.maxima, feedForward: feedForward.maxima,
        down: down.maxima),
      attentionMidpoint: middle(attention), outputMidpoint: middle(output),
      feedForwardMidpoint: middle(feedForward))
  }
}

/// Where learnable smoothing starts.
package struct SmoothingStart: Sendable {
  /// Scales before attention and feed-forward part.
  package var rule: SmoothingRule
  /// Migration strength of the output projection's scale; nil for a scale of 1.
  package var outputAlpha: Float?
  /// Whether there are shifts, starting at midpoints.
  package var shifts: Bool
  /// Whether there is a q/k scale, starting at 1.
  package var scalesQueryKey: Bool

  /// A start from its parts.
  package init(
    rule: SmoothingRule, outputAlpha: Float?, shifts: Bool, scalesQueryKey: Bool
  ) {
    self.rule = rule
    self.outputAlpha = outputAlpha
    self.shifts = shifts
    self.scalesQueryKey = scalesQueryKey
  }

  /// The smoothing of one block to start from.
  ///
  /// > Source: OmniQuant's official code, quantize/omniquant.py; without `outputAlpha` and with the
  ///   output's δ at 0, ZeroQAT's, trainer_wiki.py.
  ///
  /// - Parameters:
  ///   - block: Which block.
  ///   - statistics: What its linears saw.
  ///   - c: The model's shape.
  ///   - weight: The full-precision weight of a linear of this block.
  /// - Returns: The smoothing; query heads of a key head share what stands between V and the output.
  package func smoothing(
    block: Int, statistics: ActivationStatistics, _ c: ModelConfiguration,
    weight: (LinearID) -> Matrix
  ) -> BlockSmoothing {
    func floored(_ values: [Float]) -> [Float] { values.map { max($0, 1e-5) } }
    let maxima = ActivationMaxima(
      attention: floored(statistics.maxima.attention), output: floored(statistics.maxima.output),
      feedForward: floored(statistics.maxima.feedForward), down: statistics.maxima.down)
    var result = rule.smoothing(block: block, maxima: maxima, c, weight: weight)
    let ones = [Float](repeating: 1, count: c.keyHeads * c.headSize)
    if let outputAlpha {
      let columns = Vector([Float](repeating: 0, count: c.heads * c.headSize))
      foldColumnMaxima(of: weight(LinearID(block: block, kind: .output)), into: columns)
      result.outputScale = smoothingScale(
        activations: BlockSmoothing.folded(maxima.output, c, max),
        weights: BlockSmoothing.folded(columns.elements, c, max), alpha: { _ in outputAlpha })
    } else {
      result.outputScale = ones
    }
    if shifts {
      result.attentionShift = statistics.attentionMidpoint
      result.feedForwardShift = statistics.feedForwardMidpoint
      let group = Float(c.heads / c.keyHeads)
      result.outputShift =
        outputAlpha == nil
        ? ones.map { _ in 0 }
        : BlockSmoothing.perKey(statistics.outputMidpoint, c).map { $0 / group }
    }
    if scalesQueryKey { result.queryKeyScale = ones }
    return result
  }
}
