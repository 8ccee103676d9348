import Quantizers
package import Tensors
import Transformers

/// A model whose packed codes are trained in place: no master weights exist.
///
/// A probe is the loss of the unpacked weights plus εu; an update moves each code by its step over Δ,
/// rounded stochastically, so that steps far below Δ have their effect in the mean. Scales and zero
/// points stay.
///
/// > Source: QuZO, Zhou et al. 2025, arXiv:2502.12346.
package struct TrainedCodes: TrainedModel {
  private var base: QuantizedModel
  private var overflow: String?

  /// Trains the codes of all packed linears of `model`.
  package init(_ model: QuantizedModel) {
    base = model
    for (id, linear) in model.blocks.linears {
      guard case .packed = linear.storage else { continue }
      base.blocks.linears[id]?.hasTrainedCodes = true
    }
  }

  package func model(beside perturbation: QuantizedBlocks.Perturbation?) -> QuantizedModel {
    base.model(beside: perturbation)
  }

  package mutating func update(factor: Float, gradient: Double, along directions: any Directions) {
    guard factor.isFinite else {
      // A code can't hold what isn't finite; it would go to an end of its grid and look like any other.
      overflow = "the packed linears"
      return
    }
    for id in base.transformer.configuration.linearIDs {
      guard case .packed(let matrix) = base.blocks.linears[id]?.storage else { continue }
      matrix.moveCodes(directions, factor: factor, tensor: id.tensor)
    }
  }

  package var firstNonFiniteTensor: String? { overflow }

  package var trainedParameters: Int {
    base.blocks.linears.values.reduce(0) { sum, linear in
      guard case .packed(let matrix) = linear.storage else { return sum }
      return sum + matrix.rows * matrix.columns
    }
  }
}
