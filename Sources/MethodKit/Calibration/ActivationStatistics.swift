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
struct ObservedRanges<Base: BlockOperators>: BlockOperators {
  private struct Site {
    let maxima: Vector
    let midpoint: Vector
    let least: Vector
    let most: Vector
    /// One number: the windows so far.
    let windows = Vector(zeros: 1)

    init(_ channels: Int) {
      maxima = Vector(zeros: channels)
      midpoint = Vector(zeros: channels)
      least = Vector(zeros: channels)
      most = Vector(zeros: channels)
    }

    func note(_ x: Matrix) {
      for j in 0..<x.columns { (least.pointer[j], most.pointer[j]) = (.infinity, -.infinity) }
      foldColumnRange(of: x, least: least, most: most)
      let isFirst = windows.pointer[0] == 0
      windows.pointer[0] += 1
      for j in 0..<x.columns {
        let (low, high) = (least.pointer[j], most.pointer[j])
        maxima.pointer[j] = max(maxima.pointer[j], abs(low), abs(high))
        let middle = (low + high) / 2
        midpoint.pointer[j] = isFirst ? middle : 0.99 * midpoint.pointer[j] + 0.01 * middle
      }
    }
  }

  private let base: Base
  private let attention: Site
  private let output: Site
  private let feedForward: Site
  private let down: Site

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
    ActivationStatistics(
      maxima: ActivationMaxima(
        attention: attention.maxima.elements, output: output.maxima.elements,
        feedForward: feedForward.maxima.elements, down: down.maxima.elements),
      attentionMidpoint: attention.midpoint.elements, outputMidpoint: output.midpoint.elements,
      feedForwardMidpoint: feedForward.midpoint.elements)
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
