import Tensors

extension Matrix {
  /// A copy that is moved by `ε·reach·z` where a perturbation is given.
  func moved(_ perturbation: QuantizedBlocks.Perturbation?, reach: Float = 1, tensor: Int)
    -> Matrix
  {
    let result = Matrix(rows: rows, columns: columns)
    result.copy(from: self)
    if let perturbation {
      result.add(
        perturbation.directions, factor: perturbation.epsilon * reach, tensor: tensor)
    }
    return result
  }

  /// Whether no element is NaN or infinite.
  var isFinite: Bool {
    (0..<rows).allSatisfy { row in
      // A maximum over bit patterns: no branch and no order, so that it's vectorised.
      let values = self.row(row)
      var largest: UInt32 = 0
      for i in 0..<columns { largest = max(largest, values[i].bitPattern & 0x7fff_ffff) }
      return largest < Float.infinity.bitPattern
    }
  }
}
