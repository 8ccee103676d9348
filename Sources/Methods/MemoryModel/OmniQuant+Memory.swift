package import MethodKit
import Quantizers
import Transformers

extension OmniQuant {
  /// Weights, which gather block by block beside the streams; then what scoring takes.
  package func memory(_ shape: MemoryShape) -> MemoryEstimate? {
    let c = shape.configuration
    let learning = learning(c)
    // Without a step nothing is written to tapes and moments.
    guard learning.settings.epochs > 0 else { return nil }
    return shape.estimate { ledger in
      ledger.holdFrame(c, .single)
      ledger.moment {
        $0.holdReconstruction(
          shape, windows: options.calibrationWindows, learning.settings,
          keepsRaw: bits.activationBits != nil)
        // The last block is learned beside all others.
        $0.holdDense(c, blocks: c.blocks)
        $0.holdNorms(c, blocks: c.blocks)
        $0.learn(shape, learning)
      }
      ledger.holdDense(c, blocks: c.blocks)
      ledger.holdNorms(c, blocks: c.blocks)
      let transients = BlockTransients(shape, unpacked: [])
      ledger.holdTransients(transients, shape)
      ledger.evaluate(shape, head: .single, transients)
    }
  }
}
