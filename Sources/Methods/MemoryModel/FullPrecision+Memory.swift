package import MethodKit
import Transformers

extension FullPrecision {
  /// Weights, frame, and what scoring takes.
  package func memory(_ shape: MemoryShape) -> MemoryEstimate? {
    let c = shape.configuration
    return shape.estimate { ledger in
      ledger.holdDense(c, blocks: c.blocks)
      ledger.holdNorms(c, blocks: c.blocks)
      ledger.holdFrame(c, .single)
      // The norms that were read, until the model is there.
      ledger.moment { $0.holdNorms(c, blocks: c.blocks) }
      let transients = BlockTransients(shape, unpacked: [])
      ledger.holdTransients(transients, shape)
      ledger.evaluate(shape, head: .single, transients)
    }
  }
}
