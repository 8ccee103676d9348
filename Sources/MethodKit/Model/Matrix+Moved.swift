import Quantizers
import Tensors

extension Matrix {
  /// A copy that is moved by `ε·reach·z` where a perturbation is given.
  func moved(_ perturbation: QuantizedBlocks.Perturbation?, reach: Float = 1, tensor: Int)
    -> Matrix
  {
    let result = Matrix(rows: rows, columns: columns)
    result.copy(from: self)
    if let perturbation {
      result.move(
        perturbation.directions, factor: perturbation.epsilon * reach, tensor: tensor)
    }
    return result
  }
}
