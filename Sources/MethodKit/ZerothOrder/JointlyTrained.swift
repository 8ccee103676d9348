package import Optimizers
import Quantizers
package import Tensors
import Transformers

/// A model whose clipping and smoothing are trained together with its live weights.
///
/// All are moved along one direction z at once: weights by ±ε, others by ±ε of their own. With
/// `d = L₊ − L₋`, the estimate of the gradient of parameters that moved by ε′ is `d/2ε′·z`, unbiased for
/// each of them, because the parts of z are independent.
///
/// > Source: ZeroQAT, arXiv:2509.00031v2, abstract: weights, clipping thresholds and transformations are
///   learned jointly. Its released code doesn't do so.
package struct JointlyTrained: TrainedModel {
  /// How far parameters are moved by a probe, and how fast by an update.
  package struct Rate: Sendable, Equatable {
    /// ε′.
    package var epsilon: Float
    /// η′.
    package var learningRate: Double

    /// A rate from its parts.
    package init(epsilon: Float, learningRate: Double) {
      self.epsilon = epsilon
      self.learningRate = learningRate
    }
  }

  private var base: QuantizedModel
  private let norms: [[(gain: Vector, bias: Vector?)]]
  private let clipping: [LinearID: TrainedClipping]
  private let smoothing: [TrainedSmoothing]
  private let epsilon: Float
  private let clippingRate: Rate
  private let smoothingRate: Rate

  /// Trains what `model` has of clipping and smoothing; its live weights are trained in place.
  ///
  /// - Parameters:
  ///   - model: The model at the start.
  ///   - norms: Its norms before smoothing, by block and kind.
  ///   - optimizer: Has ε of the weights.
  ///   - clipping: ε and η of γ.
  ///   - smoothing: ε and η of smoothing scales and shifts.
  package init(
    _ model: QuantizedModel, norms: [[(gain: Vector, bias: Vector?)]], _ optimizer: ZerothOrderSGD,
    clipping: Rate, smoothing: Rate
  ) {
    base = model
    self.norms = norms
    epsilon = optimizer.epsilon
    clippingRate = clipping
    smoothingRate = smoothing
    self.clipping = Dictionary(
      uniqueKeysWithValues: model.blocks.linears.compactMap { id, linear in
        guard case .live = linear.storage, let clip = linear.clip else { return nil }
        return (id, TrainedClipping(clip, linear: id.tensor))
      })
    self.smoothing = (0..<model.transformer.configuration.blocks).map { block in
      TrainedSmoothing(BlockSmoothing(block: block, of: model.blocks), block: block)
    }
  }

  /// How many parameters of clipping and smoothing there are.
  package var quantizerParameters: Int {
    clipping.values.reduce(0) { $0 + $1.count } + smoothing.reduce(0) { $0 + $1.count }
  }

  package var trainedParameters: Int { base.trainedParameters + quantizerParameters }

  package func model(beside perturbation: QuantizedBlocks.Perturbation?) -> QuantizedModel {
    var result = base.model(beside: perturbation)
    for (id, clipping) in clipping {
      result.blocks.linears[id]?.clip = clipping.fractions(
        beside: perturbation, reach: clippingRate.epsilon / epsilon)
    }
    let c = base.transformer.configuration
    for (block, trained) in smoothing.enumerated() where trained.count > 0 {
      let smoothing = trained.smoothing(
        beside: perturbation, reach: smoothingRate.epsilon / epsilon)
      for kind in c.linears {
        result.blocks.linears[LinearID(block: block, kind: kind)]?.smoothing = smoothing.smoothing(
          of: kind, c)
      }
      for kind in c.norms {
        let (gain, bias) = norms[block][kind.rawValue]
        let smoothed = smoothing.norm(kind, gain: gain.elements, bias: bias?.elements)
        result.blocks.norms[block][kind.rawValue] = (
          Vector(smoothed.gain), smoothed.bias.map { Vector($0) }
        )
      }
    }
    return result
  }

  package mutating func update(factor: Float, gradient: Double, along directions: any Directions) {
    base.update(factor: factor, gradient: gradient, along: directions)
    for clipping in clipping.values {
      clipping.update(factor: self.factor(clippingRate, gradient), along: directions)
    }
    for smoothing in smoothing {
      smoothing.update(factor: self.factor(smoothingRate, gradient), along: directions)
    }
  }

  /// `−η′·d/2ε′/q`, where `gradient` is `d/2ε/q`.
  private func factor(_ rate: Rate, _ gradient: Double) -> Float {
    Float(-rate.learningRate * gradient * (Double(epsilon) / Double(rate.epsilon)))
  }

  package var firstNonFiniteTensor: String? {
    if let weight = base.firstNonFiniteTensor { return weight }
    for id in base.transformer.configuration.linearIDs where clipping[id]?.isFinite == false {
      return "block \(id.block) \(id.kind.name) clipping"
    }
    return smoothing.firstIndex { !$0.isFinite }.map { "block \($0) smoothing" }
  }
}
