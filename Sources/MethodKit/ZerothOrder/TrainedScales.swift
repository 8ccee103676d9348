import Quantizers
package import Tensors
import Transformers

/// A model whose grids' scales Δ are trained in place; codes and zero points stay.
///
/// > Source: QZO, Shang et al. 2025, arXiv:2505.13430: `Δ ← max(Δ − η·g·z, floor)`. The paper's floor is
///   0, its official code's 1e-7.
package struct TrainedScales: TrainedModel {
  private var base: QuantizedModel
  private let floor: Float

  /// Trains the scales of all packed linears of `model`.
  package init(_ model: QuantizedModel, floor: Float) {
    base = model
    self.floor = floor
  }

  private var packed: [(id: LinearID, matrix: PackedMatrix)] {
    base.transformer.configuration.linearIDs.compactMap { id in
      guard case .packed(let matrix) = base.blocks.linears[id]?.storage else { return nil }
      return (id, matrix)
    }
  }

  package func model(beside perturbation: QuantizedBlocks.Perturbation?) -> QuantizedModel {
    guard let perturbation else { return base }
    var result = base
    for (id, matrix) in packed {
      let scales = matrix.scales.moved(
        perturbation, tensor: ParameterFamily.scale.tensor(id.tensor))
      result.blocks.linears[id]?.storage = .packed(matrix.scaled(by: scales))
    }
    return result
  }

  package mutating func update(factor: Float, gradient: Double, along directions: any Directions) {
    for (id, matrix) in packed {
      let scales = matrix.scales
      scales.move(directions, factor: factor, tensor: ParameterFamily.scale.tensor(id.tensor))
      for i in 0..<scales.rows * scales.columns where scales.pointer[i] < floor {
        scales.pointer[i] = floor
      }
    }
  }

  package var firstNonFiniteTensor: String? {
    packed.first { !$0.matrix.scales.isFinite }
      .map { "block \($0.id.block) \($0.id.kind.name) scales" }
  }

  package var trainedParameters: Int {
    packed.reduce(0) { $0 + $1.matrix.rows * $1.matrix.groups }
  }
}
