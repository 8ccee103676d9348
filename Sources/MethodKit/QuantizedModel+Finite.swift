import Tensors
package import Transformers

extension QuantizedModel {
  /// The first trained linear with a weight that is NaN or infinite, if any.
  ///
  /// A quantizer clamps such a weight to its grid like any other, so the loss needn't show it.
  package var firstNonFiniteWeight: LinearID? {
    transformer.configuration.linearIDs.first { id in
      guard case .live(let matrix) = blocks.linears[id]?.storage else { return false }
      return (0..<matrix.rows).contains { row in
        // A maximum over bit patterns: no branch and no order, so that it's vectorised.
        let values = matrix.row(row)
        var largest: UInt32 = 0
        for i in 0..<matrix.columns { largest = max(largest, values[i].bitPattern & 0x7fff_ffff) }
        return largest >= Float.infinity.bitPattern
      }
    }
  }
}
