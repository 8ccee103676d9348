import Quantizers
import Tensors
package import Transformers

extension QuantizedModel {
  /// The first trained linear with a weight that is NaN or infinite, if any.
  ///
  /// A quantizer clamps such a weight to its grid like any other, so the loss needn't show it.
  package var firstNonFiniteWeight: LinearID? {
    transformer.configuration.linearIDs.first { id in
      guard case .live(let weights) = blocks.linears[id]?.storage else { return false }
      return !weights.isFinite
    }
  }
}
